#include "simulator/job_sync.hpp"

#include "k8s_io/fields.hpp"
#include "simulator/job_pods.hpp"
#include "simulator/object_edit.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

namespace holystone::simulator {

namespace json = boost::json;
namespace resources = k8s_io::resources;
using k8s_io::flag_at;
using k8s_io::instant_at;
using k8s_io::integer_at;
using k8s_io::items_at;
using k8s_io::text_at;

namespace {

constexpr seconds first_backoff{10};
constexpr seconds longest_backoff{600};

/// The state of one look.
class job_sync {
public:
  job_sync(store& view, json::value job, pod_backoff& backoff)
      : view_(view), now_(view.now()), job_(std::move(job)), before_(job_),
        stored_backoff_(backoff), backoff_(backoff) {
    // nop
  }

  job_answer run() {
    claim_pods();
    count();
    if (!instant_at(job_, "status", "startTime") && !suspended())
      field(job_, {"status", "startTime"}) = to_rfc3339(now_);
    find_failure();
    if (finish_)
      delete_active(true);
    else
      manage();
    auto& status = field(job_, {"status"});
    if (active_ > 0)
      field(status, {"active"}) = active_;
    else
      drop(status, {"active"});
    field(status, {"ready"}) = ready_;
    field(status, {"terminating"}) = terminating_;
    track();
    return {again_, failed_};
  }

private:
  /// Complete or Failed with what it will say.
  struct verdict {
    bool good = false;
    std::string reason;
    std::string message;
  };

  bool suspended() const {
    return flag_at(job_, "spec", "suspend").value_or(false);
  }

  /// Does a terminating pod still count as running?
  bool only_replaces_ended() const {
    return text_at(job_, "spec", "podReplacementPolicy") == "Failed";
  }

  bool counts_as_failed(const json::value& pod) const {
    if (phase_of(pod) == "Failed")
      return true;
    return !only_replaces_ended() && is_deleting(pod)
           && phase_of(pod) != "Succeeded";
  }

  void say(std::string_view type, std::string_view reason,
           const std::string& message) {
    view_.event(job_, type, reason, message);
  }

  void look_at(instant when) {
    again_ = std::min(again_.value_or(when), when);
  }

  void claim_pods() {
    for (auto& pod : view_.owned_by(resources::pods, uid_of(job_))) {
      if (answers_to(pod, job_)) {
        pods_.push_back(std::move(pod));
        continue;
      }
      // a pod without our label is not ours any more; the Job will
      // start another one.
      release_pod(view_, pod);
      json::value orphan = {{"metadata", {{"ownerReferences", nullptr}}}};
      view_.patch(resources::pods, key_of(pod), orphan);
    }
  }

  void count() {
    succeeded_ = integer_at(job_, "status", "succeeded").value_or(0);
    failures_ = integer_at(job_, "status", "failed").value_or(0);
    for (auto& pod : pods_) {
      if (!has_ended(pod) && is_deleting(pod))
        ++terminating_;
      if (!has_ended(pod) && !is_deleting(pod)) {
        ++active_;
        if (has_condition(pod, "Ready"))
          ++ready_;
      }
      if (!has_finalizer(pod, job_tracking_finalizer))
        continue;
      if (phase_of(pod) == "Succeeded") {
        ++succeeded_;
        backoff_.failures = 0;
      } else if (counts_as_failed(pod)) {
        ++failures_;
        ++backoff_.failures;
        backoff_.last_failure
            = std::max(backoff_.last_failure, end_of(pod, now_));
      }
    }
  }

  void find_failure() {
    if (const auto* met = condition_of(job_, "SuccessCriteriaMet")) {
      finish_ = {true, text_at(*met, "reason"), text_at(*met, "message")};
      return;
    }
    if (const auto* target = condition_of(job_, "FailureTarget")) {
      finish_
          = {false, text_at(*target, "reason"), text_at(*target, "message")};
      return;
    }
    if (failures_ > integer_at(job_, "spec", "backoffLimit").value_or(6)) {
      finish_ = {false, "BackoffLimitExceeded",
                 "Job has reached the specified backoff limit"};
      return;
    }
    auto deadline = integer_at(job_, "spec", "activeDeadlineSeconds");
    auto start = instant_at(job_, "status", "startTime");
    if (!deadline || !start || suspended())
      return;
    if (now_ >= *start + seconds{*deadline})
      finish_ = {false, "DeadlineExceeded",
                 "Job was active longer than specified deadline"};
    else
      look_at(*start + seconds{*deadline});
  }

  /// Deletes the running pods; those of a failed Job keep the finalizer until
  /// they are counted.
  void delete_active(bool keep_finalizer) {
    for (auto& pod : pods_) {
      if (has_ended(pod) || is_deleting(pod))
        continue;
      if (!keep_finalizer) {
        release_pod(view_, pod);
        list(pod, {"metadata", "finalizers"}).clear();
      }
      auto gone = view_.remove(resources::pods, key_of(pod));
      if (!gone && gone.status != 404) {
        failed_ = true;
        continue;
      }
      say("Normal", "SuccessfulDelete", "Deleted pod: " + key_of(pod).name);
      --active_;
      if (has_condition(pod, "Ready"))
        --ready_;
      // A pod that nobody started is gone at once.
      if (view_.get(resources::pods, key_of(pod)))
        ++terminating_;
    }
  }

  void manage() {
    auto managed = !is_deleting(job_);
    if (managed && suspended())
      delete_active(false);
    else if (managed)
      start_pods();
    auto completions = integer_at(job_, "spec", "completions");
    if (succeeded_ >= completions.value_or(1) && active_ == 0) {
      finish_ = {true, "CompletionsReached",
                 "Reached expected number of succeeded pods"};
      return;
    }
    if (!managed)
      return;
    if (suspended()) {
      if (set_condition(job_,
                        {"Suspended", true, "JobSuspended", "Job suspended"},
                        now_)) {
        say("Normal", "Suspended", "Job suspended");
        // Before 1.36 the time stays, and with it the template is fixed.
        if (view_.server().minor() >= 36)
          drop(job_, {"status", "startTime"});
      }
    } else if (set_condition(job_,
                             {"Suspended", false, "JobResumed", "Job resumed"},
                             now_)) {
      say("Normal", "Resumed", "Job resumed");
      field(job_, {"status", "startTime"}) = to_rfc3339(now_);
    }
  }

  void start_pods() {
    auto parallelism = integer_at(job_, "spec", "parallelism").value_or(1);
    auto left
        = integer_at(job_, "spec", "completions").value_or(1) - succeeded_;
    auto wanted = std::max<std::int64_t>(0, std::min(parallelism, left));
    wanted -= active_;
    if (only_replaces_ended())
      wanted -= terminating_;
    if (wanted <= 0)
      return;
    if (backoff_.failures > 0) {
      auto doublings = std::min<std::int64_t>(backoff_.failures - 1, 6);
      auto rest = std::min(longest_backoff, first_backoff * (1 << doublings));
      if (auto allowed = backoff_.last_failure + rest; now_ < allowed) {
        look_at(allowed);
        return;
      }
    }
    for (; wanted > 0; --wanted)
      start_pod();
  }

  /// The admission that every real server has: no pod without its account.
  std::string missing_account() const {
    auto account
        = text_at(job_, "spec", "template", "spec", "serviceAccountName");
    object_key key{key_of(job_).ns, account};
    if (account.empty() || account == "default"
        || view_.get(resources::service_accounts, key))
      return {};
    return fmt::format("pods \"{}-\" is forbidden: error looking up service "
                       "account {}: serviceaccount \"{}\" not found",
                       key_of(job_).name, to_string(key), account);
  }

  void start_pod() {
    auto refused = missing_account();
    if (refused.empty()) {
      auto made = view_.create(resources::pods, pod_of(job_));
      if (made) {
        say("Normal", "SuccessfulCreate", "Created pod: " + key_of(*made).name);
        ++active_;
        return;
      }
      refused = made.message();
    }
    say("Warning", "FailedCreate", "Error creating: " + refused);
    failed_ = true;
  }

  /// Counts ended pods in the order that survives a crash: note them, let
  /// them go, then add them up and give the verdict.
  void track() {
    auto& uncounted = field(job_, {"status", "uncountedTerminatedPods"});
    if (!uncounted.is_object())
      uncounted = json::object{};
    std::vector<const json::value*> counted;
    for (auto& pod : pods_)
      if (has_finalizer(pod, job_tracking_finalizer) && note_end(pod))
        counted.push_back(&pod);
    if (finish_)
      set_condition(job_,
                    {finish_->good ? "SuccessCriteriaMet" : "FailureTarget",
                     true, finish_->reason, finish_->message},
                    now_);
    if (!write())
      return;
    stored_backoff_ = backoff_;
    for (const auto* pod : counted)
      release_pod(view_, *pod);
    add_up("succeeded");
    add_up("failed");
    auto finished = finish_ && terminating_ == 0;
    if (finished)
      set_condition(job_,
                    {finish_->good ? "Complete" : "Failed", true,
                     finish_->reason, finish_->message},
                    now_);
    if (finished && finish_->good)
      field(job_, {"status", "completionTime"}) = to_rfc3339(now_);
    if (!write() || !finished)
      return;
    if (finish_->good)
      say("Normal", "Completed", "Job completed");
    else
      say("Warning", finish_->reason, finish_->message);
  }

  /// Puts a pod on the list of uncounted ones; false: it is too early.
  bool note_end(const json::value& pod) {
    auto bad = counts_as_failed(pod);
    if (phase_of(pod) == "Succeeded")
      list(job_, {"status", "uncountedTerminatedPods", "succeeded"})
          .push_back(json::string{uid_of(pod)});
    else if (bad || (finish_ && !finish_->good))
      list(job_, {"status", "uncountedTerminatedPods", "failed"})
          .push_back(json::string{uid_of(pod)});
    else
      return is_deleting(job_) || finish_.has_value();
    return true;
  }

  void add_up(std::string_view which) {
    auto noted = items_at(job_, "status", "uncountedTerminatedPods", which);
    if (noted.empty())
      return;
    auto before = integer_at(job_, "status", which).value_or(0);
    field(job_, {"status", which})
        = before + static_cast<std::int64_t>(noted.size());
    drop(job_, {"status", "uncountedTerminatedPods", which});
  }

  bool write() {
    if (job_ == before_)
      return true;
    auto written = view_.update_status(resources::jobs, job_);
    if (!written) {
      failed_ = true;
      return false;
    }
    job_ = *written;
    before_ = job_;
    return true;
  }

  store& view_;
  instant now_;
  json::value job_;
  json::value before_;
  pod_backoff& stored_backoff_;
  pod_backoff backoff_;
  std::vector<json::value> pods_;
  std::int64_t active_ = 0;
  std::int64_t ready_ = 0;
  std::int64_t terminating_ = 0;
  std::int64_t succeeded_ = 0;
  std::int64_t failures_ = 0;
  std::optional<verdict> finish_;
  std::optional<instant> again_;
  bool failed_ = false;
};

} // namespace

job_answer sync_job(store& view, const json::value& job, pod_backoff& backoff) {
  return job_sync{view, job, backoff}.run();
}

} // namespace holystone::simulator
