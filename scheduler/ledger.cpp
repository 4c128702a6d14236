#include "scheduler/ledger.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <iterator>
#include <sstream>

namespace holystone::scheduler {

namespace {

constexpr auto key_success_started = "volsync.backube/last-success-started";
constexpr auto key_success_ended = "volsync.backube/last-success-ended";
constexpr auto key_failures = "volsync.backube/consecutive-failures";
constexpr auto key_failure_class = "volsync.backube/last-failure-class";
constexpr auto key_failure_message = "volsync.backube/last-failure";
constexpr auto key_counted = "volsync.backube/last-counted-job";
constexpr auto key_counted_at = "volsync.backube/last-counted-at";
constexpr auto key_own_runs = "volsync.backube/own-runs";
constexpr auto key_foreign_run = "volsync.backube/foreign-run";
constexpr auto key_bytes = "volsync.backube/repository-size-bytes";
constexpr auto key_contents = "volsync.backube/repository-contents";
constexpr auto key_index_blobs = "volsync.backube/repository-index-blobs";
constexpr auto key_refused = "volsync.backube/refused-secret";

/// So many runs in a row that read no records are remembered; then the oldest
/// is given up, and what others did before the next isn't judged.
constexpr std::size_t most_runs = 8;

/// The newest maintenance that is not among `ours` although it began after the
/// oldest of them.
std::optional<foreign_run> find_foreign(const own_runs& ours,
                                        const run_outcome& outcome) {
  auto is_foreign = [&](instant at) {
    return at > ours.front().start && !is_own(ours, at);
  };
  for (const auto& record : outcome.earlier)
    if (is_foreign(record.start))
      return foreign_run{record.start, record.task};
  if (outcome.open_full && is_foreign(*outcome.open_full))
    return foreign_run{*outcome.open_full, "a full run without records"};
  return std::nullopt;
}

/// More refused Secrets of one repository than these are not kept apart.
constexpr std::size_t most_refused = 16;

/// What a run says of the Secret that it used; another version of that Secret
/// has nothing to say any more.
void note_secret(std::vector<std::string>& refused, const std::string& secret,
                 const run_outcome& outcome) {
  auto is_refusal = outcome.why == failure_class::authentication
                    || outcome.why == failure_class::permission;
  if (!is_refusal && !outcome.succeeded)
    return;
  auto name = secret.substr(0, secret.rfind('@') + 1);
  std::erase_if(refused,
                [&](const auto& other) { return other.starts_with(name); });
  if (!is_refusal)
    return;
  refused.push_back(secret);
  if (refused.size() > most_refused)
    refused.erase(refused.begin());
}

/// A run that was cut short leaves what is known from before.
void note_extent(repository_extent& known, const repository_extent& found) {
  for (auto part : {&repository_extent::bytes, &repository_extent::contents,
                    &repository_extent::index_blobs})
    if (found.*part)
      known.*part = found.*part;
}

} // namespace

ledger note_run(ledger before, const own_run& mine,
                const std::optional<run_outcome>& outcome) {
  auto after = std::move(before);
  after.ours.push_back(mine);
  if (outcome && outcome->saw_records) {
    after.foreign = find_foreign(after.ours, *outcome);
    after.ours = {mine};
  } else if (after.ours.size() > most_runs) {
    after.ours.erase(after.ours.begin());
  }
  return after;
}

ledger record(ledger before, const object_uid& job, const run_outcome& outcome,
              const std::string& secret) {
  if (before.counted == job)
    return before;
  auto after = std::move(before);
  after.counted = job;
  after.counted_at = outcome.ended;
  if (after.unique_id.empty())
    after.unique_id = outcome.unique_id;
  else if (!outcome.unique_id.empty() && outcome.unique_id != after.unique_id)
    after.other_id = outcome.unique_id;
  if (!secret.empty())
    note_secret(after.refused_secrets, secret, outcome);
  note_extent(after.extent, outcome.extent);
  if (outcome.kind == maintenance_kind::quick)
    return after;
  if (outcome.succeeded) {
    after.success_started = outcome.started;
    after.success_ended = outcome.ended;
    return without_failures(std::move(after));
  }
  ++after.failures;
  after.failure = outcome.why;
  after.failure_message = outcome.message;
  return after;
}

ledger without_failures(ledger known) {
  known.failures = 0;
  known.failure = failure_class::none;
  known.failure_message.clear();
  return known;
}

std::map<std::string, std::string> to_annotations(const ledger& known) {
  auto time = [](const std::optional<instant>& at) {
    return at ? to_rfc3339(*at) : std::string{};
  };
  auto number = [](const std::optional<std::int64_t>& value) {
    return value ? std::to_string(*value) : std::string{};
  };
  return {
      {key_success_started, time(known.success_started)},
      {key_success_ended, time(known.success_ended)},
      {key_failures, std::to_string(known.failures)},
      {key_failure_class, known.failures == 0
                              ? std::string{}
                              : std::string{to_string(known.failure)}},
      {key_failure_message, known.failure_message},
      {key_counted, known.counted.value},
      {key_counted_at, time(known.counted_at)},
      {std::string{unique_id_key}, known.unique_id},
      {std::string{other_id_key}, known.other_id},
      {key_own_runs, to_text(known.ours)},
      {key_foreign_run,
       known.foreign ? to_text(*known.foreign) : std::string{}},
      {key_refused, fmt::format("{}", fmt::join(known.refused_secrets, " "))},
      {key_bytes, number(known.extent.bytes)},
      {key_contents, number(known.extent.contents)},
      {key_index_blobs, number(known.extent.index_blobs)}};
}

ledger
ledger_from_annotations(const std::map<std::string, std::string>& annotations) {
  auto text = [&](std::string_view key) {
    auto i = annotations.find(std::string{key});
    return i == annotations.end() ? std::string{} : i->second;
  };
  auto number = [&](std::string_view key) -> std::optional<std::int64_t> {
    auto digits = text(key);
    std::int64_t value = 0;
    auto end = digits.data() + digits.size();
    auto [rest, failed] = std::from_chars(digits.data(), end, value);
    if (digits.empty() || failed != std::errc{} || rest != end || value < 0)
      return std::nullopt;
    return value;
  };
  ledger known;
  known.success_started = parse_rfc3339(text(key_success_started));
  known.success_ended = parse_rfc3339(text(key_success_ended));
  auto failures = text(key_failures);
  std::from_chars(failures.data(), failures.data() + failures.size(),
                  known.failures);
  if (auto failure = text(key_failure_class); !failure.empty())
    known.failure = parse_failure_class(failure);
  known.failure_message = text(key_failure_message);
  known.counted = {text(key_counted)};
  known.counted_at = parse_rfc3339(text(key_counted_at));
  known.unique_id = text(unique_id_key);
  known.other_id = text(other_id_key);
  known.ours = parse_own_runs(text(key_own_runs));
  known.foreign = parse_foreign_run(text(key_foreign_run));
  std::istringstream refused{text(key_refused)};
  known.refused_secrets.assign(std::istream_iterator<std::string>{refused}, {});
  known.extent
      = {number(key_bytes), number(key_contents), number(key_index_blobs)};
  return known;
}

} // namespace holystone::scheduler
