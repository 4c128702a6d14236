#pragma once

// One location with its Jobs, pods and Lease, for tests of a single admission.
// Stories over time are told on `little_cluster`.

#include "scheduler/admission.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <chrono>

namespace holystone::test::one_location {

using namespace scheduler;
using namespace std::chrono_literals;

inline const instant now = *parse_rfc3339("2026-11-21T02:00:10Z");

inline job_fact a_job(std::string uid, job_state state = job_state::waiting) {
  job_fact job;
  job.key = {"volsync-system", "job-" + uid};
  job.uid = {std::move(uid)};
  job.version = {"7"};
  job.created = now - 10s;
  job.state = state;
  job.location = "here";
  job.template_digest = "t1";
  return job;
}

inline job_fact scheduled(job_fact job, instant slot = now - 10s) {
  job.slot = slot;
  return job;
}

inline pod_fact a_pod(std::string job, bool bound = true, bool ended = false) {
  pod_fact pod;
  pod.key = {"volsync-system", "pod-of-" + job};
  pod.uid = {"p-" + job};
  pod.job = {std::move(job)};
  pod.bound = bound;
  pod.ended = ended;
  return pod;
}

/// What is known of one location, and the question.
struct place {
  std::vector<job_fact> jobs;
  std::vector<pod_fact> pods;
  lease_fact lease;
  std::string digest = "t1";
  std::string quick_digest = "t1";
  std::optional<instant> since{};
  seconds interval{0};
  object_uid never_resumed{};
  bool granted = true;
  run_limits limits{};
  std::vector<std::string> blocked{};
  std::optional<std::int64_t> holder_pods{};
  std::optional<injection> injected{};

  place& held_by(const std::string& uid) {
    lease.exists = true;
    lease.key = {"volsync-system", "kopia-repository-0123"};
    lease.holder = {uid};
    lease.holder_job = {"volsync-system", "job-" + uid};
    lease.secret = "app/kopia@1";
    lease.deadline = now + limits.longest_possible() + 10min;
    return *this;
  }

  admission_step ask(instant at = now) const {
    admission_view view{jobs,
                        pods,
                        lease,
                        "here",
                        {digest, quick_digest},
                        {since, since},
                        interval,
                        never_resumed,
                        granted,
                        "app/kopia@1",
                        limits};
    view.blocked = [this](const std::string& subject) {
      return std::ranges::count(blocked, subject) > 0;
    };
    view.holder_pods = holder_pods;
    view.injected = injected ? &*injected : nullptr;
    return admit(view, at);
  }
};

template <class T>
inline std::string uid_in(const admission_step& step) {
  const auto* found = std::get_if<T>(&step);
  return found ? found->job.uid.value : "another step";
}

inline std::string reason_of(const admission_step& step) {
  if (const auto* waits = std::get_if<stand_by>(&step))
    return waits->reason;
  if (const auto* drop = std::get_if<drop_job>(&step))
    return drop->reason;
  return "another step";
}

inline bool releases(const admission_step& step) {
  return std::holds_alternative<release_lease>(step);
}

} // namespace holystone::test::one_location
