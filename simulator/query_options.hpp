#pragma once

// What a query may say beside naming objects: options of writes, of deletes,
// of lists and watches. Only whether they are allowed is judged here, in the
// words of the real server; what they do is the verbs' matter. Called by the
// router before a verb begins.

#include "simulator/api_error.hpp"
#include "simulator/target.hpp"
#include "simulator/verbs.hpp"

#include <string_view>

namespace holystone::simulator {

/// Judges a write; `kind` is `CreateOptions`, `UpdateOptions`, `PatchOptions`.
complaint check_write_options(const target& where, std::string_view kind,
                              bool is_apply = false);

/// Judges the way in which something is to be deleted.
complaint check_delete_options(const delete_options& options);

/// Judges the query of a list or a watch.
complaint check_list_options(const target& where);

} // namespace holystone::simulator
