#pragma once

// Shell completion. The shells' scripts are a few lines each and ask the
// program itself what may come next, so that there is one place that knows, and
// it is the command line's own declaration. Called by program.cpp.

#include <string>
#include <string_view>
#include <vector>

namespace CLI {
class App;
} // namespace CLI

namespace holystone::cli {

/// The argument by which the scripts ask; it is no command of people's.
inline constexpr std::string_view completion_request = "__complete";

/// The one suggestion when the shell is to offer files.
inline constexpr std::string_view any_file = ":file";

/// What may stand in place of the last word, which has only begun, or may be
/// empty; sorted as the help is.
std::vector<std::string> suggest(const CLI::App& program,
                                 std::vector<std::string> words);

} // namespace holystone::cli
