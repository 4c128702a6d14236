#include "actors/placement.hpp"

#include "scheduler/secret_copies.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace holystone::actors {

namespace {

object_key secret_of(const source_fact& source) {
  return {source.who.object.ns, source.secret};
}

/// The claimant as far as the source alone tells it.
claimant to_claimant(const source_fact& source) {
  claimant wants;
  auto& wish = wants.wish;
  wish.who = source.who;
  wish.uid = source.uid;
  wish.version = source.version;
  wish.created = source.created;
  wish.generation = source.generation;
  wish.secret = secret_of(source);
  wish.ca = source.ca;
  wish.identity = source.identity;
  wish.resync = source.resync;
  wish.deprecated_fields = source.maintenance.interval_days.has_value();
  wants.status = source.status;
  wants.since = source.since;
  return wants;
}

trouble switched_off() {
  return {"Disabled", "maintenance is switched off by "
                      "spec.kopia.maintenanceCronJob.enabled, "
                      "maintenanceIntervalDays or the operator's "
                      "--default-maintenance"};
}

trouble nameless() {
  return {"Error", "spec.kopia.repository is empty; name the Secret of the "
                   "repository"};
}

trouble missing(const object_key& secret) {
  return {"Waiting", fmt::format("Secret {} does not exist; create it",
                                 to_string(secret))};
}

trouble missing(const copy_source& ca) {
  auto is_secret = ca.what == copy_source::kind::ca_secret;
  return {"Waiting",
          fmt::format("{} {}, which spec.kopia.customCA.{} names, does not "
                      "exist; create it",
                      is_secret ? "Secret" : "ConfigMap", to_string(ca.key),
                      is_secret ? "secretName" : "configMapName")};
}

/// The CA object that a source names.
std::optional<copy_source> ca_of(const source_fact& source) {
  claim wish;
  wish.secret = secret_of(source);
  wish.ca = source.ca;
  return ca_source(wish);
}

/// The volume that holds the repository, if the source names it.
const named_volume* volume_of(const source_fact& source, const reading& told) {
  if (!told.where)
    return told.needs_volume && !source.volumes.empty()
               ? &source.volumes.front()
               : nullptr;
  return reach_of(*told.where) == reach::unknown
             ? volume_under(source.volumes, told.where->parts.at("path"))
             : nullptr;
}

placed wait_in_lobby(claimant wants, trouble why) {
  wants.wish.defect = std::move(why);
  return {lobby, std::nullopt, std::move(wants)};
}

} // namespace

placement::placement(placement_rules rules)
    : rules_(std::move(rules)), given_(rules_.operator_namespace) {
  // nop
}

bool placement::serves(const std::string& ns) const {
  return rules_.namespaces.empty()
         || std::ranges::count(rules_.namespaces, ns) > 0;
}

const source_fact* placement::find(const claim_key& who) const {
  auto i = sources_.find(who);
  return i == sources_.end() ? nullptr : &i->second;
}

void placement::forget_name(const claim_key& who) {
  const auto* known = find(who);
  if (!known)
    return;
  named_by_.remove(secret_of(*known), who);
  if (auto ca = ca_of(*known)) {
    named_by_.remove(ca->key, who);
    config_map_named_by_.remove(ca->key, who);
  }
}

placement::claim_keys placement::learn(const source_fact& source) {
  if (!serves(source.who.object.ns))
    return {};
  forget_name(source.who);
  if (!source.is_kopia)
    return forget(source.who);
  named_by_.add(secret_of(source), source.who);
  if (auto ca = ca_of(source))
    (ca->what == copy_source::kind::ca_secret ? named_by_
                                              : config_map_named_by_)
        .add(ca->key, source.who);
  sources_[source.who] = source;
  return {source.who};
}

placement::claim_keys placement::forget(const claim_key& who) {
  forget_name(who);
  won_.erase(who);
  if (sources_.erase(who) == 0)
    return {};
  return {who};
}

placement::claim_keys placement::learn(const secret_fact& secret) {
  if (secret.copy) {
    if (secret.copy->source.what == copy_source::kind::secret)
      copied_to_[secret.copy->source.key] = {secret.key, secret.repository};
    return {};
  }
  auto& known = secrets_[secret.key];
  if (known == std::pair{secret.uid, secret.version.value})
    return {};
  known = {secret.uid, secret.version.value};
  if (auto i = under_way_.find(secret.key); i != under_way_.end())
    i->second = true;
  return naming(secret.key);
}

void placement::learn(const cron_job_seen& cron_job,
                      const std::string& repository) {
  given_.learn(cron_job, repository);
  const auto& winner = cron_job.fact.winner;
  // Who may write to a namespace can't place the claims of another one.
  if (cron_job.fact.ours && winner && winner->object.ns == cron_job.fact.key.ns)
    won_[*winner] = repository;
}

placement::claim_keys placement::learn(const config_map_seen& config_map) {
  edition now_is{config_map.uid, config_map.version.value};
  auto& known = config_maps_[config_map.key];
  if (known == now_is)
    return {};
  known = std::move(now_is);
  return config_map_named_by_.naming(config_map.key);
}

placement::claim_keys
placement::forget_config_map(const object_key& config_map) {
  config_maps_.erase(config_map);
  return config_map_named_by_.naming(config_map);
}

placement::claim_keys placement::forget(const object_key& secret) {
  std::erase_if(copied_to_,
                [&](const auto& entry) { return entry.second.copy == secret; });
  if (secrets_.erase(secret) == 0)
    return {};
  return naming(secret);
}

placement::claim_keys placement::learn(const reading_ptr& told) {
  readings_[told->key] = told;
  auto found = secrets_.find(told->key);
  auto order = under_way_.extract(told->key);
  auto changed_meanwhile = !order.empty() && order.mapped();
  // What the watch told while it was read may be newer: then `place` has it
  // read again. Otherwise what was read is newer than what the watch told.
  if (found != secrets_.end() && !changed_meanwhile && !told->refused) {
    if (told->uid)
      found->second = {told->uid, told->version};
    else
      secrets_.erase(found);
  }
  return naming(told->key);
}

placement::claim_keys placement::learn(const volume_reading_ptr& told) {
  auto& known = volumes_[told->claim];
  auto is_same
      = known
        && (told->what ? known->what && *known->what == *told->what
                       : !known->what && known->what.why() == told->what.why());
  known = told;
  return is_same ? claim_keys{} : mounting(told->claim);
}

bool placement::needs(const readable& what) {
  auto is_secret = what.what == readable::kind::secret;
  auto is_named = !(is_secret ? naming(what.key) : mounting(what.key)).empty();
  if (!is_named && is_secret)
    readings_.erase(what.key);
  else if (!is_named)
    volumes_.erase(what.key);
  return is_named;
}

placement::claim_keys placement::mounting(const object_key& claim) const {
  auto names_it = [&](const source_fact& source) {
    return source.who.object.ns == claim.ns
           && std::ranges::find(source.volumes, claim.name,
                                &named_volume::claim_name)
                  != source.volumes.end();
  };
  auto is_given = given_.names(claim);
  claim_keys all;
  for (const auto& [who, source] : sources_)
    if (is_given || names_it(source))
      all.push_back(who);
  return all;
}

placement::claim_keys placement::naming(const object_key& secret) const {
  return named_by_.naming(secret);
}

placement::claim_keys placement::everybody() const {
  claim_keys all;
  for (const auto& [who, source] : sources_)
    all.push_back(who);
  return all;
}

whereabouts placement::place(const claim_key& who,
                             const std::string& before) const {
  const auto* source = find(who);
  if (!source || source->deleting)
    return unclaimed{};
  auto wants = to_claimant(*source);
  auto& wish = wants.wish;
  auto settings = effective_settings(source->maintenance, rules_.defaults);
  if (!settings)
    return wait_in_lobby(std::move(wants), switched_off());
  wish.settings = *settings;
  if (source->secret.empty())
    return wait_in_lobby(std::move(wants), nameless());
  wish.defect = check_settings(*settings);
  auto found = secrets_.find(wish.secret);
  if (found == secrets_.end())
    return stay(std::move(wants), before, missing(wish.secret));
  auto told = readings_.find(wish.secret);
  if (told != readings_.end() && told->second->refused)
    return stay(std::move(wants), before,
                {"Waiting", told->second->where.why().message});
  if (told == readings_.end() || told->second->uid != found->second.first
      || told->second->version != found->second.second)
    return readable{readable::kind::secret, wish.secret};
  const auto& said = *told->second;
  if (const auto* named = volume_of(*source, said))
    return place_on(std::move(wants), before, said, *named, nullptr);
  if (!said.where)
    return stay(std::move(wants), before, {"Error", said.where.why().message});
  if (reach_of(*said.where) == reach::unknown)
    return place_by_policy(std::move(wants), before, said);
  return settle(std::move(wants), said, *said.where);
}

whereabouts placement::place_on(claimant wants, const std::string& before,
                                const reading& told, const named_volume& named,
                                const injection* by) const {
  auto& wish = wants.wish;
  const auto& ns = by ? given_.operator_namespace() : wish.who.object.ns;
  object_key claim{ns, named.claim_name};
  auto read = behind(named, ns);
  if (!read)
    return readable{readable::kind::volume_claim, claim};
  const auto& found = *read;
  if (!found)
    return stay(std::move(wants), before, {"Waiting", found.why().message});
  auto path = told.where ? told.where->parts.at("path") : named.seen_at;
  wish.volume = by ? to_injected_volume(named, *found)
                   : to_repository_volume(named, claim, *found);
  if (by)
    wish.seen_volumes = *by;
  if (path != named.seen_at)
    wish.volume->folder.clear();
  auto where = filesystem_location(wish.volume->identity, ns, path);
  if (!where)
    return stay(std::move(wants), before, {"Error", where.why().message});
  return settle(std::move(wants), told, *where);
}

whereabouts placement::place_by_policy(claimant wants,
                                       const std::string& before,
                                       const reading& told) const {
  auto& wish = wants.wish;
  const auto& path = told.where->parts.at("path");
  auto at = known_place(wish, before);
  if (const auto* seen = given_.seen(at)) {
    if (const auto* named = volume_under(seen->volumes, path))
      return place_on(std::move(wants), before, told, *named, seen);
    wish.seen_volumes = *seen;
  }
  // After a restart, until the next Job shows it again.
  if (const auto* known = given_.recorded(at))
    if (auto where = filesystem_location(*known, wish.who.object.ns, path)) {
      wish.volume = repository_volume{*known, {}, {}};
      return settle(std::move(wants), told, *where);
    }
  return settle(std::move(wants), told, *told.where);
}

void placement::move(const std::string& before, const placed& to) {
  const auto& wish = to.wants.wish;
  // After a restart the claim was where its copy is.
  given_.move(known_place(wish, before), to.hash);
  if (wish.volume && wish.volume->is_injected())
    given_.record(to.hash, wish.volume->identity);
}

std::string placement::known_place(const claim& wish,
                                   const std::string& before) const {
  if (!before.empty())
    return before;
  if (auto copy = copied_to_.find(wish.secret); copy != copied_to_.end())
    return copy->second.repository;
  auto won = won_.find(wish.who);
  return won == won_.end() ? lobby : won->second;
}

std::optional<result<volume_identity>>
placement::behind(const named_volume& named, const std::string& ns) const {
  if (named.claim_name.empty())
    return nfs_volume(named.nfs_server, named.nfs_path);
  auto i = volumes_.find({ns, named.claim_name});
  if (i == volumes_.end())
    return std::nullopt;
  return i->second->what;
}

std::optional<readable> placement::recall(claim& wish,
                                          const std::string& where) const {
  const auto* known = given_.recorded(where);
  if (!known)
    return std::nullopt;
  wish.volume = repository_volume{*known, {}, {}};
  const auto* seen = given_.seen(where);
  if (!seen)
    return std::nullopt;
  const auto& ns = given_.operator_namespace();
  for (const auto& named : seen->volumes) {
    if (named.seen_at != known->mount_path)
      continue;
    auto found = behind(named, ns);
    if (!found)
      return readable{readable::kind::volume_claim, {ns, named.claim_name}};
    if (*found && to_injected_volume(named, **found).identity == *known)
      wish.seen_volumes = *seen;
  }
  return std::nullopt;
}

whereabouts placement::stay(claimant wants, const std::string& before,
                            trouble why) const {
  auto& wish = wants.wish;
  auto copy = copied_to_.find(wish.secret);
  auto where = copy != copied_to_.end() ? copy->second.repository
                                        : known_place(wish, before);
  if (auto first = recall(wish, where))
    return *first;
  if (!wish.defect)
    wish.defect = std::move(why);
  return placed{std::move(where), std::nullopt, std::move(wants)};
}

void placement::find_ca(claim& wish) const {
  auto ca = ca_source(wish);
  if (!ca)
    return;
  const auto& among
      = ca->what == copy_source::kind::ca_secret ? secrets_ : config_maps_;
  if (auto i = among.find(ca->key); i != among.end())
    std::tie(wish.ca_uid, wish.ca_version) = i->second;
  else if (!wish.defect)
    wish.defect = missing(*ca);
}

placed placement::settle(claimant wants, const reading& told,
                         const location& there) const {
  auto& wish = wants.wish;
  find_ca(wish);
  wish.secret_uid = told.uid;
  wish.secret_version = told.version;
  site where{identify(there), canonical_json(there), endpoint_of(there),
             reach_of(there)};
  wants.location_id = where.location_id;
  wants.location = where.location;
  wants.reached_by = where.reached_by;
  auto id = rules_.identity_by_secret ? identify_by_secret(
                wish.secret.name, wish.ca.value_or(custom_ca{}), there)
                                      : where.location_id;
  return {id.hex, std::move(where), std::move(wants)};
}

} // namespace holystone::actors
