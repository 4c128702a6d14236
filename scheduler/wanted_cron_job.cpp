#include "scheduler/wanted_cron_job.hpp"

#include "scheduler/secret_copies.hpp"
#include "scheduler/timeline.hpp"

#include <algorithm>
#include <iterator>
#include <set>

namespace holystone::scheduler {

namespace {

/// Is the repository on a volume that can't be told just now?
bool lacks_volume(const repository_facts& facts, const claim& wish) {
  return !wish.volume
         && facts.location.find("\"backend\":\"filesystem\"")
                != std::string::npos
         && facts.location.find("\"volume\":\"unknown\"") == std::string::npos;
}

/// Can pods of that namespace mount the claim's volume?
bool can_mount(const claim& wish, std::string_view ns) {
  auto only = wish.volume ? namespace_of(*wish.volume) : std::string_view{};
  return only.empty() || only == ns;
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

std::optional<cron_job_intent> wanted_cron_job(const repository_facts& facts,
                                               const repository_policy& policy,
                                               maintenance_kind kind,
                                               instant now) {
  const auto* winner = winner_of(facts);
  if (!winner)
    return std::nullopt;
  const auto& wish = winner->wish;
  if (lacks_volume(facts, wish) || !can_mount(wish, policy.operator_namespace))
    return std::nullopt;
  auto table = timetable_of(wish.settings, kind, facts.id);
  const auto* credentials = find_copy(facts, repository_secret(wish));
  if (!table || !credentials)
    return std::nullopt;
  auto claims = claims_of(facts);
  cron_job_intent wanted{
      {policy.operator_namespace, cron_job_name(facts.id, kind)},
      kind,
      facts.id,
      facts.location_id,
      facts.location,
      wish.settings,
      table->text,
      wish.who,
      source_namespaces(claims),
      {},
      credentials->key.name,
      {},
      conflict_text(claims, wish),
      now};
  wanted.volume = wish.volume;
  wanted.holds_jobs = policy.admission;
  if (!policy.admission)
    wanted.secret = secret_in_use(facts, wish);
  wanted.known_identities = identities_of(claims);
  if (auto ca = ca_source(wish)) {
    const auto* copy = find_copy(facts, *ca);
    if (!copy)
      return std::nullopt;
    wanted.ca = copy->key.name;
  }
  const auto& found = facts.cron_jobs[kind];
  if (found.exists && found.effective_since && found.schedule == wanted.schedule
      && found.time_zone == wish.settings.time_zone
      && found.suspend == wish.settings.suspend && found.winner == wish.who)
    wanted.effective_since = *found.effective_since;
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
