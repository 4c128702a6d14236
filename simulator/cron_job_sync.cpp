#include "simulator/cron_job_sync.hpp"

#include "k8s_io/fields.hpp"
#include "simulator/cron_job_slots.hpp"
#include "simulator/job_pods.hpp"
#include "simulator/object_edit.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

namespace holystone::simulator {

namespace json = boost::json;
namespace resources = k8s_io::resources;
using k8s_io::find;
using k8s_io::flag_at;
using k8s_io::instant_at;
using k8s_io::integer_at;
using k8s_io::items_at;
using k8s_io::members_at;
using k8s_io::text_at;

namespace {

constexpr std::string_view slot_annotation
    = "batch.kubernetes.io/cronjob-scheduled-timestamp";

result<zoned_schedule> plan_of(const json::value& cron_job) {
  zoned_schedule plan;
  if (auto name = text_at(cron_job, "spec", "timeZone"); !name.empty()) {
    auto zone = scheduler::find_zone(name);
    if (!zone)
      return zone.why();
    plan.zone = *zone;
  }
  auto schedule = scheduler::parse_cron(text_at(cron_job, "spec", "schedule"));
  if (!schedule)
    return schedule.why();
  plan.schedule = *schedule;
  return plan;
}

/// Where the look for missed slots begins.
instant earliest_slot(const json::value& cron_job, instant now,
                      bool with_deadline) {
  auto created = instant_at(cron_job, "metadata", "creationTimestamp");
  auto earliest = created.value_or(now);
  if (auto last = instant_at(cron_job, "status", "lastScheduleTime"))
    earliest = *last;
  if (auto deadline = integer_at(cron_job, "spec", "startingDeadlineSeconds");
      deadline && with_deadline)
    earliest = std::max(earliest, now - seconds{*deadline});
  return earliest;
}

std::optional<instant> look_again(const json::value& cron_job,
                                  const zoned_schedule& plan, instant now) {
  auto earliest = earliest_slot(cron_job, now, false);
  return next_look(plan, find_slot(plan, earliest, now), now);
}

/// One look at one CronJob. Collects the status and writes it once.
class cron_job_sync {
public:
  cron_job_sync(store& view, json::value cron_job)
      : view_(view), now_(view.now()), cron_job_(std::move(cron_job)),
        jobs_(view.owned_by(resources::jobs, uid_of(cron_job_))) {
    // nop
  }

  /// When to look again without a change.
  std::optional<instant> run() {
    tidy_history("Complete", "successfulJobsHistoryLimit");
    tidy_history("Failed", "failedJobsHistoryLimit");
    follow_jobs();
    forget_missing_jobs();
    auto again = is_deleting(cron_job_) ? std::nullopt : start_what_is_due();
    if (changed_ && !view_.update_status(resources::cron_jobs, cron_job_))
      failed_ = true;
    return again;
  }

  /// Did the server refuse something, so that a retry makes sense?
  bool failed() const {
    return failed_;
  }

private:
  void say(std::string_view type, std::string_view reason,
           const std::string& message) {
    view_.event(cron_job_, type, reason, message);
  }

  bool is_active(std::string_view uid) const {
    auto& active = items_at(cron_job_, "status", "active");
    return std::any_of(active.begin(), active.end(), [&](auto& entry) {
      return text_at(entry, "uid") == uid;
    });
  }

  void deactivate(std::string_view uid) {
    auto& active = list(cron_job_, {"status", "active"});
    auto gone = std::remove_if(active.begin(), active.end(), [&](auto& entry) {
      return text_at(entry, "uid") == uid;
    });
    active.erase(gone, active.end());
    if (active.empty())
      drop(cron_job_, {"status", "active"});
    changed_ = true;
  }

  bool remove_job(const json::value& job) {
    auto key = key_of(job);
    auto gone = view_.remove(
        resources::jobs, key,
        {.uid = {}, .version = {}, .propagation = "Background", .grace = {}});
    if (!gone && gone.status != 404) {
      say("Warning", "FailedDelete",
          fmt::format("Deleted job: {}", gone.message()));
      return false;
    }
    if (is_active(uid_of(job)))
      deactivate(uid_of(job));
    say("Normal", "SuccessfulDelete", "Deleted job " + key.name);
    return true;
  }

  void tidy_history(std::string_view condition, std::string_view limit) {
    auto keep = integer_at(cron_job_, "spec", limit);
    if (!keep)
      return;
    std::vector<json::value*> finished;
    for (auto& job : jobs_)
      if (has_condition(job, condition))
        finished.push_back(&job);
    std::sort(finished.begin(), finished.end(), [](auto* a, auto* b) {
      auto order = [](const json::value& job) {
        auto start = text_at(job, "status", "startTime");
        return std::tuple{start.empty(), start, key_of(job).name};
      };
      return order(*a) < order(*b);
    });
    for (auto* job : finished) {
      if (std::cmp_less_equal(finished.size() - removed_.size(), *keep))
        break;
      if (remove_job(*job))
        removed_.insert(uid_of(*job));
    }
    std::erase_if(jobs_,
                  [&](auto& job) { return removed_.contains(uid_of(job)); });
    removed_.clear();
  }

  void follow_jobs() {
    for (auto& job : jobs_) {
      auto active = is_active(uid_of(job));
      if (!is_finished(job)) {
        // A Job made by hand stays out of the list for ever.
        if (!active)
          say("Warning", "UnexpectedJob",
              "Saw a job that the controller did not create or forgot: "
                  + key_of(job).name);
        continue;
      }
      auto good = has_condition(job, "Complete");
      if (active) {
        deactivate(uid_of(job));
        say("Normal", "SawCompletedJob",
            fmt::format("Saw completed job: {}, condition: {}",
                        key_of(job).name, good ? "Complete" : "Failed"));
      }
      if (good)
        note_success(job);
    }
  }

  void note_success(const json::value& job) {
    auto done = instant_at(job, "status", "completionTime");
    auto last = instant_at(cron_job_, "status", "lastSuccessfulTime");
    if (!done || (last && *last >= *done))
      return;
    field(cron_job_, {"status", "lastSuccessfulTime"}) = to_rfc3339(*done);
    changed_ = true;
  }

  void forget_missing_jobs() {
    std::vector<std::pair<std::string, std::string>> missing;
    for (auto& entry : items_at(cron_job_, "status", "active")) {
      auto uid = text_at(entry, "uid");
      auto there = std::any_of(jobs_.begin(), jobs_.end(),
                               [&](auto& job) { return uid_of(job) == uid; });
      if (!there
          && view_.get(resources::jobs,
                       {text_at(entry, "namespace"), text_at(entry, "name")})
                     .status
                 == 404)
        missing.emplace_back(uid, text_at(entry, "name"));
    }
    for (auto& [uid, name] : missing) {
      say("Normal", "MissingJob", "Active job went missing: " + name);
      deactivate(uid);
    }
  }

  std::optional<instant> start_what_is_due() {
    auto zone = text_at(cron_job_, "spec", "timeZone");
    if (!zone.empty() && !scheduler::find_zone(zone)) {
      say("Warning", "UnknownTimeZone",
          fmt::format("invalid timeZone: \"{}\": unknown time zone {}", zone,
                      zone));
      return std::nullopt;
    }
    if (flag_at(cron_job_, "spec", "suspend").value_or(false))
      return std::nullopt;
    auto plan = plan_of(cron_job_);
    if (!plan) {
      say("Warning", "UnparseableSchedule",
          fmt::format("unparseable schedule: \"{}\" : {}",
                      text_at(cron_job_, "spec", "schedule"),
                      plan.why().message));
      return std::nullopt;
    }
    auto earliest = earliest_slot(cron_job_, now_, true);
    auto found = find_slot(*plan, earliest, now_);
    if (found.impossible) {
      say("Warning", "InvalidSchedule",
          fmt::format("invalid schedule: {} : time difference between two "
                      "schedules is less than 1 second",
                      text_at(cron_job_, "spec", "schedule")));
      return std::nullopt;
    }
    if (found.newest && found.missed > 100)
      say("Warning", "TooManyMissedTimes",
          "too many missed start times. Set or decrease "
          ".spec.startingDeadlineSeconds or check clock skew");
    if (found.newest && may_start(*found.newest))
      start(*found.newest, plan->zone);
    return look_again(cron_job_, *plan, now_);
  }

  std::string job_name(instant slot) const {
    return fmt::format("{}-{}", key_of(cron_job_).name,
                       slot.time_since_epoch().count() / 60);
  }

  bool may_start(instant slot) {
    auto deadline = integer_at(cron_job_, "spec", "startingDeadlineSeconds");
    if (deadline && slot + seconds{*deadline} < now_) {
      say("Warning", "MissSchedule",
          "Missed scheduled time to start a job: " + to_rfc3339(slot));
      return false;
    }
    auto& active = items_at(cron_job_, "status", "active");
    auto known = std::any_of(active.begin(), active.end(), [&](auto& entry) {
      return text_at(entry, "name") == job_name(slot);
    });
    if (known || instant_at(cron_job_, "status", "lastScheduleTime") == slot)
      return false;
    auto policy = text_at(cron_job_, "spec", "concurrencyPolicy");
    if (policy == "Forbid" && !active.empty()) {
      say("Normal", "JobAlreadyActive",
          "Not starting job because prior execution is running and "
          "concurrency policy is Forbid");
      return false;
    }
    return policy != "Replace" || replace_active();
  }

  bool replace_active() {
    auto active = items_at(cron_job_, "status", "active");
    for (auto& entry : active) {
      auto job = view_.get(resources::jobs, {text_at(entry, "namespace"),
                                             text_at(entry, "name")});
      if (!job || !remove_job(*job)) {
        failed_ = true;
        return false;
      }
    }
    return true;
  }

  json::value job_for(instant slot, const scheduler::time_zone& zone) const {
    json::object annotations = members_at(cron_job_, "spec", "jobTemplate",
                                          "metadata", "annotations");
    annotations[slot_annotation] = to_local_rfc3339(slot, zone);
    json::object labels
        = members_at(cron_job_, "spec", "jobTemplate", "metadata", "labels");
    const auto* spec = find(cron_job_, "spec", "jobTemplate", "spec");
    return {{"apiVersion", "batch/v1"},
            {"kind", "Job"},
            {"metadata",
             {{"namespace", key_of(cron_job_).ns},
              {"name", job_name(slot)},
              {"labels", labels},
              {"annotations", annotations},
              {"ownerReferences", json::array{controller_reference(
                                      cron_job_, "batch/v1", "CronJob")}}}},
            {"spec", spec == nullptr ? json::value(json::object{}) : *spec}};
  }

  void start(instant slot, const scheduler::time_zone& zone) {
    auto made = view_.create(resources::jobs, job_for(slot, zone));
    if (made.status == 409) {
      made = view_.get(resources::jobs, {key_of(cron_job_).ns, job_name(slot)});
      // the name is the lock; somebody else's Job is left alone.
      const auto* owner = made ? controller_of(*made) : nullptr;
      if (owner == nullptr || text_at(*owner, "uid") != uid_of(cron_job_)
          || is_active(uid_of(*made)))
        return;
    } else if (!made) {
      say("Warning", "FailedCreate",
          fmt::format("Error creating job: {}", made.message()));
      failed_ = true;
      return;
    } else {
      say("Normal", "SuccessfulCreate", "Created job " + key_of(*made).name);
    }
    list(cron_job_, {"status", "active"})
        .push_back(
            {{"apiVersion", "batch/v1"},
             {"kind", "Job"},
             {"namespace", key_of(*made).ns},
             {"name", key_of(*made).name},
             {"resourceVersion", text_at(*made, "metadata", "resourceVersion")},
             {"uid", uid_of(*made)}});
    field(cron_job_, {"status", "lastScheduleTime"}) = to_rfc3339(slot);
    changed_ = true;
  }

  store& view_;
  instant now_;
  json::value cron_job_;
  std::vector<json::value> jobs_;
  std::set<std::string> removed_;
  bool changed_ = false;
  bool failed_ = false;
};

} // namespace

cron_job_answer sync_cron_job(store& view, const json::value& cron_job) {
  cron_job_sync work{view, cron_job};
  auto again = work.run();
  return {again, work.failed()};
}

std::optional<instant> alarm_after_edit(const json::value& cron_job,
                                        instant now) {
  auto plan = plan_of(cron_job);
  return plan ? look_again(cron_job, *plan, now) : std::nullopt;
}

} // namespace holystone::simulator
