#include "actors/troubled_subjects.hpp"

#include <algorithm>
#include <functional>

namespace holystone::actors {

namespace {

/// A subject that is written this often within this time is in a loop with
/// somebody.
constexpr unsigned hot_writes = 30;
constexpr seconds hot_time{60};

/// Up to 32 s, so that what is mended by others is soon noticed.
constexpr unsigned most_doublings = 5;

} // namespace

bool troubled_subjects::is_blocked(const std::string& subject,
                                   instant now) const {
  auto i = records_.find(subject);
  return i != records_.end() && i->second.since <= now && now < i->second.until;
}

unsigned troubled_subjects::failures(const std::string& subject) const {
  auto i = records_.find(subject);
  return i == records_.end() ? 0 : i->second.failures;
}

void troubled_subjects::failed(const std::string& subject, const outcome& end,
                               instant now) {
  auto& known = records_[subject];
  // Whole seconds, and twice as many each time: nothing may loop hot, whatever
  // whoever failed makes of it.
  auto floor = seconds{1 << std::min(known.failures, most_doublings)};
  ++known.failures;
  known.since = now;
  known.until = now + std::max(floor, std::chrono::ceil<seconds>(end.delay));
  known.what = {end.message, end.reason};
  known.is_final = end.is_final;
}

void troubled_subjects::forgive() {
  for (auto& [subject, known] : records_)
    if (known.is_final)
      known.until = {};
}

void troubled_subjects::succeeded(const std::string& subject) {
  records_.erase(subject);
}

bool troubled_subjects::is_recent(instant now) const {
  return now >= recent_since_ && now < recent_since_ + hot_time;
}

bool troubled_subjects::may_write(const std::string& subject, instant now) {
  if (!is_recent(now)) {
    recent_.clear();
    recent_since_ = now;
  }
  auto hash = std::hash<std::string>{}(subject);
  auto i = std::ranges::find(recent_, hash, &writes::subject);
  if (i == recent_.end())
    i = recent_.insert(i, {hash});
  return ++i->times <= hot_writes;
}

std::optional<instant> troubled_subjects::next(instant now) const {
  std::optional<instant> first;
  for (const auto& [subject, known] : records_)
    if (known.since <= now && now < known.until)
      first = std::min(first.value_or(known.until), known.until);
  return first;
}

std::map<std::string, write_failure>
troubled_subjects::failing(unsigned failures) const {
  std::map<std::string, write_failure> all;
  for (const auto& [subject, known] : records_)
    if (known.failures >= failures || known.is_final)
      all.emplace(subject, known.what);
  return all;
}

} // namespace holystone::actors
