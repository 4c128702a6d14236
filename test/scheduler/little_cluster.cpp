#include "little_cluster.hpp"

#include "scheduler/cron.hpp"
#include "scheduler/timeline.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>

namespace holystone::scheduler {

namespace {

const std::string ns = "volsync-system";
const repository_id here{"0123456789abcdef"};

std::string template_of(const cron_job_intent& wanted) {
  auto text = fmt::format("{}|{}|{}|{}|{}",
                          wanted.settings.deadline.value_or(seconds{0}).count(),
                          wanted.holds_jobs, to_string(wanted.kind),
                          to_string(wanted.winner), wanted.credentials);
  for (const auto& name : wanted.namespaces)
    text += "|" + name;
  return text;
}

} // namespace

seconds deadline_in(const std::string& template_digest) {
  return seconds{std::strtol(template_digest.c_str(), nullptr, 10)};
}

repository_policy policy_for(const little_cluster& cluster) {
  repository_policy policy;
  policy.operator_namespace = ns;
  policy.limits = cluster.limits;
  policy.admission = cluster.admission;
  policy.digests = [](const cron_job_intent& wanted) {
    return manifest_digests{wanted.schedule + "|" + wanted.settings.time_zone
                                + "|" + std::to_string(wanted.settings.suspend)
                                + "|" + to_rfc3339(wanted.effective_since) + "|"
                                + wanted.conflict + "|" + template_of(wanted),
                            template_of(wanted)};
  };
  return policy;
}

std::string little_cluster::next(std::string_view prefix) {
  return std::string{prefix} + std::to_string(++serial);
}

void little_cluster::claim(const std::string& who, const std::string& schedule,
                           const std::string& quick_schedule) {
  claimant c;
  c.wish.who = {claim_kind::replication_source, {who, "data"}};
  c.wish.uid = {next("u")};
  c.wish.created = now;
  c.wish.generation = 1;
  c.wish.secret = {who, "kopia"};
  c.wish.secret_uid = {next("u")};
  c.wish.secret_version = next("v");
  c.wish.settings.schedule = schedule;
  c.wish.settings.quick_schedule = quick_schedule;
  c.location_id = here;
  c.location = "{}";
  c.reached_by = reached_by;
  if (reached_by == reach::claim) {
    c.wish.volume = to_repository_volume({"disk", {}, {}, "/repository"},
                                         {who, "disk"}, pv_volume("u"));
  }
  claimants.push_back(c);
}

void little_cluster::claim_by_hand(const std::string& who,
                                   const std::string& tag) {
  claim(who, "0 2 * * *");
  auto& wish = claimants.back().wish;
  wish.who.kind = claim_kind::kopia_maintenance;
  wish.manual = tag;
}

void little_cluster::unclaim(const std::string& who) {
  // The garbage collector takes what a KopiaMaintenance owns.
  for (const auto& c : claimants)
    for (auto& [name, one] : jobs)
      if (c.wish.who.object.ns == who && one.fact.manual
          && one.fact.manual->maintenance == c.wish.uid)
        one.fact.deleting = true;
  std::erase_if(claimants,
                [&](const claimant& c) { return c.wish.who.object.ns == who; });
}

bool little_cluster::is_home(const std::string& where) const {
  return where.empty() || where == ns;
}

per_kind<cron_job_fact>&
little_cluster::cron_jobs_of(const std::string& where) {
  return is_home(where) ? cron_jobs : others[where].cron_jobs;
}

per_kind<std::string>& little_cluster::digests_of(const std::string& where) {
  return is_home(where) ? template_digests : others[where].template_digests;
}

std::vector<std::string> little_cluster::namespaces() const {
  std::vector<std::string> all{ns};
  for (const auto& [where, what] : others)
    all.push_back(where);
  return all;
}

std::string little_cluster::create_job(maintenance_kind kind,
                                       std::optional<instant> slot,
                                       bool from_cron_job,
                                       const std::string& where) {
  job made;
  made.fact.kind = kind;
  made.fact.key = {is_home(where) ? ns : where, next("job-")};
  made.fact.uid = {next("u")};
  touch(made.fact.version);
  made.fact.created = now;
  made.fact.slot = slot;
  made.fact.location = here.hex;
  made.fact.template_digest = digests_of(where)[kind];
  made.fact.deadline = deadline_in(made.fact.template_digest);
  made.from_cron_job = from_cron_job;
  if (!cron_jobs[kind].holds_jobs) {
    made.fact.state = job_state::running;
    made.fact.started = now;
    made.ticket = made.fact.uid.value;
  }
  auto name = made.fact.key.name;
  jobs.emplace(name, std::move(made));
  return name;
}

void little_cluster::pass(seconds time) {
  for (auto until = now + time; now < until; now += seconds{1})
    tick();
}

void little_cluster::tick() {
  if (now.time_since_epoch().count() % 10 == 0)
    for (const auto& where : namespaces())
      for (auto kind : maintenance_kinds)
        run_cron_job(kind, where);
  for (auto& [name, one] : jobs)
    run_job(one);
  for (auto& one : pods)
    run_pod(one);
  std::erase_if(jobs, [&](const auto& entry) {
    const auto& fact = entry.second.fact;
    return fact.deleting && !has_pods(fact.uid.value);
  });
  std::erase_if(pods,
                [](const pod& one) { return !one.exists && !one.running; });
  for (const auto& where : namespaces())
    for (auto kind : maintenance_kinds)
      if (auto& cron_job = cron_jobs_of(where)[kind];
          cron_job.deleting
          && std::ranges::none_of(jobs, [&](const auto& entry) {
               return entry.second.from_cron_job
                      && entry.second.fact.kind == kind
                      && entry.second.fact.key.ns == where;
             }))
        cron_job = {};
}

void little_cluster::delete_cron_job_of(maintenance_kind kind,
                                        const std::string& where) {
  auto& cron_job = cron_jobs_of(where)[kind];
  cron_job.deleting = true;
  touch(cron_job.version);
  for (auto& [name, one] : jobs)
    if (one.from_cron_job && one.fact.kind == kind
        && one.fact.key.ns == (is_home(where) ? ns : where))
      one.fact.deleting = true;
}

void little_cluster::run_cron_job(maintenance_kind kind,
                                  const std::string& where) {
  auto& cron_job = cron_jobs_of(where)[kind];
  if (!cron_job.exists || cron_job.deleting || cron_job.suspend)
    return;
  auto schedule = parse_cron(cron_job.schedule);
  auto zone = find_zone(cron_job.time_zone);
  auto slot = newest_slot(
      *schedule, *zone, cron_job.last_schedule.value_or(cron_job.created), now);
  // Forbid; and the starting deadline of an hour.
  if (!slot || now - *slot > seconds{3600}
      || std::ranges::any_of(jobs, [&](const auto& entry) {
           return entry.second.from_cron_job && entry.second.fact.kind == kind
                  && entry.second.fact.key.ns == where
                  && is_unfinished(entry.second.fact);
         }))
    return;
  create_job(kind, slot, true, where);
  cron_job.last_schedule = slot;
  touch(cron_job.version);
}

bool little_cluster::has_pods(const std::string& uid) const {
  return std::ranges::any_of(pods, [&](const pod& one) {
    return one.exists && one.fact.job.value == uid && !one.fact.ended;
  });
}

void little_cluster::end_pods(const std::string& uid) {
  for (auto& one : pods)
    if (one.fact.job.value == uid && one.exists)
      one.terminating = true;
}

void little_cluster::run_job(job& one) {
  auto& fact = one.fact;
  if (!is_unfinished(fact))
    return;
  const auto& uid = fact.uid.value;
  if (fact.deleting || fact.state == job_state::waiting) {
    end_pods(uid);
    return;
  }
  auto deadline = limits.of(fact).job_deadline;
  auto too_late = fact.started && now >= *fact.started + deadline;
  if (too_late)
    end_pods(uid);
  if (has_pods(uid))
    return;
  if (too_late || one.failures > 1) {
    fact.state = job_state::failed;
    fact.finished = now;
    fact.reason = too_late ? "DeadlineExceeded" : "BackoffLimitExceeded";
    touch(fact.version);
    return;
  }
  pod made;
  made.fact.key = {fact.key.ns, next("pod-")};
  made.fact.uid = {next("u")};
  made.fact.job = fact.uid;
  made.fact.pending_since = now;
  made.fact.deadline = deadline + seconds{60};
  made.ticket = one.ticket;
  made.kind = fact.kind;
  made.fails = chance(failure);
  ++fact.pods;
  touch(fact.version);
  pods.push_back(made);
}

void little_cluster::run_pod(pod& one) {
  auto finish = [&](bool succeeded) {
    one.running = false;
    if (one.node_is_dead || !one.exists)
      return;
    one.fact.ended = true;
    run_outcome end;
    end.kind = one.kind;
    end.succeeded = succeeded;
    end.started = end.ended = now;
    if (!succeeded)
      end.why = failure_class::network;
    one.fact.outcome = end;
    for (auto& [name, owner] : jobs)
      if (owner.fact.uid == one.fact.job
          && owner.fact.state == job_state::running) {
        touch(owner.fact.version);
        if (!succeeded)
          ++owner.failures;
        else {
          owner.fact.state = job_state::complete;
          owner.fact.finished = now;
        }
      }
  };
  if (one.fact.ended || (!one.exists && !one.running)) {
    if (one.terminating)
      one.exists = false;
    return;
  }
  if (!one.fact.bound) {
    if (one.terminating) {
      one.exists = false;
    } else if (!nodes_are_full && chance(0.3)) {
      one.fact.bound = true;
      one.fact.pending_since.reset();
      one.running = true;
      ++runs;
      // Without the ticket the mover ends at once.
      one.ends = one.ticket == one.fact.job.value
                     ? now + run_time.value_or(seconds{5 + below(90)})
                     : now + seconds{1};
    }
    return;
  }
  auto stops = one.terminating && !one.node_is_dead && chance(0.2);
  if (now >= one.ends)
    finish(!one.fails && one.ticket == one.fact.job.value);
  else if (stops)
    finish(false);
}

unsigned little_cluster::maintaining() const {
  return static_cast<unsigned>(std::ranges::count_if(pods, [](const pod& p) {
    return p.running && p.ticket == p.fact.job.value;
  }));
}

} // namespace holystone::scheduler
