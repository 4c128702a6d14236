// The log: one JSON object a line on stderr, with `ts`, `level`, `msg` and the
// fields of the event. A message is a constant sentence, what varies goes into
// fields, so that lines can be found by their message. A field is a text, a
// number or a truth: an object, and a secret above all, cannot be passed.
// Called from everywhere in actors/, cli/ and simulator/; from any thread.
//
//   log_info("repository has a new winner",
//            {{"repositoryHash", hash}, {"winner", winner}});
#pragma once

#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <map>
#include <optional>
#include <ostream>
#include <string>
#include <string_view>
#include <variant>

namespace holystone::metrics {

/// How much an event matters.
enum class log_level { debug, info, warning, error };

/// The level of a name such as `info`; `warn` is taken as well.
std::optional<log_level> parse_log_level(std::string_view name);

/// One value beside the message; valid while the call runs.
struct log_field {
  using log_value = std::variant<std::string_view, std::int64_t, std::uint64_t,
                                 double, bool>;

  template <class Text>
  requires std::convertible_to<const Text&, std::string_view>
  log_field(std::string_view name, const Text& text)
      : key(name), value(std::string_view{text}) {
    // nop
  }

  template <std::same_as<bool> Truth>
  log_field(std::string_view name, Truth truth) : key(name), value(truth) {
    // nop
  }

  template <std::integral Number>
  requires(!std::same_as<Number, bool> && !std::same_as<Number, char>)
      log_field(std::string_view name, Number number)
      : key(name) {
    if constexpr (std::signed_integral<Number>)
      value = static_cast<std::int64_t>(number);
    else
      value = static_cast<std::uint64_t>(number);
  }

  template <std::floating_point Number>
  log_field(std::string_view name, Number number) : key(name), value(number) {
    // nop
  }

  std::string_view key;
  log_value value;
};

/// The fields of one event, in the order in which they are printed.
using log_fields = std::initializer_list<log_field>;

/// Writes a line, unless `level` is below the chosen one or the same message
/// has been written a thousand times within ten seconds; the next line of
/// that message then says how many were left out (`suppressed`).
void log(log_level level, std::string_view message, log_fields fields = {});

/// Steps of interest to developers only.
inline void log_debug(std::string_view message, log_fields fields = {}) {
  log(log_level::debug, message, fields);
}

/// What the operator did or learned.
inline void log_info(std::string_view message, log_fields fields = {}) {
  log(log_level::info, message, fields);
}

/// What a user should look at, though the operator goes on.
inline void log_warning(std::string_view message, log_fields fields = {}) {
  log(log_level::warning, message, fields);
}

/// What failed and needs somebody.
inline void log_error(std::string_view message, log_fields fields = {}) {
  log(log_level::error, message, fields);
}

/// The lowest level that is written; `info` at first.
void set_log_level(log_level lowest);

/// Sends lines to `out` instead of stderr until called with null; for tests.
void redirect_log(std::ostream* out);

/// The line of one event without its line break.
std::string format_log_line(std::chrono::system_clock::time_point at,
                            log_level level, std::string_view message,
                            log_fields fields, std::size_t suppressed = 0);

/// Counts lines by message, so that a failure that repeats without end does
/// not fill the disk. It has no clock and no lock of its own.
class log_throttle {
public:
  using instant = std::chrono::steady_clock::time_point;

  log_throttle(std::size_t lines, std::chrono::milliseconds span)
      : lines_(lines), span_(span) {
    // nop
  }

  /// Nothing when the line is to be left out; otherwise how many were left
  /// out before it.
  std::optional<std::size_t> admit(std::string_view message, instant now);

private:
  struct window {
    instant since;
    std::size_t written = 0;
    std::size_t suppressed = 0;
  };

  std::size_t lines_;
  std::chrono::milliseconds span_;
  std::map<std::string, window, std::less<>> windows_;
};

} // namespace holystone::metrics
