#pragma once

// The types of the Kubernetes API that the built-in kinds are made of, as a
// table: facts only, in a notation of our own. It holds no rules and no
// defaults. Read once by schema.cpp.
//
// A line is `Type field=number:type ... ;`. Types: s string, i integer, b
// boolean, y bytes, d number, q quantity, x int-or-string, t time, u time
// with microseconds, f field set, else the name of another Type. `[T]` is a
// list, `{T}` a map; `@k,l` a list of type map with its keys, `#` a set, `~k`
// merged by k in a strategic merge patch, `^` retains keys there, `!` atomic.
// `*` is an embedded struct.

#include <string_view>

namespace holystone::simulator {

/// The table, in two halves.
extern const std::string_view built_in_types_a_to_o;
extern const std::string_view built_in_types_p_to_z;

} // namespace holystone::simulator
