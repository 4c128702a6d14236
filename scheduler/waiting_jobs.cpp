#include "scheduler/waiting_jobs.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace holystone::scheduler {

namespace {

/// The usual way from a Job's creation to its run takes less, and so does the
/// one from a reason that is about to end to the next.
constexpr seconds not_worth_a_word{10};

bool waits(const repository_facts& facts, const job_fact& job) {
  return job.ours && job.state == job_state::waiting && !job.deleting
         && job.uid != facts.lease.holder
         && facts.cron_jobs[job.kind].holds_jobs;
}

} // namespace

waiting_jobs::word waiting_jobs::tell(const repository_facts& facts,
                                      const std::string& reason, instant now) {
  word said;
  std::erase_if(told_, [&](const auto& one) {
    return std::ranges::none_of(facts.jobs, [&](const job_fact& job) {
      return job.uid == one.first && waits(facts, job);
    });
  });
  if (reason_ != reason) {
    reason_ = reason;
    since_ = now;
  }
  if (reason.empty())
    return said;
  for (const auto& job : facts.jobs) {
    if (!waits(facts, job))
      continue;
    auto& last = told_[job.uid];
    if (last == reason)
      continue;
    auto due = std::max(job.created, since_) + not_worth_a_word;
    if (now < due) {
      said.again = std::min(said.again.value_or(due), due);
      continue;
    }
    last = reason;
    said.notes.push_back(
        {job.key, job.uid, false, "Waiting",
         fmt::format("Waits for its turn: {}. It starts by itself; leave its "
                     "spec.suspend to holystone.",
                     reason)});
  }
  return said;
}

} // namespace holystone::scheduler
