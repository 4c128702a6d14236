#include "k8s_io/run_outcomes.hpp"

#include "k8s_io/fields.hpp"
#include "k8s_io/mover_report.hpp"
#include "k8s_io/names.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>

namespace holystone::k8s_io {

namespace json = boost::json;

namespace {

/// The status of the mover's container; null: there is none.
const json::value* mover_status(const json::value& pod) {
  for (const auto& status : items_at(pod, "status", "containerStatuses"))
    if (text_at(status, "name") == names::container)
      return &status;
  return nullptr;
}

void take_report(run_outcome& outcome, const std::string& message) {
  auto report = read_mover_report(message);
  if (!report)
    return;
  outcome.why = report->why;
  outcome.message = report->message;
  outcome.unique_id = report->unique_id;
  outcome.earlier = report->earlier;
  outcome.open_full = report->open_full;
  outcome.extent
      = {report->repository_size, report->contents, report->index_blobs};
  outcome.saw_records
      = !report->earlier.empty() || !report->previous_owner.empty();
}

/// What ended the pod as a whole; false: nothing did.
bool take_pod_reason(run_outcome& outcome, const json::value& pod) {
  auto reason = text_at(pod, "status", "reason");
  auto message = text_at(pod, "status", "message");
  if (reason == "Evicted") {
    // The kubelet names the volume that outgrew its limit.
    auto is_cache = message.find("volume \"cache\"") != message.npos;
    outcome.why = is_cache ? failure_class::cache_full : failure_class::unknown;
    outcome.message
        = fmt::format("the pod was evicted from its node: {}", message);
    return true;
  }
  if (reason == "DeadlineExceeded") {
    outcome.why = failure_class::timeout;
    outcome.message = "the pod outlived its activeDeadlineSeconds";
    return true;
  }
  return false;
}

/// What the container's end says where the mover told nothing.
void take_exit(run_outcome& outcome, const json::value& ended,
               std::int64_t exit_code) {
  if (text_at(ended, "reason") == "OOMKilled") {
    outcome.why = failure_class::out_of_memory;
    outcome.message = "the container was killed for using more memory than "
                      "its limit; raise resources.limits.memory";
  } else if (outcome.why == failure_class::none) {
    outcome.why = failure_class::unknown;
    outcome.message = fmt::format(
        "the mover ended with exit code {} and left no report", exit_code);
  }
}

} // namespace

std::optional<run_outcome> read_run_outcome(const json::value& pod,
                                            maintenance_kind kind) {
  const auto* status = mover_status(pod);
  const auto* ended = status ? find(*status, "state", "terminated") : nullptr;
  run_outcome outcome;
  outcome.kind = kind;
  if (!ended) {
    // It ended before its container began.
    if (!take_pod_reason(outcome, pod))
      return std::nullopt;
    outcome.started
        = instant_at(pod, "status", "startTime").value_or(instant{});
    outcome.ended = outcome.started;
    return outcome;
  }
  auto exit_code = integer_at(*ended, "exitCode").value_or(-1);
  outcome.started = instant_at(*ended, "startedAt").value_or(instant{});
  outcome.ended = instant_at(*ended, "finishedAt").value_or(outcome.started);
  outcome.succeeded = exit_code == 0;
  take_report(outcome, text_at(*ended, "message"));
  if (!outcome.succeeded && !take_pod_reason(outcome, pod))
    take_exit(outcome, *ended, exit_code);
  return outcome;
}

std::string read_obstacle(const json::value& pod) {
  constexpr std::array pulls{std::string_view{"ErrImagePull"},
                             std::string_view{"ImagePullBackOff"},
                             std::string_view{"InvalidImageName"},
                             std::string_view{"ErrImageNeverPull"}};
  const auto* status = mover_status(pod);
  auto reason
      = status ? text_at(*status, "state", "waiting", "reason") : std::string{};
  if (std::ranges::count(pulls, reason) > 0)
    return fmt::format("image {} can't be pulled ({})",
                       text_at(*status, "image"), reason);
  if (reason == "CreateContainerConfigError" || reason == "CreateContainerError"
      || reason == "RunContainerError")
    return fmt::format("its container can't be made: {}",
                       text_at(*status, "state", "waiting", "message"));
  return {};
}

} // namespace holystone::k8s_io
