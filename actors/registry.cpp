#include "actors/registry.hpp"

#include "actors/projections.hpp"
#include "k8s_io/names.hpp"
#include "metrics/log.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace holystone::actors {

namespace {

/// The lobby's key: the claims that have no repository.
const std::string lobby;

constexpr seconds longest_timer{300};

/// Readings that fail are tried again every second or so.
constexpr seconds longest_opening{30};

constexpr auto patience = std::chrono::seconds{90};

fact_ptr share(observation what) {
  return std::make_shared<const observation>(std::move(what));
}

/// The hash in an object's name, if the name has our form.
std::string hash_in(std::string_view name, std::string_view prefix) {
  if (!name.starts_with(prefix) || name.size() < prefix.size() + 16)
    return {};
  auto hash = name.substr(prefix.size(), 16);
  auto is_hex = std::ranges::all_of(hash, [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
  });
  return is_hex ? std::string{hash} : std::string{};
}

} // namespace

void registry_state::take(const observation& what) {
  auto shared = share(what);
  if (const auto* now_is = std::get_if<fact>(shared.get()))
    take_fact(*now_is, shared);
  else
    take_loss(std::get<loss>(*shared), shared);
}

void registry_state::take_fact(const fact& what, const fact_ptr& shared) {
  if (const auto* source = std::get_if<source_fact>(&what)) {
    take_source(*source);
  } else if (const auto* secret = std::get_if<secret_fact>(&what)) {
    take_secret(*secret, shared);
  } else if (const auto* cron_job = std::get_if<cron_job_seen>(&what)) {
    pass_on(hash_in(cron_job->key.name, names::cron_job_prefix), shared);
  } else if (const auto* job = std::get_if<job_seen>(&what)) {
    if (!job->repository.empty())
      repository_of_job[job->fact.uid.value] = job->repository;
    pass_on(job->repository, shared);
  } else if (const auto* pod = std::get_if<pod_seen>(&what)) {
    // By label, or else by the Job that it says it belongs to.
    auto i = repository_of_job.find(pod->fact.job.value);
    pass_on(i == repository_of_job.end() ? pod->repository : i->second, shared);
  } else if (const auto* lease = std::get_if<lease_seen>(&what)) {
    auto location = hash_in(lease->key.name, names::lease_prefix);
    leases[location] = shared;
    pass_lease_on(location);
  } else {
    account_exists = true;
  }
}

void registry_state::take_loss(const loss& what, const fact_ptr& shared) {
  switch (what.kind) {
    case watched_kind::replication_sources:
      drop_source(what.which.key);
      return;
    case watched_kind::secrets:
      std::erase_if(copied_to, [&](const auto& entry) {
        return entry.second.copy == what.which.key;
      });
      if (secrets.erase(what.which.key) > 0)
        place_again(what.which.key);
      break;
    case watched_kind::service_accounts:
      account_exists = false;
      ensure_account();
      return;
    case watched_kind::leases:
      leases.erase(hash_in(what.which.key.name, names::lease_prefix));
      break;
    case watched_kind::jobs:
      repository_of_job.erase(what.which.uid.value);
      break;
    default:
      break;
  }
  // Losses are rare and may lack the last state: everybody looks whether the
  // object was his.
  for (auto& [hash, known] : repositories)
    if (known.actor)
      self->send(known.actor, seen_atom::value, shared);
}

void registry_state::take_source(const source_fact& source) {
  const auto& key = source.who.object;
  if (!setup.namespaces.empty()
      && !std::ranges::count(setup.namespaces, key.ns))
    return;
  auto i = sources.find(key);
  if (i != sources.end())
    named_by[{key.ns, i->second.secret}].erase(key);
  if (!source.is_kopia) {
    drop_source(key);
    return;
  }
  named_by[{key.ns, source.secret}].insert(key);
  sources[key] = source;
  if (all_synced())
    place_claim(source);
}

void registry_state::drop_source(const object_key& key) {
  auto i = sources.find(key);
  if (i == sources.end())
    return;
  named_by[{key.ns, i->second.secret}].erase(key);
  auto who = i->second.who;
  sources.erase(i);
  remove_claim(who);
}

void registry_state::take_secret(const secret_fact& secret,
                                 const fact_ptr& shared) {
  if (secret.copy) {
    if (secret.copy->source.what == copy_source::kind::secret)
      copied_to[secret.copy->source.key] = {secret.key, secret.repository};
    pass_on(secret.repository, shared);
    return;
  }
  auto& known = secrets[secret.key];
  if (known == std::pair{secret.uid, secret.version.value})
    return;
  known = {secret.uid, secret.version.value};
  if (all_synced())
    place_again(secret.key);
}

void registry_state::place_again(const object_key& secret) {
  auto i = named_by.find(secret);
  if (i == named_by.end())
    return;
  for (const auto& key : std::set<object_key>{i->second})
    place_claim(sources.at(key));
}

void registry_state::place_claim(const source_fact& source) {
  auto who = source.who;
  auto settings = effective_settings(source.maintenance, setup.defaults);
  if (source.deleting) {
    remove_claim(who);
    return;
  }
  if (!settings) {
    put(source, lobby, nullptr, {},
        trouble{"Disabled", "maintenance is switched off by "
                            "spec.kopia.maintenanceCronJob.enabled, "
                            "maintenanceIntervalDays or the operator's "
                            "--default-maintenance"});
    return;
  }
  auto defect = check_settings(*settings);
  if (source.secret.empty()) {
    put(source, lobby, nullptr, *settings,
        trouble{"Error", "spec.kopia.repository is empty; name the Secret of "
                         "the repository"});
    return;
  }
  object_key secret{who.object.ns, source.secret};
  auto found = secrets.find(secret);
  auto stays = [&](trouble why) {
    // A location once known holds (contract section 1).
    auto copied = copied_to.find(secret);
    auto before = placed.find(who);
    auto where = copied != copied_to.end() ? copied->second.repository
                 : before != placed.end() ? before->second : lobby;
    put(source, where, nullptr, *settings, defect ? *defect : std::move(why));
  };
  if (found == secrets.end()) {
    stays({"Waiting", fmt::format("Secret {} does not exist; create it",
                                  to_string(secret))});
    return;
  }
  auto told = readings.find(secret);
  if (told == readings.end() || told->second->uid != found->second.first
      || told->second->version != found->second.second) {
    read(secret);
    return;
  }
  const auto& where = told->second->where;
  if (!where) {
    stays({"Error", where.why().message});
    return;
  }
  auto id = setup.identity_by_secret
              ? identify_by_secret(source.secret,
                                   source.ca.value_or(custom_ca{}), *where)
              : identify(*where);
  auto& into = entry(id.hex);
  auto location = identify(*where);
  auto is_news = into.location_id != location;
  into.location_id = location;
  into.location = canonical_json(*where);
  into.endpoint = endpoint_of(*where);
  put(source, id.hex, told->second.get(), *settings, std::move(defect));
  if (is_news && leases.contains(location.hex))
    pass_lease_on(location.hex);
}

void registry_state::put(const source_fact& source, const std::string& hash,
                         const reading* known, maintenance_settings settings,
                         std::optional<trouble> defect) {
  auto before = placed.find(source.who);
  if (before != placed.end() && before->second != hash)
    remove_claim(source.who);
  placed[source.who] = hash;
  auto& into = entry(hash);
  into.claims.insert(source.who);
  auto wants = std::make_shared<claimant>();
  auto& wish = wants->wish;
  wish.who = source.who;
  wish.uid = source.uid;
  wish.version = source.version;
  wish.created = source.created;
  wish.generation = source.generation;
  wish.secret = {source.who.object.ns, source.secret};
  if (known) {
    wish.secret_uid = known->uid;
    wish.secret_version = known->version;
  }
  wish.ca = source.ca;
  wish.settings = std::move(settings);
  wish.defect = std::move(defect);
  wish.identity = source.identity;
  wish.resync = source.resync;
  wish.deprecated_fields = source.maintenance.interval_days.has_value();
  if (hash != lobby) {
    wants->location_id = into.location_id;
    wants->location = into.location;
  }
  wants->status = source.status;
  wants->since = source.since;
  if (!into.actor && !into.restart_at)
    start(hash, into, false);
  else if (into.actor)
    self->send(into.actor, claim_atom::value, claimant_ptr{wants});
}

void registry_state::remove_claim(const claim_key& who) {
  auto i = placed.find(who);
  if (i == placed.end())
    return;
  auto& from = repositories[i->second];
  from.claims.erase(who);
  if (from.actor) {
    self->send(from.actor, settled_atom::value, is_settled());
    self->send(from.actor, unclaim_atom::value, who);
  }
  placed.erase(i);
}

void registry_state::read(const object_key& secret) {
  if (!being_read.insert(secret).second)
    return;
  tell_settled();
  self->request(setup.common.mirror, patience, read_atom::value, secret)
    .then([this](const reading_ptr& told) { was_read(told); },
          [this, secret](const caf::error& why) {
            auto none = std::make_shared<reading>();
            none->key = secret;
            none->failed = true;
            none->delay = milliseconds{1'000};
            none->where = error{caf::to_string(why)};
            was_read(none);
          });
}

void registry_state::was_read(const reading_ptr& told) {
  if (told->failed) {
    metrics::log_warning("read", {{"secret", to_string(told->key)},
                                  {"error", told->where.why().message}});
    // It stays among those being read, so nothing is given up meanwhile.
    self->delayed_send(self, told->delay, read_atom::value, told);
    return;
  }
  being_read.erase(told->key);
  readings[told->key] = told;
  auto found = secrets.find(told->key);
  // Deleted, or changed while it was read: the watch tells, or has told.
  if (found != secrets.end()
      && (found->second.first != told->uid
          || found->second.second != told->version)) {
    if (told->uid)
      found->second = {told->uid, told->version};
    else
      secrets.erase(found);
  }
  place_again(told->key);
  tell_settled();
}

void registry_state::read_again(const object_key& secret) {
  being_read.erase(secret);
  place_again(secret);
  tell_settled();
}

repository_entry& registry_state::entry(const std::string& hash) {
  auto [i, is_new] = repositories.try_emplace(hash);
  if (is_new)
    i->second.location_id = {hash};
  return i->second;
}

void registry_state::start(const std::string& hash, repository_entry& into,
                           bool recover) {
  auto all = setup.common;
  all.id = {hash};
  all.location_id = into.location_id;
  all.location = into.location;
  all.registry = registry_actor{self};
  all.recover = recover && hash != lobby;
  into.actor = self->spawn<caf::linked>(repository, std::move(all));
  into.restart_at.reset();
  self->send(into.actor, settled_atom::value,
             is_settled());
  for (const auto& who : std::set<claim_key>{into.claims})
    if (auto i = sources.find(who.object); i != sources.end())
      place_claim(i->second);
  self->send(into.actor, lead_atom::value, may_write());
}

void registry_state::pass_on(const std::string& hash, const fact_ptr& what) {
  if (hash.empty())
    return;
  auto& to = entry(hash);
  if (!to.actor && !to.restart_at)
    start(hash, to, false);
  // While it is down news are not kept: it reads everything when it is back.
  if (to.actor)
    self->send(to.actor, seen_atom::value, what);
}

void registry_state::pass_lease_on(const std::string& location) {
  auto is_known = false;
  for (auto& [hash, known] : repositories)
    if (known.location_id.hex == location) {
      pass_on(hash, leases.at(location));
      is_known = true;
    }
  // Nobody's Lease: its own repository will clear it away. With identities by
  // Secret that is known only when every claim has found its place.
  if (!is_known && (!setup.identity_by_secret || is_settled()))
    pass_on(location, leases.at(location));
}

void registry_state::complete(watched_kind kind) {
  auto before = all_synced();
  synced.set(static_cast<std::size_t>(kind));
  if (before || !all_synced())
    return;
  metrics::log_info("caches are synced", {{"sources", sources.size()},
                                          {"secrets", secrets.size()}});
  opens_at = setup.common.now() + longest_opening;
  for (const auto& [key, source] : std::map{sources})
    place_claim(source);
  tell_settled();
  arm();
}

void registry_state::open() {
  opens_at.reset();
  is_open = true;
  lead(leading);
}

void registry_state::lead(bool leads) {
  leading = leads;
  for (auto& [hash, known] : repositories)
    if (known.actor)
      self->send(known.actor, lead_atom::value, may_write());
  ensure_account();
}

void registry_state::tell_settled() {
  auto settled = is_settled();
  if (settled && !is_open)
    open();
  // Once for a thousand Secrets that are being read, not once for each.
  if (settled == told_settled)
    return;
  told_settled = settled;
  if (settled && setup.identity_by_secret)
    for (const auto& [location, lease] : leases)
      pass_lease_on(location);
  for (auto& [hash, known] : repositories)
    if (known.actor && known.claims.empty())
      self->send(known.actor, settled_atom::value, settled);
}

void registry_state::ensure_account() {
  if (!leading || !all_synced() || account_exists)
    return;
  self
    ->request(setup.common.api, patience, call_atom::value,
              request_ptr{std::make_shared<const request>(apply_service_account(
                setup.common.policy.operator_namespace))})
    .then(
      [this](const response_ptr& answer) {
        account_exists = answer->ok();
        if (!account_exists) {
          metrics::log_warning(
            "cannot write the ServiceAccount of maintenance pods",
            {{"status", answer->status}, {"error", answer->failure}});
          arm();
        }
      },
      [this](const caf::error&) { arm(); });
}

void registry_state::seat(const std::string& hash, place where) {
  std::erase(queue, hash);
  if (where == place::taken)
    running.insert(hash);
  else
    running.erase(hash);
  if (where == place::wanted)
    queue.push_back(hash);
  give_places();
}

bool registry_state::has_place(const std::string& endpoint) const {
  if (setup.max_concurrent > 0 && running.size() >= setup.max_concurrent)
    return false;
  if (setup.max_per_endpoint == 0)
    return true;
  auto there = std::ranges::count_if(running, [&](const std::string& hash) {
    auto i = repositories.find(hash);
    return i != repositories.end() && i->second.endpoint == endpoint;
  });
  return static_cast<unsigned>(there) < setup.max_per_endpoint;
}

void registry_state::give_places() {
  // In the order of asking; who waits for his endpoint holds up nobody else.
  std::deque<std::string> waiting;
  for (auto& hash : std::exchange(queue, {})) {
    auto& to = entry(hash);
    if (!to.actor)
      continue;
    if (!has_place(to.endpoint)) {
      waiting.push_back(hash);
      continue;
    }
    running.insert(hash);
    self->send(to.actor, grant_atom::value, true);
  }
  queue = std::move(waiting);
}

void registry_state::finished(const std::string& hash) {
  auto i = repositories.find(hash);
  if (hash == lobby || i == repositories.end() || !i->second.claims.empty())
    return;
  running.erase(hash);
  std::erase(queue, hash);
  if (auto actor = i->second.actor) {
    // Actors ignore exits with the reason "normal"; and its end is no fall.
    self->unlink_from(actor);
    self->send_exit(actor, caf::exit_reason::user_shutdown);
  }
  repositories.erase(i);
  give_places();
}

void registry_state::fell(const caf::actor_addr& who) {
  for (auto& [hash, known] : repositories) {
    if (!known.actor || known.actor.address() != who)
      continue;
    known.actor = nullptr;
    auto delay = known.supervised.crashed(
      std::chrono::time_point_cast<milliseconds>(
        std::chrono::steady_clock::time_point{
          self->clock().now().time_since_epoch()}));
    known.restart_at = setup.common.now() + delay;
    running.erase(hash);
    std::erase(queue, hash);
    metrics::log_error("repository actor failed; it is started again",
                       {{"repository", hash}, {"seconds", delay.count()}});
    arm();
    give_places();
    return;
  }
}

void registry_state::arm() {
  std::optional<instant> wake;
  for (const auto& [hash, known] : repositories)
    if (known.restart_at && (!wake || *known.restart_at < *wake))
      wake = known.restart_at;
  auto now = setup.common.now();
  if (opens_at)
    wake = std::min(wake.value_or(*opens_at), *opens_at);
  if (leading && !account_exists)
    wake = std::min(wake.value_or(now + seconds{10}), now + seconds{10});
  if (!wake)
    return;
  auto delay = std::clamp<seconds>(*wake - now, seconds{0}, longest_timer);
  self->delayed_send(self, delay, tick_atom::value, ++generation);
}

void registry_state::tick() {
  auto now = setup.common.now();
  for (auto& [hash, known] : repositories)
    if (known.restart_at && *known.restart_at <= now)
      start(hash, known, true);
  if (opens_at && *opens_at <= now)
    open();
  ensure_account();
  arm();
}

registry_view_ptr registry_state::view() const {
  auto shown = std::make_shared<registry_view>();
  shown->synced = all_synced();
  shown->leading = leading;
  for (std::size_t kind = 0; kind < watched_kinds; ++kind)
    if (!synced.test(kind))
      shown->missing.emplace_back(to_string(static_cast<watched_kind>(kind)));
  for (const auto& [hash, known] : repositories)
    shown->repositories.push_back({hash, known.location, known.claims.size(),
                                   known.supervised.crashes(),
                                   static_cast<bool>(known.actor)});
  shown->running = running.size();
  shown->queued = queue.size();
  return shown;
}

registry_actor::behavior_type
registry(registry_actor::stateful_pointer<registry_state> self,
         registry_setup setup) {
  self->state.self = self;
  self->state.setup = std::move(setup);
  self->set_exit_handler([self](const caf::exit_msg& what) {
    // Ours fall alone; everybody else takes us along.
    for (const auto& [hash, known] : self->state.repositories)
      if (known.actor && known.actor.address() == what.source) {
        self->state.fell(what.source);
        return;
      }
    if (what.reason)
      self->quit(what.reason);
  });
  return {
    [self](seen_atom, const observations& seen) {
      for (const auto& what : *seen)
        self->state.take(what);
      return true;
    },
    [self](synced_atom, watched_kind kind) { self->state.complete(kind); },
    [self](lead_atom, bool leads) { self->state.lead(leads); },
    [self](place_atom, const std::string& hash, place where) {
      self->state.seat(hash, where);
    },
    [self](finish_atom, const std::string& hash) {
      self->state.finished(hash);
    },
    [self](read_atom, const reading_ptr& told) {
      self->state.read_again(told->key);
    },
    [self](tick_atom, std::uint64_t generation) {
      if (generation == self->state.generation)
        self->state.tick();
    },
    [self](list_atom) { return self->state.view(); },
    [self](get_atom, const std::string& hash) -> caf::result<view_ptr> {
      auto i = self->state.repositories.find(hash);
      if (i == self->state.repositories.end() || !i->second.actor)
        return view_ptr{};
      return self->delegate(i->second.actor, get_atom::value);
    },
  };
}

} // namespace holystone::actors
