#include "actors/view_json.hpp"

#include "scheduler/claim_status.hpp"

#include <algorithm>

namespace holystone::actors {

namespace json = boost::json;

namespace {

json::value time(const std::optional<instant>& at) {
  return at ? json::value(to_rfc3339(*at)) : json::value(nullptr);
}

std::string_view word_for(job_state state) {
  switch (state) {
    case job_state::waiting:
      return "waiting";
    case job_state::running:
      return "running";
    case job_state::complete:
      return "complete";
    case job_state::failed:
      break;
  }
  return "failed";
}

json::object claim_json(const repository_view& view, const claimant& who) {
  const auto* winner = winner_of(view.facts);
  // The settings of a claim that runs by hand say when it would run else.
  auto when = [&](const std::string& text) {
    return is_scheduled(who.wish) ? text : std::string{};
  };
  const auto& settings = who.wish.settings;
  json::object shown{{"claim", to_string(who.wish.who)},
                     {"secret", to_string(who.wish.secret)},
                     {"schedule", when(settings.schedule)},
                     {"quickSchedule", when(settings.quick_schedule)},
                     {"timeZone", when(settings.time_zone)},
                     {"created", to_rfc3339(who.wish.created)},
                     {"wins", winner && winner->wish.who == who.wish.who}};
  if (who.status) {
    shown["reason"] = who.status->reason;
    shown["message"] = who.status->message;
  }
  return shown;
}

/// How large the run of a Job found the repository, as long as its pod is
/// there.
json::value size_found_by(const repository_facts& facts, const job_fact& job) {
  for (const auto& pod : facts.pods)
    if (pod.job == job.uid && pod.outcome && pod.outcome->extent.bytes)
      return *pod.outcome->extent.bytes;
  return nullptr;
}

json::array jobs_json(const repository_facts& facts) {
  json::array shown;
  for (const auto& job : facts.jobs)
    shown.push_back({{"name", to_string(job.key)},
                     {"state", word_for(job.state)},
                     {"kind", to_string(job.kind)},
                     {"created", to_rfc3339(job.created)},
                     {"slot", time(job.slot)},
                     {"started", time(job.started)},
                     {"finished", time(job.finished)},
                     {"reason", job.reason},
                     {"bytes", size_found_by(facts, job)}});
  return shown;
}

std::string_view word_for(place seat) {
  switch (seat) {
    case place::wanted:
      return "waits";
    case place::taken:
      return "taken";
    case place::none:
      break;
  }
  return "none";
}

/// The Jobs that wait, in the order of their creation.
json::array queue_json(const repository_facts& facts) {
  std::vector<const job_fact*> waiting;
  for (const auto& job : facts.jobs)
    if (job.state == job_state::waiting)
      waiting.push_back(&job);
  std::ranges::sort(waiting, {}, [](const job_fact* job) {
    return std::pair{job->created, job->key};
  });
  json::array shown;
  for (const auto* job : waiting)
    shown.push_back({{"job", to_string(job->key)},
                     {"since", to_rfc3339(job->slot.value_or(job->created))}});
  return shown;
}

json::object lease_json(const lease_fact& lease) {
  return {{"held", static_cast<bool>(lease.holder)},
          {"job", lease.holder ? json::value(to_string(lease.holder_job))
                               : json::value(nullptr)},
          {"acquired", time(lease.acquired)},
          {"until", time(lease.deadline)}};
}

json::object ledger_json(const ledger& known) {
  return {{"lastSuccessStarted", time(known.success_started)},
          {"lastSuccessEnded", time(known.success_ended)},
          {"failures", known.failures},
          {"lastFailure", known.failure_message},
          {"repositoryUniqueId", known.unique_id},
          {"bytes", known.extent.bytes ? json::value(*known.extent.bytes)
                                       : json::value(nullptr)}};
}

json::array next_runs_json(const repository_view& view) {
  json::array shown;
  for (const auto& at : view.next_runs)
    shown.push_back(json::string(to_rfc3339(at)));
  return shown;
}

json::array notices_json(const registry_view& view) {
  json::array shown;
  for (const auto& text : view.notices)
    shown.push_back(json::string(text));
  return shown;
}

} // namespace

json::value to_json(const std::vector<actor_view>& actors,
                    const registry_view& registry) {
  json::array shown;
  for (const auto& actor : actors)
    shown.push_back({{"name", actor.name},
                     {"parent", actor.parent},
                     {"state", actor.is_up ? "up" : "restarting"},
                     {"restarts", actor.restarts},
                     {"mailbox", actor.mailbox ? json::value(*actor.mailbox)
                                               : json::value(nullptr)}});
  for (const auto& one : registry.repositories)
    shown.push_back({{"name", one.hash.empty() ? std::string{"lobby"}
                                               : "repository/" + one.hash},
                     {"parent", "registry"},
                     {"state", one.is_up ? "up" : "restarting"},
                     {"restarts", one.restarts},
                     {"mailbox", nullptr}});
  return {{"actors", std::move(shown)}, {"notices", notices_json(registry)}};
}

json::object brief_json(const repository_view& view) {
  const auto& facts = view.facts;
  const auto* winner = winner_of(facts);
  std::size_t waiting = 0;
  for (const auto& job : facts.jobs)
    waiting += job.state == job_state::waiting ? 1 : 0;
  return {{"hash", facts.id.hex},
          {"location", facts.location},
          {"winner", winner ? json::value(to_string(winner->wish.who))
                            : json::value(nullptr)},
          {"claims", facts.claimants.size()},
          {"schedule", facts.cron_jobs.full.schedule},
          {"quickSchedule", facts.cron_jobs.quick.schedule},
          {"timeZone", facts.cron_jobs.full.time_zone},
          {"suspended", facts.cron_jobs.full.suspend},
          {"running", static_cast<bool>(facts.lease.holder)},
          {"waiting", waiting},
          {"conflict", facts.cron_jobs.full.conflict},
          {"lastSuccess", time(facts.lease.known.success_ended)},
          {"failures", facts.lease.known.failures},
          {"nextRuns", next_runs_json(view)},
          {"reason",
           view.reason.empty() ? failures_of(facts.lease.known) : view.reason}};
}

json::object to_json(const repository_view& view) {
  const auto& facts = view.facts;
  auto shown = brief_json(view);
  json::array claims;
  for (const auto& who : facts.claimants)
    claims.push_back(claim_json(view, who));
  json::array copies;
  for (const auto& copy : facts.copies)
    copies.push_back({{"name", to_string(copy.key)},
                      {"source", to_string(copy.source.key)}});
  json::object troubles;
  for (const auto& [subject, what] : view.troubles)
    troubles[subject] = what.message;
  shown["claimants"] = std::move(claims);
  shown["copies"] = std::move(copies);
  shown["jobs"] = jobs_json(facts);
  shown["lease"] = lease_json(facts.lease);
  shown["history"] = ledger_json(facts.lease.known);
  shown["queue"] = queue_json(facts);
  shown["place"] = word_for(view.seat);
  shown["writing"] = view.writing;
  shown["troubles"] = std::move(troubles);
  shown["leading"] = view.leading;
  shown["mailbox"] = view.mailbox;
  return shown;
}

json::object why_json(const repository_view& view, const explanation& found) {
  const auto& facts = view.facts;
  return {{"why", found.why},
          {"since", time(found.since)},
          {"repository", facts.id.hex},
          {"location", facts.location},
          {"lastSuccess", time(facts.lease.known.success_ended)},
          {"nextRuns", next_runs_json(view)}};
}

json::object readiness_json(const registry_view& view) {
  json::array missing;
  for (const auto& kind : view.missing)
    missing.push_back(json::string(kind));
  return {{"ready", view.synced},
          {"waitsFor", std::move(missing)},
          {"notices", notices_json(view)}};
}

} // namespace holystone::actors
