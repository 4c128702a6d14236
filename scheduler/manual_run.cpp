#include "scheduler/manual_run.hpp"

#include "scheduler/object_names.hpp"
#include "scheduler/run_end.hpp"
#include "scheduler/wanted_jobs.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace holystone::scheduler {

namespace {

/// The reason of a run whose Job vanished, so that nobody knows how it ended.
constexpr auto lost = "Unknown";

bool is_maintenance(const claimant& who) {
  return who.wish.who.kind == claim_kind::kopia_maintenance;
}

bool is_of(const job_fact& job, const claimant& who) {
  return job.manual && job.manual->maintenance == who.wish.uid
         && job.key.ns == who.wish.who.object.ns;
}

const job_fact* find_job(const repository_facts& facts, const object_key& key) {
  auto i = std::ranges::find(facts.jobs, key, &job_fact::key);
  return i == facts.jobs.end() ? nullptr : &*i;
}

/// Until when the ledger is waited for, because it knows how a run ended.
instant patience_with(const job_fact& job) {
  return job.finished.value_or(job.created) + patience_with_news;
}

/// Has the Job ended, and is it in the ledger? Not if its pods are silent, but
/// that is no reason to keep its end from its user for hours.
bool is_over(const repository_facts& facts, const job_fact& job, instant now) {
  return job.finished
         && (facts.lease.holder != job.uid || now >= patience_with(job));
}

/// The status of a KopiaMaintenance as it is now.
standalone_status told(const claimant& who) {
  return who.status && who.status->standalone ? *who.status->standalone
                                              : standalone_status{};
}

/// A result that was written by a clock that was ahead tells of its own Job
/// only, or every later one would be made again and again.
bool is_told(const standalone_status& status, const job_fact& job,
             instant now) {
  const auto& last = status.last_manual_result;
  if (!last || !is_credible(last->finished, now))
    return last && *job.finished == last->finished;
  return *job.finished <= last->finished;
}

/// Why a run failed, in one word: the ledger's class of failure, or else what
/// the Job controller says.
std::string reason_of(const ledger& known, const object_uid& job,
                      const std::string& otherwise) {
  auto is_known = known.counted == job && known.failure != failure_class::none
                  && known.failure != failure_class::unknown;
  return is_known ? std::string{to_string(known.failure)} : otherwise;
}

/// The Job that ended last, unless the status tells of it already.
std::optional<manual_result> end_of_job(const repository_facts& facts,
                                        const claimant& who, instant now) {
  const job_fact* last = nullptr;
  for (const auto& job : facts.jobs)
    if (is_of(job, who) && is_over(facts, job, now)
        && (!last || *last->finished < *job.finished))
      last = &job;
  if (!last || is_told(told(who), *last, now))
    return std::nullopt;
  auto is_good = last->state == job_state::complete;
  return manual_result{
      last->manual->tag, is_good,
      is_good ? std::string{}
              : reason_of(facts.lease.known, last->uid,
                          last->reason.empty() ? lost : last->reason),
      *last->finished};
}

/// A tag whose Job waits still although another is asked for.
std::optional<manual_result> replaced_tag(const repository_facts& facts,
                                          const claimant& who) {
  const auto last = told(who).last_manual_result;
  for (const auto& job : facts.jobs) {
    if (!is_of(job, who) || job.state != job_state::waiting || job.deleting
        || job.manual->tag == who.wish.manual
        || (last && last->tag == job.manual->tag))
      continue;
    return manual_result{job.manual->tag, false, std::string{replaced_reason},
                         last ? std::max(last->finished, job.created)
                              : job.created};
  }
  return std::nullopt;
}

/// Is the tag that is asked for done, as far as this status tells? One that was
/// only replaced is not.
bool is_done(const standalone_status& status, const claim& wish) {
  const auto& last = status.last_manual_result;
  if (!last)
    return status.last_manual_sync == wish.manual;
  return last->tag == wish.manual && last->reason != replaced_reason;
}

/// Is the Lease held for the Job of the tag that is asked for?
bool holds_lease(const repository_facts& facts, const claim& wish) {
  return facts.lease.holder && facts.lease.holder_job == manual_job_key(wish);
}

/// A Job that ran, as the status says, and is gone without our having seen its
/// end; the ledger may have.
std::optional<manual_result> vanished_run(const repository_facts& facts,
                                          const claimant& who, instant now) {
  const auto& wish = who.wish;
  if (is_scheduled(wish) || !who.status || who.status->reason != "ManualRunning"
      || who.status->observed_generation != wish.generation
      || is_done(told(who), wish) || find_job(facts, manual_job_key(wish))
      || holds_lease(facts, wish))
    return std::nullopt;
  const auto& known = facts.lease.known;
  const auto& gone = facts.gone_holder.uid;
  if (!gone || known.counted != gone || !known.counted_at)
    return manual_result{wish.manual, false, lost, now};
  auto is_good = known.failures == 0;
  return manual_result{wish.manual, is_good,
                       is_good ? std::string{} : reason_of(known, gone, lost),
                       *known.counted_at};
}

/// What the status does not tell yet, and must before a Job is made or goes.
std::optional<manual_result> news_of(const repository_facts& facts,
                                     const claimant& who, instant now) {
  if (auto ended = end_of_job(facts, who, now))
    return ended;
  if (auto vanished = vanished_run(facts, who, now))
    return vanished;
  return replaced_tag(facts, who);
}

manual_state state_of(const repository_facts& facts, const claimant& who,
                      const standalone_status& status, instant now) {
  const auto& wish = who.wish;
  if (is_done(status, wish))
    return status.last_manual_result && !status.last_manual_result->succeeded
               ? manual_state::failed
               : manual_state::succeeded;
  const auto* job = find_job(facts, manual_job_key(wish));
  auto runs = job ? is_of(*job, who)
                        && (job->state == job_state::running
                            || (job->finished && !is_over(facts, *job, now)))
                  : holds_lease(facts, wish)
                        && facts.never_resumed != facts.lease.holder;
  return runs ? manual_state::running : manual_state::pending;
}

/// Why a Job that waits goes; empty: it stays.
std::string why_dropped(const admission_view& view, const claimant& who,
                        const job_fact& job, const manual_order* order) {
  if (job.manual->tag != who.wish.manual)
    return "another tag is asked for";
  if (who.wish.settings.suspend)
    return "spec.suspend is true; the tag stays pending";
  if (is_done(told(who), who.wish))
    return "its tag is done";
  if (!order)
    return {};
  if (is_outdated(view, job) || (!order->wanted.holds_jobs && job.held))
    return "it was made from a template that is not wanted any more; it is "
           "made anew";
  return {};
}

/// Jobs that ended and are more than their KopiaMaintenance keeps, the oldest
/// first.
void trim(const repository_facts& facts, const claimant& who, job_state state,
          int limit, instant now, std::vector<repository_action>& steps) {
  const auto status = told(who);
  std::vector<const job_fact*> ended;
  for (const auto& job : facts.jobs)
    if (is_of(job, who) && job.state == state && job.finished && !job.deleting
        && job.uid != facts.lease.holder && is_told(status, job, now))
      ended.push_back(&job);
  std::ranges::sort(ended, {},
                    [](const job_fact* job) { return *job->finished; });
  auto kept = static_cast<std::size_t>(std::max(limit, 0));
  for (std::size_t i = 0; i + kept < ended.size(); ++i)
    steps.push_back(drop_job{*ended[i], "its history limit is reached"});
}

/// All that is to be done for one KopiaMaintenance.
void add_steps(const repository_facts& facts, const claimant& who,
               const manual_order* order, const admission_view& view,
               instant now, std::vector<repository_action>& steps) {
  for (const auto& job : facts.jobs)
    if (is_of(job, who) && job.state == job_state::waiting && !job.deleting)
      if (auto why = why_dropped(view, who, job, order); !why.empty())
        steps.push_back(drop_job{job, why});
  const auto& settings = who.wish.settings;
  trim(facts, who, job_state::complete, settings.successful_jobs_history_limit,
       now, steps);
  trim(facts, who, job_state::failed, settings.failed_jobs_history_limit, now,
       steps);
  if (!order)
    return;
  const auto* job = find_job(facts, order->wanted.key);
  // What nobody owns stays in the way; an attempt says so to the user.
  auto is_in_way = job && job->ours && job->finished
                   && !(job->manual && job->manual->maintenance);
  if ((!job || is_in_way) && !holds_lease(facts, who.wish))
    steps.push_back(make_job{order->wanted});
  else if (job && is_of(*job, who) && job->finished && !job->deleting
           && job->uid != facts.lease.holder)
    steps.push_back(drop_job{*job, "its tag came back and is run anew"});
}

} // namespace

object_key manual_job_key(const claim& wish) {
  return {wish.who.object.ns, manual_job_name(wish.who.object, wish.manual)};
}

manual_account manual_account_of(const repository_facts& facts,
                                 const claimant& who, instant now) {
  auto status = told(who);
  if (auto news = news_of(facts, who, now)) {
    if (news->succeeded)
      status.last_manual_sync = news->tag;
    status.last_manual_result = std::move(news);
  }
  manual_account runs;
  if (!is_scheduled(who.wish))
    runs.state = state_of(facts, who, status, now);
  runs.last_sync = std::move(status.last_manual_sync);
  runs.last_result = std::move(status.last_manual_result);
  for (const auto& job : facts.jobs)
    if (is_of(job, who) && job.finished && !is_over(facts, job, now))
      runs.look_again = earlier(runs.look_again, patience_with(job));
  return runs;
}

std::string manual_words(const claim& wish, const manual_account& runs) {
  auto job = to_string(manual_job_key(wish));
  switch (runs.state) {
    case manual_state::pending:
      return fmt::format("Manual run '{}' waits for its turn, as Job {}.",
                         wish.manual, job);
    case manual_state::running:
      return fmt::format("Manual run '{}' runs as Job {}.", wish.manual, job);
    case manual_state::succeeded:
      return fmt::format("Manual run '{}' succeeded. Another value of "
                         "spec.trigger.manual starts another.",
                         wish.manual);
    case manual_state::failed:
      break;
  }
  const auto& reason = runs.last_result->reason;
  auto why = parse_failure_class(reason);
  auto cause = reason == lost ? std::string{"nobody saw how its Job ended."}
               : why == failure_class::unknown
                   ? "its Job says why."
                   : fmt::format("{} {}", sentence_of(why), hint_of(why));
  return fmt::format("Manual run '{}' failed ({}): {} Another value of "
                     "spec.trigger.manual starts another.",
                     wish.manual, reason, cause);
}

std::vector<manual_order> manual_orders(const repository_facts& facts,
                                        const repository_policy& policy,
                                        instant now) {
  std::vector<manual_order> orders;
  for (const auto& who : facts.claimants) {
    const auto& wish = who.wish;
    if (is_scheduled(wish) || wish.defect || wish.settings.suspend
        || is_done(told(who), wish) || news_of(facts, who, now))
      continue;
    if (auto wanted = wanted_manual_job(facts, policy, wish, now)) {
      auto digest = policy.digests(*wanted).job_template;
      orders.push_back({&who, std::move(*wanted), std::move(digest)});
    }
  }
  return orders;
}

std::vector<manual_terms> terms_for(const repository_facts& facts,
                                    const std::vector<manual_order>& orders) {
  std::vector<manual_terms> all;
  for (const auto& order : orders) {
    const auto& wish = order.who->wish;
    all.push_back(
        {order.wanted.key, wish.uid, order.template_digest, secret_used(wish),
         depends_on_policy(facts, wish) ? &wish.seen_volumes : nullptr});
  }
  return all;
}

std::vector<repository_action>
manual_steps(const repository_facts& facts,
             const std::vector<manual_order>& orders,
             const admission_view& view, instant now) {
  std::vector<repository_action> steps;
  for (const auto& who : facts.claimants) {
    if (!is_maintenance(who) || news_of(facts, who, now))
      continue;
    auto order = std::ranges::find(orders, &who, &manual_order::who);
    add_steps(facts, who, order == orders.end() ? nullptr : &*order, view, now,
              steps);
  }
  // Also where nobody has a say any more, as one has not that is disabled.
  for (const auto* all : {&facts.jobs, &facts.strange_jobs})
    for (const auto& job : *all)
      if (job.manual && is_waiting(job) && !concerned(facts, job))
        steps.push_back(drop_job{job, "no KopiaMaintenance asks for it"});
  return steps;
}

bool is_manual_job(const repository_facts& facts, const object_key& job) {
  if (const auto* found = find_job(facts, job))
    return static_cast<bool>(found->manual);
  return std::ranges::any_of(facts.claimants, [&](const claimant& who) {
    return !is_scheduled(who.wish) && manual_job_key(who.wish) == job;
  });
}

const claimant* concerned(const repository_facts& facts, const job_fact& job) {
  if (!job.manual)
    return winner_of(facts);
  auto i = std::ranges::find_if(facts.claimants, [&](const claimant& who) {
    return is_maintenance(who) && is_of(job, who);
  });
  return i == facts.claimants.end() ? nullptr : &*i;
}

} // namespace holystone::scheduler
