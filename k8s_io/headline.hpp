#pragma once

// What can be told of an object whose text can't be parsed, because it nests
// too deep or is too long: what it is and which one, so that it can be skipped
// by name. It follows braces and strings and no more of the grammar, so
// depth costs nothing. It judges nothing. Called by whoever failed to parse.

#include <boost/json/object.hpp>
#include <boost/json/string.hpp>

#include <optional>
#include <string_view>

namespace holystone::k8s_io {

/// The text of the member `name` of the object that `text` begins with, of
/// several the last, as parsing has it; empty when there is none. A text that
/// is cut in the member gives what is there.
std::string_view member_text(std::string_view text, std::string_view name);

/// The same if it is a string, without its quotes and escapes.
std::optional<boost::json::string> member_string(std::string_view text,
                                                 std::string_view name);

/// Is `text` one JSON object whose braces and strings all end with it?
bool is_whole_object(std::string_view text);

/// `kind`, `apiVersion` and of `metadata` name, namespace, uid and
/// resourceVersion of the object in `text`; what can't be read is left out.
boost::json::object read_headline(std::string_view text);

} // namespace holystone::k8s_io
