#include "scheduler/ledger.hpp"

#include <charconv>

namespace holystone::scheduler {

namespace {

constexpr auto key_success_started = "volsync.backube/last-success-started";
constexpr auto key_success_ended = "volsync.backube/last-success-ended";
constexpr auto key_failures = "volsync.backube/consecutive-failures";
constexpr auto key_failure_class = "volsync.backube/last-failure-class";
constexpr auto key_failure_message = "volsync.backube/last-failure";
constexpr auto key_counted = "volsync.backube/last-counted-job";
constexpr auto key_unique_id = "volsync.backube/repository-unique-id";
constexpr auto key_refused = "volsync.backube/refused-secret";

} // namespace

ledger record(ledger before, const object_uid& job, const run_outcome& outcome,
              const std::string& secret) {
  if (before.counted == job)
    return before;
  auto after = std::move(before);
  after.counted = job;
  if (!outcome.unique_id.empty())
    after.unique_id = outcome.unique_id;
  if (outcome.why == failure_class::authentication && !secret.empty())
    after.refused_secret = secret;
  else if (outcome.succeeded && after.refused_secret == secret)
    after.refused_secret.clear();
  if (outcome.kind == maintenance_kind::quick)
    return after;
  if (outcome.succeeded) {
    after.success_started = outcome.started;
    after.success_ended = outcome.ended;
    after.failures = 0;
    after.failure = failure_class::none;
    after.failure_message.clear();
  } else {
    ++after.failures;
    after.failure = outcome.why;
    after.failure_message = outcome.message;
  }
  return after;
}

std::map<std::string, std::string> to_annotations(const ledger& known) {
  auto time = [](const std::optional<instant>& at) {
    return at ? to_rfc3339(*at) : std::string{};
  };
  return {{key_success_started, time(known.success_started)},
          {key_success_ended, time(known.success_ended)},
          {key_failures, std::to_string(known.failures)},
          {key_failure_class,
           known.failures == 0 ? std::string{}
                               : std::string{to_string(known.failure)}},
          {key_failure_message, known.failure_message},
          {key_counted, known.counted.value},
          {key_unique_id, known.unique_id},
          {key_refused, known.refused_secret}};
}

ledger
ledger_from_annotations(const std::map<std::string, std::string>& annotations) {
  auto text = [&](const char* key) {
    auto i = annotations.find(key);
    return i == annotations.end() ? std::string{} : i->second;
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
  known.unique_id = text(key_unique_id);
  known.refused_secret = text(key_refused);
  return known;
}

} // namespace holystone::scheduler
