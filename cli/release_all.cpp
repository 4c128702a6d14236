#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <thread>
#include <vector>

#include "cli/commands.hpp"
#include "cli/leftovers.hpp"
#include "cli/release.hpp"
#include "k8s_io/job_requests.hpp"
#include "k8s_io/leader_lease.hpp"
#include "scheduler/observed_lease.hpp"

namespace holystone::cli {

namespace {

using namespace k8s_io;
namespace json = boost::json;

constexpr std::chrono::seconds pause{1};

scheduler::steady_instant steady_now() {
  return std::chrono::floor<std::chrono::milliseconds>(
      std::chrono::steady_clock::now());
}

instant wall_now() {
  return std::chrono::floor<seconds>(std::chrono::system_clock::now());
}

std::string name_of(const leftover& what) {
  return fmt::format("{} {}", what.kind.kind, to_string(what.key));
}

/// The operator's Lease, once it is certain that nobody leads; null when there
/// is none. An error when somebody does.
result<json::value> find_free_lease(cluster& api, const std::string& ns) {
  scheduler::observed_lease seen;
  for (;;) {
    auto object = api.get(resources::leases, {ns, std::string{leader_lease}});
    if (!object)
      return object.why();
    if (object->is_null())
      return object;
    auto record = read_record(*object);
    auto holder = record.holder;
    auto now = steady_now();
    if (seen.note(std::move(record), now) && !holder.empty())
      return error{fmt::format(
          "the operator leads ({0} renews Lease {1}/{2}) and would make "
          "everything anew; first scale its Deployment in namespace {1} to 0 "
          "replicas",
          holder, ns, leader_lease)};
    if (holder.empty() || now >= seen.expiry(pause))
      return object;
    std::this_thread::sleep_for(pause);
  }
}

void show(const leftovers& found) {
  auto list = [](const auto& all) {
    for (const auto& one : all)
      fmt::print("{}\n", name_of(one));
  };
  list(found.cron_jobs);
  list(found.jobs);
  list(found.pods);
  list(found.leases);
  list(found.copies);
  list(found.accounts);
  for (const auto& text : found.running)
    fmt::print("waits for its end: {}\n", text);
}

/// Removes what can be removed; one round of it.
class sweep {
public:
  sweep(cluster& api, const leftovers& found) : api_(api), found_(found) {
    // nop
  }

  /// No Job is made any more, and none that waits will run.
  void halt() {
    for (const auto& cron_job : found_.cron_jobs)
      if (!cron_job.is_suspended)
        suspend(cron_job);
    for (const auto& job : found_.jobs)
      if (job.fact.state == job_state::waiting && !job.fact.deleting)
        perform(job, k8s_io::remove(job.fact), "deleted; it had not begun");
  }

  /// What belongs to nothing that runs. A CronJob takes its Jobs along, so it
  /// goes only when all of them have ended.
  void clear() {
    for (const auto& cron_job : found_.cron_jobs)
      drop(cron_job, propagation::foreground);
    for (const auto& job : found_.jobs)
      if (!is_unfinished(job.fact) && !job.fact.deleting)
        drop(job, propagation::foreground);
    for (const auto& pod : found_.pods)
      if (std::ranges::none_of(found_.jobs, [&](const leftovers::job& job) {
            return job.fact.uid == pod.fact.job;
          }))
        drop(pod, propagation::background);
    for (const auto& lease : found_.leases)
      drop(lease, propagation::background);
    for (const auto& copy : found_.copies)
      drop(copy, propagation::background);
    if (found_.busy.empty())
      for (const auto& account : found_.accounts)
        drop(account, propagation::background);
  }

  const std::optional<error>& why() const {
    return why_;
  }

private:
  void suspend(const leftover& cron_job) {
    request what;
    what.what = verb::merge_patch;
    what.kind = cron_job.kind;
    what.ns = cron_job.key.ns;
    what.name = cron_job.key.name;
    what.body = json::serialize(
        json::object{{"metadata", {{"uid", cron_job.uid.value}}},
                     {"spec", {{"suspend", true}}}});
    perform(cron_job, what, "suspended");
  }

  /// In the version that was seen: it may have begun to run.
  void drop(const leftover& what, propagation dependents) {
    if (!found_.is_busy(what))
      perform(what,
              remove(what.kind, what.key, what.uid, what.version, dependents),
              "deleted");
  }

  void perform(const leftover& what, const request& call,
               std::string_view done) {
    if (why_)
      return;
    auto is_done = api_.change(call);
    if (!is_done)
      why_ = is_done.why();
    else if (*is_done)
      fmt::print("{} is {}.\n", name_of(what), done);
  }

  cluster& api_;
  const leftovers& found_;
  std::optional<error> why_;
};

/// Round after round, until nothing is left or the time is over.
int withdraw(cluster& api, const withdrawal& how) {
  const auto until = steady_now() + how.timeout;
  for (auto rounds = 0;; ++rounds) {
    auto found = find_leftovers(api, how.ns, wall_now());
    if (!found)
      return fail(found.why().message);
    if (found->count() == 0)
      return exit_done;
    sweep round{api, *found};
    round.halt();
    // What was made before the CronJobs were halted shows in the next list.
    if (rounds > 0)
      round.clear();
    if (round.why())
      return fail(round.why()->message);
    if (rounds > 1 && steady_now() >= until) {
      for (const auto& text : found->running)
        fmt::print(stderr, "still there: {}\n", text);
      return fail(fmt::format(
          "{} objects are left, their CronJobs are suspended; run it again "
          "when nothing of them runs any more",
          found->count()));
    }
    if (rounds > 0)
      std::this_thread::sleep_for(pause);
  }
}

/// Says that all is gone, unless there is something like it elsewhere.
int conclude(cluster& api, const std::string& ns) {
  auto others = find_other_homes(api, ns);
  if (!others)
    return fail(others.why().message);
  for (const auto& other : others->namespaces)
    fail(fmt::format("nothing of ours is in namespace {0}, but there are "
                     "Leases like ours in {1}: holystone release --all "
                     "--namespace {1}",
                     ns, other));
  if (!others->namespaces.empty())
    return exit_failed;
  fmt::print("Nothing of ours is left{}. What the fork needs is its "
             "Deployment; caches and conditions stay.\n",
             others->hidden.empty()
                 ? ""
                 : fmt::format(" in namespace {}; nobody could look into "
                               "others ({})",
                               ns, others->hidden));
  return exit_done;
}

} // namespace

int release_all(cluster& api, const withdrawal& how) {
  auto lease = find_free_lease(api, how.ns);
  if (!lease)
    return fail(lease.why().message);
  auto found = find_leftovers(api, how.ns, wall_now());
  if (!found)
    return fail(found.why().message);
  if (found->count() > 0 && !how.is_sure) {
    show(*found);
    fmt::print(
        "Nothing was changed: --yes deletes these {} objects. Caches and "
        "conditions stay.\n",
        found->count());
    return exit_done;
  }
  if (auto status = withdraw(api, how); status != exit_done)
    return status;
  lease = find_free_lease(api, how.ns);
  if (!lease)
    return fail(lease.why().message);
  if (!lease->is_null() && how.is_sure) {
    auto meta = read_meta(*lease);
    auto gone = api.change(remove(resources::leases, meta.key, meta.uid,
                                  meta.version, propagation::background));
    if (!gone)
      return fail(gone.why().message);
  }
  return conclude(api, how.ns);
}

} // namespace holystone::cli
