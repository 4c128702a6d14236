#include "scheduler/standalone_status.hpp"

#include "scheduler/manual_run.hpp"
#include "scheduler/side_conditions.hpp"
#include "scheduler/wanted_cron_job.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>

namespace holystone::scheduler {

namespace {

/// One line of contract section 7's table.
struct situation {
  /// As every claimant is told it.
  std::string_view told;
  bool ready;
  std::string_view reason;
  /// Reasons of Reconciling and Error; empty: it is False.
  std::string_view reconciling;
  std::string_view error;
};

constexpr std::array situations{
    situation{"Scheduled", true, "MaintenanceActive", {}, {}},
    situation{"Standby", true, "Standby", {}, {}},
    situation{"Suspended", true, "Suspended", {}, {}},
    situation{"Disabled", true, "MaintenanceDisabled", {}, {}},
    situation{"ManualPending", true, "ManualPending", {}, {}},
    situation{"ManualRunning", true, "ManualRunning", "ManualRunning", {}},
    situation{"ManualComplete", true, "ManualComplete", {}, {}},
    situation{"ManualFailed", false, "ManualFailed", {}, "ManualFailed"},
    situation{"Waiting", false, "Waiting", "Waiting", {}},
    situation{"Error", false, "ReconcileFailed", {}, "ReconcileFailed"}};

/// What the claimant is told, as a line of the table.
situation situation_of(const claim_status& told) {
  auto i = std::ranges::find(situations, told.reason, &situation::told);
  return i == situations.end() ? situations.back() : *i;
}

/// The reason of the condition Error; empty: it is False.
std::string error_reason(const situation& now_is, const std::string& api_reason,
                         const claim& wish) {
  if (wish.defect && !wish.defect->missing.empty())
    return wish.defect->missing + "NotFound";
  if (wish.defect && wish.defect->reason == "Error")
    return "ValidationFailed";
  if (now_is.told == "Error" && !api_reason.empty())
    return api_reason;
  return std::string{now_is.error};
}

side_condition condition(const claimant& who, std::string_view type,
                         bool is_true, std::string reason, std::string message,
                         instant now) {
  const auto* before = told_condition(who, type);
  auto since = before && before->is_true == is_true ? before->since : now;
  return {std::string{type}, std::move(reason), std::move(message), since,
          is_true};
}

/// The conditions of every KopiaMaintenance; all but MaintenanceHealthy say
/// what Ready says.
std::vector<side_condition> conditions_of(const claim_status& status,
                                          const situation& now_is,
                                          const std::string& api_reason,
                                          const claimant& who, instant now) {
  auto error = error_reason(now_is, api_reason, who.wish);
  std::string reconciling{now_is.reconciling};
  auto is_healthy = status.failures < many_failures;
  return {condition(who, standalone_types[0], !reconciling.empty(),
                    reconciling.empty() ? "ReconcileComplete" : reconciling,
                    reconciling.empty() ? "" : status.message, now),
          condition(who, standalone_types[1], !error.empty(),
                    error.empty() ? "NoError" : error,
                    error.empty() ? "" : status.message, now),
          condition(who, standalone_types[2], is_healthy,
                    is_healthy ? "OperatingNormally" : "ExcessiveFailures",
                    is_healthy ? "Maintenance is operating normally"
                               : fmt::format(
                                   "Maintenance has failed {} times in a row.",
                                   status.failures),
                    now)};
}

/// The API's word for the write of this claimant's that it refuses; empty: it
/// refuses none, or said no word. What it says of the winner's CronJob does not
/// concern a manual run.
std::string refusal_of(const repository_facts& facts,
                       const repository_account& account, const claim& wish) {
  if (is_scheduled(wish))
    return account.error_reason;
  const auto* why = trouble_with_making(facts, manual_job_key(wish));
  return why ? why->reason : std::string{};
}

bool is_error(const claim_status& status) {
  const auto* error = condition_in(status, standalone_types[1]);
  return error && error->is_true;
}

/// The schedule in force, with `H` resolved; empty when there is none.
std::string schedule_in_force(const repository_facts& facts,
                              const repository_account& account,
                              const claim& wish) {
  if (!account.winner || !is_scheduled(wish))
    return {};
  auto table = timetable_of(account.winner->wish.settings,
                            maintenance_kind::full, facts.id);
  return table ? table->text : std::string{};
}

} // namespace

claim_status as_standalone(claim_status told, const repository_facts& facts,
                           const repository_account& account,
                           const claimant& who, instant now) {
  const auto& wish = who.wish;
  auto now_is = situation_of(told);
  if (wish.defect && !wish.defect->missing.empty())
    now_is = *std::ranges::find(situations, "Waiting", &situation::told);
  auto status = std::move(told);
  status.ready = now_is.ready;
  status.reason = now_is.reason;
  if (!account.winner || account.winner->wish.who != wish.who)
    status.cron_job.clear();
  if (!is_scheduled(wish) || wish.settings.suspend || wish.defect)
    status.next_maintenance.reset();
  // What ran before there was a ledger is known from here only.
  if (!status.last_maintenance && who.status)
    status.last_maintenance = who.status->last_maintenance;
  auto conditions = conditions_of(status, now_is,
                                  refusal_of(facts, account, wish), who, now);
  status.conditions.insert(status.conditions.begin(), conditions.begin(),
                           conditions.end());
  standalone_status own;
  if (who.status && who.status->standalone)
    own = *who.status->standalone;
  own.schedule = schedule_in_force(facts, account, wish);
  auto runs = manual_account_of(facts, who, now);
  own.last_manual_sync = std::move(runs.last_sync);
  own.last_manual_result = std::move(runs.last_result);
  status.standalone = own;
  if (who.status != status && !is_error(status)) {
    own.last_reconcile = now;
    status.standalone = own;
  }
  return status;
}

namespace {

/// The run by hand that has ended since `before`; null when none has.
const manual_result* news_of_run(const std::optional<claim_status>& before,
                                 const claim_status& status) {
  const auto& last = status.standalone->last_manual_result;
  auto is_old = before && before->standalone
                && before->standalone->last_manual_result == last;
  return last && !is_old ? &*last : nullptr;
}

/// Under which reason an error is told that the status newly shows.
std::string error_event(const claim& wish) {
  if (wish.defect && wish.defect->reason == "Error")
    return "ValidationFailed";
  return is_scheduled(wish) ? "CronJobFailed" : "JobCreationFailed";
}

} // namespace

std::vector<event_note> standalone_events(const claimant& who,
                                          const claim_status& status) {
  const auto& wish = who.wish;
  const auto before
      = who.written ? std::optional{who.written->status} : who.status;
  std::vector<event_note> notes;
  auto tell = [&](bool is_warning, std::string reason, std::string message) {
    notes.push_back({wish.who, wish.uid, is_warning, std::move(reason),
                     std::move(message)});
  };
  auto is_news = !before || before->reason != status.reason
                 || before->message != status.message;
  if (!status.cron_job.empty()
      && (!before || before->cron_job != status.cron_job))
    tell(false, "CronJobCreated",
         "Created maintenance CronJob " + status.cron_job);
  auto has_failed_run = status.reason == "ManualFailed";
  if (const auto* run = news_of_run(before, status); run && run->succeeded)
    tell(false, "ManualMaintenanceCompleted",
         fmt::format("Manual run '{}' succeeded.", run->tag));
  else if (run && run->reason != replaced_reason)
    tell(true, "ManualMaintenanceFailed",
         has_failed_run ? status.message
                        : fmt::format("Manual run '{}' failed ({}).", run->tag,
                                      run->reason));
  if (is_news && status.reason == "Waiting")
    tell(true, "MaintenanceWaiting", status.message);
  else if (is_news && is_error(status) && !has_failed_run)
    tell(true, error_event(wish), status.message);
  else if (is_news && status.reason == "Standby")
    tell(false, "Standby", status.message);
  const auto* was
      = before ? condition_in(*before, standalone_types[2]) : nullptr;
  const auto* is = condition_in(status, standalone_types[2]);
  if (is && !is->is_true && (!was || was->is_true))
    tell(true, "ExcessiveScheduledFailures", is->message);
  return notes;
}

} // namespace holystone::scheduler
