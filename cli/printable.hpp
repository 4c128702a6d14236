#pragma once

// What others wrote, made fit for a terminal: whoever may name a claim or write
// a status must not be able to command the screen of who looks at it. JSON
// needs it not, its strings have escapes of their own. Pure; called wherever a
// text for people is made.

#include <string>
#include <string_view>

namespace holystone::cli {

/// The text in one line: its control characters (C0, DEL, and C1 in UTF-8) are
/// shown as `\n`, `\t` and `\x1b`.
std::string printable(std::string_view text);

} // namespace holystone::cli
