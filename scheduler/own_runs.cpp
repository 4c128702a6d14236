#include "scheduler/own_runs.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace holystone::scheduler {

namespace {

/// The Job controller's clock is not the node's.
constexpr seconds slack{5};

} // namespace

bool is_own(const own_runs& ours, instant at) {
  return std::ranges::any_of(ours, [&](const own_run& run) {
    return at >= run.start - slack && at <= run.end + slack;
  });
}

std::string to_text(const own_runs& ours) {
  std::string text;
  for (const auto& run : ours)
    text += fmt::format("{}{}/{}", text.empty() ? "" : " ",
                        to_rfc3339(run.start), to_rfc3339(run.end));
  return text;
}

own_runs parse_own_runs(std::string_view text) {
  own_runs ours;
  while (!text.empty()) {
    auto entry = text.substr(0, text.find(' '));
    text.remove_prefix(std::min(entry.size() + 1, text.size()));
    auto slash = entry.find('/');
    if (slash == entry.npos)
      continue;
    auto start = parse_rfc3339(entry.substr(0, slash));
    auto end = parse_rfc3339(entry.substr(slash + 1));
    if (start && end)
      ours.push_back({*start, *end});
  }
  return ours;
}

std::string to_text(const foreign_run& run) {
  return fmt::format("{} {}", to_rfc3339(run.at), run.what);
}

std::optional<foreign_run> parse_foreign_run(std::string_view text) {
  auto blank = text.find(' ');
  auto at = parse_rfc3339(text.substr(0, blank));
  if (!at || blank == text.npos)
    return std::nullopt;
  return foreign_run{*at, std::string{text.substr(blank + 1)}};
}

} // namespace holystone::scheduler
