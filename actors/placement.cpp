#include "actors/placement.hpp"

#include "actors/folded_observations.hpp"
#include "actors/phrases.hpp"
#include "actors/stated_claim.hpp"
#include "scheduler/predecessors.hpp"
#include "scheduler/secret_copies.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace holystone::scheduler {

template <>
inline constexpr std::size_t members_of<actors::reading> = 9;

} // namespace holystone::scheduler

namespace holystone::actors {

namespace {

template <class T>
folded<T> fold_up(const T& fact) {
  return {fact, phrases_of<T>()};
}

template <class T>
T opened(const folded<T>& fact) {
  return fact.open(phrases_of<T>());
}

trouble fork_has(const claim_key& maintenance) {
  return {"Waiting",
          fmt::format("{} names the same repository, and the VolSync fork, "
                      "which maintains it, waits for nobody; this goes on when "
                      "the fork is scaled down or that object is gone",
                      to_string(maintenance))};
}

placed wait_in_lobby(claimant wants, trouble why) {
  wants.wish.defect = std::move(why);
  return {lobby, std::nullopt, std::move(wants)};
}

} // namespace

placement::placement(placement_rules rules)
    : rules_(std::move(rules)), given_(rules_.operator_namespace) {
  // With identities by Secret a copy says no location.
  if (!rules_.identity_by_secret && !rules_.mover_image.empty())
    former_.emplace(rules_.operator_namespace, rules_.mover_image);
}

std::optional<claimant_fact> placement::find(const claim_key& who) const {
  auto i = claimants_.find(who);
  if (i == claimants_.end())
    return std::nullopt;
  auto known = opened(i->second.fact);
  known.who = who;
  return known;
}

kept<claim_key> placement::name_of(const claim_key& who) const {
  auto i = claimants_.find(who);
  return i == claimants_.end() ? kept{who} : i->first;
}

kept<object_key> placement::name_of(const object_key& named) const {
  const auto* known = secrets_.name_of(named);
  if (!known)
    known = named_by_.name_of(named);
  return known ? *known : kept{named};
}

void placement::forget_name(const claim_key& who) {
  auto known = find(who);
  if (!known)
    return;
  named_by_.remove(secret_of(*known), who);
  if (auto ca = ca_of(*known)) {
    named_by_.remove(ca->key, who);
    config_map_named_by_.remove(ca->key, who);
  }
}

placement::claim_keys placement::learn(const claimant_fact& claimant) {
  const auto& who = claimant.who;
  forget_name(who);
  if (!claimant.is_kopia)
    return forget(who);
  auto kept_who = name_of(who);
  named_by_.add(name_of(secret_of(claimant)), kept_who);
  if (auto ca = ca_of(claimant))
    (ca->what == copy_source::kind::ca_secret ? named_by_
                                              : config_map_named_by_)
        .add(name_of(ca->key), kept_who);
  auto before = find(who).value_or(claimant_fact{});
  auto mounts = mounted_by(claimant);
  // Its name is there already.
  auto nameless = claimant;
  nameless.who = {};
  claimants_.insert_or_assign(
      kept_who, known_claimant{fold_up(nameless), !mounts.empty()});
  let_volumes_go(mounted_by(before), mounts);
  let_go({readable::kind::secret, secret_of(before)});
  return {who};
}

placement::claim_keys placement::leave_maintenances(bool to_fork) {
  leaves_maintenances_ = to_fork;
  if (!to_fork)
    left_.clear();
  return everybody();
}

bool placement::has_maintenances() const {
  // The map sorts by kind, sources last.
  return !claimants_.empty()
         && std::get<claim_kind>(claimants_.begin()->first.parts())
                == claim_kind::kopia_maintenance;
}

placement::claim_keys placement::forget(const claim_key& who) {
  forget_name(who);
  auto before = find(who);
  if (!before)
    return {};
  claimants_.erase(claimants_.find(who));
  let_volumes_go(mounted_by(*before), {});
  let_go({readable::kind::secret, secret_of(*before)});
  return {who};
}

void placement::let_volumes_go(const std::set<object_key>& before,
                               const std::set<object_key>& now_is) {
  for (const auto& claim : before)
    if (!now_is.contains(claim))
      let_go({readable::kind::volume_claim, claim});
}

placement::claim_keys placement::learn(const secret_fact& secret) {
  if (secret.copy) {
    if (secret.copy->source.what == copy_source::kind::secret)
      recorded_.learn_copy(name_of(secret.copy->source.key), secret.key,
                           secret.repository);
    if (former_)
      former_->learn(*secret.copy, secret.repository);
    return {};
  }
  if (!secrets_.learn(name_of(secret.key), {secret.uid, secret.version.value}))
    return {};
  if (auto i = under_way_.find(secret.key); i != under_way_.end())
    i->second = true;
  return naming(secret.key);
}

void placement::learn(const cron_job_seen& cron_job,
                      const std::string& repository) {
  given_.learn(cron_job, repository);
  recorded_.learn(cron_job.fact, repository);
  if (former_)
    former_->learn(cron_job, repository);
}

void placement::recall_readings() {
  claimants_.shrink_to_fit();
  secrets_.shrink_to_fit();
  named_by_.shrink_to_fit();
  if (!former_)
    return;
  for (const auto& told : former_->all()) {
    if (secrets_.find(told.key) == edition{told.uid, told.version}
        && !readings_.contains(told.key)
        && needs({readable::kind::secret, told.key}))
      readings_.insert_or_assign(name_of(told.key), fold_up(told));
  }
  former_.reset();
}

placement::claim_keys placement::forget_cron_job(const object_key& cron_job) {
  auto winner = recorded_.forget_cron_job(cron_job);
  return winner ? claim_keys{*winner} : claim_keys{};
}

placement::claim_keys placement::learn(const config_map_seen& config_map) {
  if (!config_maps_.learn(config_map.key,
                          {config_map.uid, config_map.version.value}))
    return {};
  return config_map_named_by_.naming(config_map.key);
}

placement::claim_keys
placement::maintenance_of(const cache_claim_fact& cache) const {
  claim_key who{claim_kind::kopia_maintenance,
                {cache.key.ns, cache.maintenance}};
  return claimants_.contains(who) ? claim_keys{who} : claim_keys{};
}

placement::claim_keys placement::learn(const cache_claim_seen& cache) {
  auto& known = caches_[cache.fact.key];
  if (known && *known == cache.fact)
    return {};
  known = cache.fact;
  return maintenance_of(*known);
}

placement::claim_keys placement::forget_cache(const object_key& cache) {
  auto gone = caches_.extract(cache);
  return gone.empty() ? claim_keys{} : maintenance_of(*gone.mapped());
}

placement::claim_keys
placement::forget_config_map(const object_key& config_map) {
  config_maps_.forget(config_map);
  return config_map_named_by_.naming(config_map);
}

placement::claim_keys placement::forget(const object_key& secret) {
  recorded_.forget_copy(secret);
  return secrets_.forget(secret) ? naming(secret) : claim_keys{};
}

placement::claim_keys placement::learn(const reading_ptr& told) {
  readings_.insert_or_assign(name_of(told->key), fold_up(*told));
  auto order = under_way_.extract(told->key);
  auto changed_meanwhile = !order.empty() && order.mapped();
  // What the watch told while it was read may be newer: then `place` has it
  // read again. Otherwise what was read is newer than what the watch told.
  if (secrets_.find(told->key) && !changed_meanwhile && !told->refused) {
    if (told->uid)
      secrets_.learn(told->key, {told->uid, told->version});
    else
      secrets_.forget(told->key);
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

bool placement::needs(const readable& what) const {
  return what.what == readable::kind::secret ? !naming(what.key).empty()
                                             : !mounting(what.key).empty();
}

void placement::let_go(const readable& what) {
  if (needs(what))
    return;
  if (what.what == readable::kind::volume_claim)
    volumes_.erase(what.key);
  else if (auto read = readings_.find(what.key); read != readings_.end())
    readings_.erase(read);
}

placement::claim_keys placement::mounting(const object_key& claim) const {
  auto names_it = [&](const claim_key& who) {
    return who.object.ns == claim.ns && mounted_by(*find(who)).contains(claim);
  };
  auto is_given = given_.names(claim);
  claim_keys all;
  for (const auto& [who, known] : claimants_)
    if (is_given || (known.names_volumes && names_it(who.open())))
      all.push_back(who.open());
  return all;
}

placement::claim_keys placement::naming(const object_key& secret) const {
  return named_by_.naming(secret);
}

placement::claim_keys placement::served_by(const object_key& secret) const {
  claim_keys some;
  named_by_.visit([&](const object_key& named, const claim_key& who) {
    if (is_secret_of(secret, named) && secret_of(*find(who)) == named)
      some.push_back(who);
  });
  return some;
}

placement::claim_keys placement::everybody() const {
  claim_keys all;
  for (const auto& [who, from] : claimants_)
    all.push_back(who.open());
  return all;
}

bool placement::leave(const claim_key& who, const left_to_fork* where) {
  auto before
      = std::ranges::find(left_, who, &decltype(left_)::value_type::second);
  auto is_known = before != left_.end();
  if (is_known ? where && before->first == where->location.hex : !where)
    return false;
  if (is_known)
    left_.erase(before);
  if (where)
    left_.emplace(where->location.hex, who);
  return true;
}

whereabouts placement::place(const claim_key& who,
                             const std::string& before) const {
  auto from = find(who);
  if (!from || (from->deleting && !from->old_finalizer))
    return unclaimed{};
  auto told = find_place(*from, before);
  const auto* found = std::get_if<placed>(&told);
  if (!leaves_maintenances_ || !found)
    return told;
  if (who.kind == claim_kind::kopia_maintenance) {
    if (found->where && is_scheduled(found->wants.wish))
      return left_to_fork{found->where->location_id};
    return unclaimed{};
  }
  auto left
      = found->where ? left_.find(found->where->location_id.hex) : left_.end();
  if (left != left_.end())
    return wait_in_lobby(to_claimant(*from), fork_has(left->second));
  return told;
}

whereabouts placement::find_place(const claimant_fact& from,
                                  const std::string& before) const {
  const auto& who = from.who;
  auto wants = to_claimant(from);
  auto& wish = wants.wish;
  if (from.deleting) {
    wish.old_finalizer = from.old_finalizer;
    return wait_in_lobby(std::move(wants), {"Disabled", "it is being deleted"});
  }
  if (auto made
      = caches_.find({who.object.ns, cache_claim_name(who.object.name)});
      made != caches_.end() && who.kind == claim_kind::kopia_maintenance)
    wish.cache = made->second;
  if (!state_settings(wish, from, rules_.defaults))
    return wait_in_lobby(std::move(wants), *wish.defect);
  if (from.secret.empty())
    return wait_in_lobby(std::move(wants), nameless(who.kind));
  auto found = secrets_.find(wish.secret);
  if (!found)
    return stay(std::move(wants), before, missing_secret(wish.secret));
  auto read = readings_.find(wish.secret);
  if (read == readings_.end())
    return readable{readable::kind::secret, wish.secret};
  const auto said = opened(read->second);
  if (said.refused)
    return stay(std::move(wants), before,
                {"Waiting", said.where.why().message});
  if (edition{said.uid, said.version} != *found)
    return readable{readable::kind::secret, wish.secret};
  if (auto cache = named_cache(wish); cache && !volumes_.contains(*cache))
    return readable{readable::kind::volume_claim, *cache};
  if (const auto* named = volume_of(from, said))
    return place_on(std::move(wants), before, said, *named, nullptr);
  if (!said.where)
    return stay(std::move(wants), before,
                {"Error", said.where.why().message,
                 said.needs_volume || said.lacks_key ? "Key" : ""});
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
  if (auto copied = recorded_.of_secret(wish.secret); !copied.empty())
    return copied;
  if (auto won = recorded_.of_winner(wish.who); !won.empty())
    return won;
  // Who lost where nothing is copied is told by its status.
  auto from = find(wish.who);
  return from && from->status ? recorded_.of_cron_job(from->status->cron_job)
                              : lobby;
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
  auto where = recorded_.of_secret(wish.secret);
  // A KopiaMaintenance that has no CronJob is where its Secret leads, or
  // nowhere; that holds before a restart as after it.
  auto is_source = wish.who.kind == claim_kind::replication_source;
  if (where.empty())
    where = known_place(wish, is_source ? before : lobby);
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
  if (auto now_is = among.find(ca->key)) {
    wish.ca_uid = std::move(now_is->uid);
    wish.ca_version = std::move(now_is->version);
  } else if (!wish.defect) {
    wish.defect = missing_ca(*ca, wish.who.kind);
  }
}

void placement::find_cache(claim& wish) const {
  auto cache = named_cache(wish);
  auto read = cache ? volumes_.find(*cache) : volumes_.end();
  // It need not be bound: it may wait for its first pod.
  if (read != volumes_.end() && read->second->is_absent && !wish.defect)
    wish.defect = missing_cache(*cache);
}

placed placement::settle(claimant wants, const reading& told,
                         const location& there) const {
  auto& wish = wants.wish;
  find_ca(wish);
  find_cache(wish);
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
