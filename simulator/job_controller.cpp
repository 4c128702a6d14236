#include "simulator/job_controller.hpp"

#include "k8s_io/fields.hpp"
#include "simulator/job_pods.hpp"
#include "simulator/object_edit.hpp"

#include <algorithm>
#include <string_view>

namespace holystone::simulator {

namespace json = boost::json;
namespace resources = k8s_io::resources;
using k8s_io::instant_at;
using k8s_io::integer_at;
using k8s_io::items_at;
using k8s_io::text_at;

namespace {

/// How long a Job rests after a refused write, doubling from a second.
seconds rest_after(unsigned failures) {
  return std::min(seconds{60}, seconds{1 << std::min(failures - 1, 6U)});
}

/// When a finished Job got its last condition.
std::optional<instant> finished_at(const json::value& job) {
  for (auto type : {"Complete", "Failed"})
    if (has_condition(job, type))
      return instant_at(*condition_of(job, type), "lastTransitionTime");
  return std::nullopt;
}

} // namespace

job_controller::job_controller(api_server& server) : server_(server) {
  // nop
}

std::optional<instant> job_controller::step(instant now) {
  store view{server_, "kube-controller-manager", now, "job-controller"};
  notice_jobs(view);
  notice_pods(view);
  for (auto due = queue_.take(now); !due.empty(); due = queue_.take(now)) {
    for (auto& key : due)
      sync(view, key);
    notice_jobs(view);
    notice_pods(view);
  }
  return queue_.next();
}

void job_controller::notice_jobs(store& view) {
  bool relisted = false;
  for (auto& change : view.changes(resources::jobs, jobs_, &relisted)) {
    if (!change.deleted) {
      queue_.add(change.key, view.now());
      continue;
    }
    known_.erase(change.uid);
    for (auto& pod : view.owned_by(resources::pods, change.uid))
      release_pod(view, pod);
  }
  // Deletes may have been missed: their pods wait to be let go.
  if (relisted)
    for (auto& pod : view.list(resources::pods))
      notice_pod(view, pod);
}

void job_controller::notice_pods(store& view) {
  bool relisted = false;
  for (auto& change : view.changes(resources::pods, pods_, &relisted)) {
    if (auto job = job_of_pod_.find(change.uid); job != job_of_pod_.end()) {
      queue_.add(job->second, view.now());
      if (change.deleted)
        job_of_pod_.erase(job);
    }
    if (change.deleted)
      continue;
    if (auto pod = view.get(resources::pods, change.key))
      notice_pod(view, *pod);
  }
  // Pods may have gone unseen: their Jobs have to count again.
  if (relisted)
    for (auto& job : view.list(resources::jobs))
      queue_.add(key_of(job), view.now());
}

void job_controller::notice_pod(store& view, const json::value& pod) {
  const auto* owner = controller_of(pod);
  if (owner == nullptr) {
    if (!adopt(view, pod))
      release_pod(view, pod);
    return;
  }
  if (text_at(*owner, "kind") != "Job")
    return;
  object_key key{key_of(pod).ns, text_at(*owner, "name")};
  auto job = view.get(resources::jobs, key);
  if (!job || uid_of(*job) != text_at(*owner, "uid") || is_finished(*job)) {
    release_pod(view, pod);
    return;
  }
  job_of_pod_[uid_of(pod)] = key;
  queue_.add(key, view.now());
}

bool job_controller::adopt(store& view, const json::value& pod) {
  object_key key{key_of(pod).ns, text_at(pod, "metadata", "labels",
                                         "batch.kubernetes.io/job-name")};
  auto uid = text_at(pod, "metadata", "labels",
                     "batch.kubernetes.io/controller-uid");
  if (key.name.empty() || uid.empty() || is_deleting(pod))
    return false;
  auto job = view.get(resources::jobs, key);
  if (!job || uid_of(*job) != uid || is_deleting(*job) || is_finished(*job))
    return false;
  auto owners = items_at(pod, "metadata", "ownerReferences");
  owners.push_back(controller_reference(*job, "batch/v1", "Job"));
  auto finalizers = items_at(pod, "metadata", "finalizers");
  if (!has_finalizer(pod, job_tracking_finalizer))
    finalizers.push_back(json::string{job_tracking_finalizer});
  json::value patch = {{"metadata",
                        {{"uid", uid_of(pod)},
                         {"ownerReferences", owners},
                         {"finalizers", finalizers}}}};
  if (!view.patch(resources::pods, key_of(pod), patch))
    return false;
  job_of_pod_[uid_of(pod)] = key;
  queue_.add(key, view.now());
  return true;
}

void job_controller::sync(store& view, const object_key& key) {
  auto job = view.get(resources::jobs, key);
  if (!job)
    return;
  // Somebody else's to run (KEP-4368).
  auto manager = text_at(*job, "spec", "managedBy");
  if (!manager.empty() && manager != "kubernetes.io/job-controller")
    return;
  if (is_finished(*job)) {
    known_.erase(uid_of(*job));
    expire(view, *job);
    return;
  }
  auto& remembered = known_[uid_of(*job)];
  auto answer = sync_job(view, *job, remembered.backoff);
  if (answer.again)
    queue_.add(key, *answer.again);
  remembered.failures = answer.failed ? remembered.failures + 1 : 0;
  if (answer.failed)
    queue_.add(key, view.now() + rest_after(remembered.failures));
}

void job_controller::expire(store& view, const json::value& job) {
  auto ttl = integer_at(job, "spec", "ttlSecondsAfterFinished");
  auto end = finished_at(job);
  if (!ttl || !end || is_deleting(job))
    return;
  if (auto due = *end + seconds{*ttl}; view.now() < due) {
    queue_.add(key_of(job), due);
    return;
  }
  removal how;
  how.uid = uid_of(job);
  how.propagation = "Foreground";
  view.remove(resources::jobs, key_of(job), how);
}

} // namespace holystone::simulator
