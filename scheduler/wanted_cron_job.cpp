#include "scheduler/wanted_cron_job.hpp"

#include "scheduler/home.hpp"
#include "scheduler/predecessors.hpp"
#include "scheduler/secret_copies.hpp"
#include "scheduler/timeline.hpp"

#include <algorithm>
#include <iterator>
#include <set>
#include <utility>

namespace holystone::scheduler {

namespace {

/// Is the repository on a volume that the claim can't name just now?
bool lacks_volume(const repository_facts& facts, const claim& wish) {
  return !wish.volume
         && (facts.reached_by == reach::nfs
             || facts.reached_by == reach::claim);
}

/// Names what the pods authenticate with: the claim's own objects where those
/// are, or else their copies. False while a copy is missing.
bool name_credentials(cron_job_intent& wanted, const repository_facts& facts,
                      const claim& wish) {
  if (runs_beside_winner(facts) || !is_scheduled(wish)) {
    wanted.credentials = wish.secret.name;
    wanted.own_ca = wish.ca;
    return true;
  }
  const auto* credentials = find_copy(facts, repository_secret(wish));
  auto ca = ca_source(wish);
  const auto* ca_copy = ca ? find_copy(facts, *ca) : nullptr;
  if (!credentials || (ca && !ca_copy))
    return false;
  wanted.credentials = credentials->key.name;
  if (ca)
    wanted.ca = ca_copy->key.name;
  return true;
}

/// Whom the mover may relieve of the repository. Users choose these names, and
/// all of them stand in every pod's arguments, so that there is a limit; who is
/// left out is relieved like a stranger.
std::vector<std::string> identities_of(const claim_list& claims) {
  constexpr std::size_t longest = 256;
  constexpr std::size_t most = 64;
  std::set<std::string> known;
  for (const auto* c : claims)
    if (!c->identity.empty() && c->identity.size() <= longest)
      known.insert(c->identity);
  auto end = known.begin();
  std::advance(end, std::min(most, known.size()));
  return {known.begin(), end};
}

/// All that does not depend on a schedule or on copies.
cron_job_intent intent_for(const repository_facts& facts,
                           const repository_policy& policy, const claim& wish,
                           object_key key, maintenance_kind kind, instant now) {
  auto claims = claims_of(facts);
  cron_job_intent wanted{std::move(key),
                         kind,
                         facts.id,
                         facts.location_id,
                         facts.location,
                         wish.settings,
                         {},
                         wish.who,
                         source_namespaces(claims),
                         identities_of(claims),
                         {},
                         {},
                         {},
                         now};
  wanted.volume = wish.volume;
  if (wish.who.kind == claim_kind::kopia_maintenance)
    wanted.owner = wish.uid;
  wanted.holds_jobs = policy.admission;
  if (wanted.key.ns != policy.operator_namespace)
    wanted.made_from = policy.operator_namespace;
  return wanted;
}

} // namespace

std::optional<timetable> timetable_of(const maintenance_settings& settings,
                                      maintenance_kind kind,
                                      const repository_id& id) {
  const auto& given = schedule_of(settings, kind);
  auto text = resolve_hashed(given, id.hex);
  if (given.empty() || !text)
    return std::nullopt;
  auto schedule = parse_cron(*text);
  auto zone = find_zone(settings.time_zone);
  if (!schedule || !zone)
    return std::nullopt;
  return timetable{*text, *schedule, *zone};
}

std::vector<instant> next_runs(const repository_facts& facts, instant after,
                               std::size_t most) {
  std::vector<instant> all;
  const auto* winner = winner_of(facts);
  if (!winner || winner->wish.settings.suspend)
    return all;
  auto table
      = timetable_of(winner->wish.settings, maintenance_kind::full, facts.id);
  std::optional<instant> next{after};
  while (table && all.size() < most
         && (next = next_run(table->schedule, table->zone, *next)))
    all.push_back(*next);
  return all;
}

std::optional<cron_job_intent> wanted_cron_job(const repository_facts& facts,
                                               const repository_policy& policy,
                                               maintenance_kind kind,
                                               instant now) {
  const auto* winner = winner_of(facts);
  if (!winner)
    return std::nullopt;
  const auto& wish = winner->wish;
  auto table = timetable_of(wish.settings, kind, facts.id);
  if (!table || lacks_volume(facts, wish))
    return std::nullopt;
  auto wanted = intent_for(facts, policy, wish,
                           cron_job_key(facts, kind, policy.operator_namespace),
                           kind, now);
  if (!name_credentials(wanted, facts, wish))
    return std::nullopt;
  wanted.schedule = table->text;
  wanted.conflict = conflict_text(claims_of(facts), wish);
  if (!policy.admission)
    wanted.secret = secret_in_use(facts, wish);
  const auto& found = facts.cron_jobs[kind];
  if (found.exists && found.effective_since
      && is_credible(*found.effective_since, now)
      && found.schedule == wanted.schedule
      && found.time_zone == wish.settings.time_zone
      && found.suspend == wish.settings.suspend && found.winner == wish.who)
    wanted.effective_since = *found.effective_since;
  else if (auto used = newest_slot_of(facts); used && *used >= now)
    // The CronJob controller's clock may be ahead of ours.
    wanted.effective_since = *used + seconds{1};
  return wanted;
}

std::optional<cron_job_intent>
wanted_manual_job(const repository_facts& facts,
                  const repository_policy& policy, const claim& wish,
                  instant now) {
  if (lacks_volume(facts, wish))
    return std::nullopt;
  const auto& who = wish.who.object;
  auto wanted = intent_for(facts, policy, wish,
                           {who.ns, manual_job_name(who, wish.manual)},
                           maintenance_kind::full, now);
  name_credentials(wanted, facts, wish);
  wanted.manual_tag = wish.manual;
  if (!policy.admission)
    wanted.secret = secret_used(wish);
  return wanted;
}

std::optional<instant> slot_to_skip(const cron_job_fact& found,
                                    const cron_job_intent& wanted,
                                    const timetable& table, instant now) {
  if (found.schedule == wanted.schedule
      && found.time_zone == wanted.settings.time_zone
      && found.suspend == wanted.settings.suspend
      && found.winner == wanted.winner && found.holds_jobs == wanted.holds_jobs)
    return std::nullopt;
  auto since = found.last_schedule.value_or(found.created);
  return newest_slot(table.schedule, table.zone, since, now);
}

} // namespace holystone::scheduler
