#pragma once

// From bytes of a watch to events: a splitter that takes any chunking, and a
// parser of one line. It knows the envelope `{"type", "object"}` only; what an
// event means is the reflector's concern. The splitter runs on the transport's
// thread, the parser wherever the reflector lives.

#include "scheduler/result.hpp"

#include <boost/json/parse_options.hpp>
#include <boost/json/value.hpp>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace holystone::k8s_io {

/// Cuts a stream of bytes into lines.
class line_splitter {
public:
  explicit line_splitter(std::size_t longest) : longest_(longest) {
    // nop
  }

  /// Takes the next bytes and appends each complete, non-empty line to `out`,
  /// without its end. False when a line is longer than allowed; the splitter
  /// is of no use after that.
  bool feed(std::string_view bytes, std::vector<std::string>& out);

  /// Has a line begun that has not ended?
  bool is_within_line() const noexcept {
    return !partial_.empty();
  }

private:
  std::size_t longest_;
  std::string partial_;
};

/// The types of watch events; `unknown` is anything that a server may invent.
enum class event_type { added, modified, deleted, bookmark, error, unknown };

/// One line of a watch.
struct watch_event {
  event_type type;
  /// The object, or a Status for `error`; null when there is none. Uses the
  /// parser's memory.
  boost::json::value object;
};

/// Parses one line. The tree lives in `memory`, which may be a monotonic
/// resource that is released between lines. Fails on anything but a JSON
/// object with a type, which means that the stream is broken.
result<watch_event> parse_watch_line(std::string_view line,
                                     boost::json::storage_ptr memory);

/// What can be told of a line whose object can't be parsed, e.g. because it
/// nests too deep: the type, and the object's headline. Empty unless it is the
/// whole line of an event that names its object, see `headline.hpp`.
std::optional<watch_event> skim_watch_line(std::string_view line);

/// The options of every parse of ours: objects nest deeper than Boost.JSON
/// takes by default once managedFields repeats their structure. The API server
/// takes 10,000 levels, but the parser's recursion would fill the stack.
boost::json::parse_options api_parse_options() noexcept;

} // namespace holystone::k8s_io
