#include "metrics/log.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <spdlog/sinks/ostream_sink.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <atomic>
#include <cmath>
#include <iterator>
#include <memory>
#include <mutex>

namespace holystone::metrics {

namespace {

using namespace std::chrono_literals;

// Messages are constants, so there are few; more would be a mistake of a
// caller, which must not become a leak.
constexpr std::size_t most_messages = 1024;

std::string_view name_of(log_level level) {
  switch (level) {
    case log_level::debug:
      return "debug";
    case log_level::info:
      return "info";
    case log_level::warning:
      return "warning";
    case log_level::error:
      return "error";
  }
  return "error";
}

// JSON wants UTF-8; a byte that is not part of it would make the whole line
// unreadable for a collector.
std::size_t utf8_length(std::string_view text) {
  auto first = static_cast<unsigned char>(text[0]);
  std::size_t size = first < 0x80                    ? 1
                     : first >= 0xc2 && first < 0xe0 ? 2
                     : first >= 0xe0 && first < 0xf0 ? 3
                     : first >= 0xf0 && first < 0xf5 ? 4
                                                     : 0;
  if (size == 0 || text.size() < size)
    return 0;
  for (std::size_t i = 1; i != size; ++i)
    if ((static_cast<unsigned char>(text[i]) & 0xc0) != 0x80)
      return 0;
  return size;
}

void append_string(std::string& line, std::string_view text) {
  line += '"';
  while (!text.empty()) {
    auto size = utf8_length(text);
    auto c = text[0];
    if (size == 0)
      line += "\\ufffd";
    else if (c == '"' || c == '\\')
      (line += '\\') += c;
    else if (c == '\n')
      line += "\\n";
    else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f)
      fmt::format_to(std::back_inserter(line), "\\u{:04x}",
                     static_cast<unsigned>(c));
    else
      line += text.substr(0, size);
    text.remove_prefix(size == 0 ? 1 : size);
  }
  line += '"';
}

void append_value(std::string& line, const log_field::log_value& value) {
  auto out = std::back_inserter(line);
  if (auto* text = std::get_if<std::string_view>(&value))
    append_string(line, *text);
  else if (auto* truth = std::get_if<bool>(&value))
    line += *truth ? "true" : "false";
  else if (auto* number = std::get_if<double>(&value))
    line += std::isfinite(*number) ? fmt::format("{}", *number) : "null";
  else if (auto* whole = std::get_if<std::int64_t>(&value))
    fmt::format_to(out, "{}", *whole);
  else
    fmt::format_to(out, "{}", std::get<std::uint64_t>(value));
}

struct log_state {
  log_state() {
    redirect(nullptr);
  }

  // Call with the mutex held, or before anybody else knows the state.
  void redirect(std::ostream* out) {
    spdlog::sink_ptr sink;
    if (out)
      sink = std::make_shared<spdlog::sinks::ostream_sink_mt>(*out, true);
    else
      sink = std::make_shared<spdlog::sinks::stderr_sink_mt>();
    logger = std::make_shared<spdlog::logger>("holystone", sink);
    logger->set_pattern("%v");
    logger->set_level(spdlog::level::trace);
  }

  std::mutex mutex;
  std::shared_ptr<spdlog::logger> logger;
  log_throttle throttle{1000, 10s};
  std::atomic<log_level> lowest = log_level::info;
};

// Never destroyed: threads may log while the program ends.
log_state& state() {
  static auto* the_state = new log_state;
  return *the_state;
}

} // namespace

std::optional<log_level> parse_log_level(std::string_view name) {
  for (auto level : {log_level::debug, log_level::info, log_level::warning,
                     log_level::error})
    if (name == name_of(level))
      return level;
  if (name == "warn")
    return log_level::warning;
  return std::nullopt;
}

std::string format_log_line(std::chrono::system_clock::time_point at,
                            log_level level, std::string_view message,
                            log_fields fields, std::size_t suppressed) {
  auto whole = std::chrono::floor<std::chrono::seconds>(at);
  auto rest = std::chrono::floor<std::chrono::milliseconds>(at - whole);
  auto line = fmt::format(
      "{{\"ts\":\"{:%Y-%m-%dT%H:%M:%S}.{:03}Z\",\"level\":\"{}\",\"msg\":",
      fmt::gmtime(std::chrono::system_clock::to_time_t(whole)), rest.count(),
      name_of(level));
  append_string(line, message);
  for (const auto& field : fields) {
    line += ',';
    append_string(line, field.key);
    line += ':';
    append_value(line, field.value);
  }
  if (suppressed > 0)
    line += fmt::format(",\"suppressed\":{}", suppressed);
  return line + "}";
}

void log(log_level level, std::string_view message, log_fields fields) {
  auto& mine = state();
  if (level < mine.lowest)
    return;
  std::shared_ptr<spdlog::logger> logger;
  std::size_t suppressed = 0;
  {
    std::lock_guard guard{mine.mutex};
    auto admitted
        = mine.throttle.admit(message, std::chrono::steady_clock::now());
    if (!admitted)
      return;
    suppressed = *admitted;
    logger = mine.logger;
  }
  auto line = format_log_line(std::chrono::system_clock::now(), level, message,
                              fields, suppressed);
  logger->log(spdlog::level::critical, "{}", line);
}

void set_log_level(log_level lowest) {
  state().lowest = lowest;
}

void redirect_log(std::ostream* out) {
  auto& mine = state();
  std::lock_guard guard{mine.mutex};
  mine.redirect(out);
}

std::optional<std::size_t> log_throttle::admit(std::string_view message,
                                               instant now) {
  auto entry = windows_.find(message);
  if (entry == windows_.end()) {
    if (windows_.size() >= most_messages)
      windows_.clear();
    entry = windows_.emplace(std::string{message}, window{now}).first;
  }
  auto& mine = entry->second;
  if (now - mine.since >= span_) {
    mine.since = now;
    mine.written = 0;
  }
  if (mine.written >= lines_) {
    ++mine.suppressed;
    return std::nullopt;
  }
  ++mine.written;
  return std::exchange(mine.suppressed, 0);
}

} // namespace holystone::metrics
