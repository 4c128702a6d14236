#include "actors/registry.hpp"

#include "actors/projections.hpp"
#include "metrics/log.hpp"

#include <algorithm>

namespace holystone::actors {

namespace {

/// Alarms are set by the wall clock, which may jump.
constexpr seconds longest_timer{60};

const std::string& why_of(const reading& told) {
  return told.where.why().message;
}

const std::string& why_of(const volume_reading& told) {
  return told.what.why().message;
}

/// Do the claim's pods run in its own namespace?
bool runs_beside(const placed& told) {
  const auto& volume = told.wants.wish.volume;
  return told.where && told.where->reached_by == reach::claim
         && !(volume && volume->is_injected());
}

} // namespace

void registry_state::begin(registry_setup given) {
  given.common.registry = registry_actor{self};
  common = std::make_shared<const repository_commons>(std::move(given.common));
  identity_by_secret = given.rules.identity_by_secret;
  given.rules.operator_namespace = common->policy.operator_namespace;
  keeper = std::move(given.keeper);
  claims = placement{std::move(given.rules)};
  seats = places{given.limits, [this](const std::string& hash) {
                   return repositories.endpoint_of(hash);
                 }};
}

void registry_state::take(const observation& what) {
  auto whole = std::make_shared<const observation>(what);
  if (const auto* now_is = std::get_if<fact>(whole.get()))
    take_fact(*now_is, whole);
  else
    take_loss(std::get<loss>(*whole), whole);
}

void registry_state::take_fact(const fact& what, const fact_ptr& whole) {
  if (const auto* source = std::get_if<source_fact>(&what)) {
    put_all(claims.learn(*source));
  } else if (const auto* lease = std::get_if<lease_seen>(&what)) {
    auto location = known.learn(*lease, whole);
    if (location.empty())
      return;
    pass_lease_on(location);
    shared.learn(location, lease->fact);
    tell_aliases();
  } else if (std::holds_alternative<account_seen>(what)) {
    self->send(keeper, seen_atom::value, whole);
  } else if (const auto* config_map = std::get_if<config_map_seen>(&what)) {
    put_all(claims.learn(*config_map));
  } else {
    if (const auto* secret = std::get_if<secret_fact>(&what))
      put_all(claims.learn(*secret));
    auto hash = known.learn(what);
    if (const auto* cron_job = std::get_if<cron_job_seen>(&what);
        cron_job && !hash.empty()) {
      self->send(keeper, seen_atom::value, whole);
      claims.learn(*cron_job, hash);
    }
    pass_on(hash, whole);
    if (const auto* job = std::get_if<job_seen>(&what);
        job && claims.learn(*job))
      put_all(repositories.claims_of(hash));
  }
}

void registry_state::take_loss(const loss& what, const fact_ptr& whole) {
  const auto& key = what.which.key;
  if (what.kind == watched_kind::replication_sources) {
    put_all(claims.forget({claim_kind::replication_source, key}));
    return;
  }
  if (what.kind == watched_kind::service_accounts) {
    self->send(keeper, seen_atom::value, whole);
    return;
  }
  if (what.kind == watched_kind::config_maps) {
    put_all(claims.forget_config_map(key));
    return;
  }
  if (what.kind == watched_kind::secrets)
    put_all(claims.forget(key));
  if (what.kind == watched_kind::cron_jobs)
    self->send(keeper, seen_atom::value, whole);
  for (const auto& hash : known.forget(what))
    if (auto to = repositories.actor_of(hash))
      self->send(to, seen_atom::value, whole);
  if (auto location = parse_lease_name(key.name);
      what.kind == watched_kind::leases && !location.empty()) {
    shared.forget(location);
    tell_aliases();
  }
}

void registry_state::put_all(const placement::claim_keys& all) {
  // Before, a Secret or a copy may only not be known yet.
  if (!picture.is_synced())
    return;
  for (const auto& who : all)
    put(who);
}

void registry_state::put(const claim_key& who) {
  auto i = at.find(who);
  auto told = claims.place(who, i == at.end() ? lobby : i->second);
  if (std::holds_alternative<unclaimed>(told)) {
    remove_claim(who);
    self->send(keeper, need_atom::value, who, false);
  } else if (const auto* first = std::get_if<readable>(&told)) {
    read(*first);
  } else {
    put(std::get<placed>(std::move(told)));
  }
}

void registry_state::put(placed told) {
  const auto& who = told.wants.wish.who;
  auto before = at.find(who);
  auto is_new = before == at.end();
  auto moves = !is_new && before->second != told.hash;
  if (is_new || moves)
    claims.move(is_new ? lobby : before->second, told);
  if (moves)
    remove_claim(who);
  if (moves || told.where)
    self->send(keeper, need_atom::value, who, runs_beside(told));
  at[who] = told.hash;
  auto& into = repositories.enter(told.hash);
  auto is_new_site
      = told.where && into.where.location_id != told.where->location_id;
  if (told.where)
    into.where = *told.where;
  if (into.claims.insert(who).second)
    tell_shared(into.where.location_id.hex);
  if (told.where && !told.wants.wish.defect)
    shared.claim(who, told.wants.wish.created, into.where.location_id.hex,
                 into.where.location);
  else
    shared.unclaim(who);
  if (told.hash != lobby) {
    told.wants.location_id = into.where.location_id;
    told.wants.location = into.where.location;
    told.wants.reached_by = into.where.reached_by;
  }
  if (!into.actor && !into.is_down)
    start(told.hash, into, false);
  else if (into.actor)
    self->send(into.actor, claim_atom::value,
               std::make_shared<const claimant>(std::move(told.wants)));
  if (is_new_site && known.lease_of(into.where.location_id.hex))
    pass_lease_on(into.where.location_id.hex);
  tell_aliases();
}

void registry_state::remove_claim(const claim_key& who) {
  auto i = at.find(who);
  if (i == at.end())
    return;
  auto& from = repositories.enter(i->second);
  from.claims.erase(who);
  tell_shared(from.where.location_id.hex);
  if (from.actor) {
    self->send(from.actor, settled_atom::value, picture.is_settled());
    self->send(from.actor, unclaim_atom::value, who);
  }
  at.erase(i);
  shared.unclaim(who);
  tell_aliases();
}

void registry_state::tell_aliases() {
  for (const auto& location : shared.take_changed()) {
    auto others
        = std::make_shared<const std::vector<alias_fact>>(shared.of(location));
    for (const auto& hash : repositories.lying_at(location))
      if (auto to = repositories.actor_of(hash))
        self->send(to, alias_atom::value, alias_list_ptr{others});
  }
}

void registry_state::read(const readable& what) {
  if (!picture.read(what))
    return;
  tell_settled();
  if (what.what == readable::kind::secret) {
    claims.reads(what.key);
    ask<reading_ptr>(common->mirror, read_atom::value, what);
  } else {
    ask<volume_reading_ptr>(common->volumes, volume_atom::value, what);
  }
}

template <class Reading, class Reader, class Atom>
void registry_state::ask(const Reader& reader, Atom, const readable& what) {
  self->request(reader, caf::infinite, Atom::value, what.key)
      .then(
          [this, what](const Reading& told) {
            if (told->failed) {
              // It stays among those being read, so that nothing is given up
              // meanwhile.
              metrics::log_warning("read", {{"object", to_string(what.key)},
                                            {"error", why_of(*told)}});
            } else {
              picture.was_read(what);
              put_all(claims.learn(told));
              tell_settled();
            }
            if (told->again > milliseconds{0})
              self->delayed_send(self, told->again, read_atom::value, what);
          },
          [this, what](const caf::error&) {
            self->delayed_send(self, seconds{1}, read_atom::value, what);
          });
}

void registry_state::read_again(const readable& what) {
  picture.was_read(what);
  if (claims.needs(what))
    read(what);
  tell_settled();
}

void registry_state::start(const std::string& hash, repository_entry& into,
                           bool recover) {
  into.actor = self->spawn<caf::linked>(
      repository, repository_setup{common,
                                   {hash},
                                   into.where.location_id,
                                   into.where.location,
                                   into.where.reached_by,
                                   recover && hash != lobby});
  into.is_down = false;
  into.told = 0;
  self->send(into.actor, settled_atom::value, picture.is_settled());
  if (auto others = shared.of(into.where.location_id.hex); !others.empty())
    self->send(
        into.actor, alias_atom::value,
        std::make_shared<const std::vector<alias_fact>>(std::move(others)));
  tell_shared(into.where.location_id.hex);
  put_all({into.claims.begin(), into.claims.end()});
  self->send(into.actor, lead_atom::value, may_write());
}

void registry_state::pass_on(const std::string& hash, const fact_ptr& what) {
  if (hash.empty())
    return;
  auto& to = repositories.enter(hash);
  known.told(uid_of(std::get<fact>(*what)), hash);
  if (!to.actor && !to.is_down)
    start(hash, to, false);
  // While it is down news are not kept: it reads everything when it is back.
  if (to.actor) {
    ++to.told;
    self->send(to.actor, seen_atom::value, what);
  }
}

void registry_state::pass_lease_on(const std::string& location) {
  auto lease = known.lease_of(location);
  auto there = repositories.lying_at(location);
  for (const auto& hash : there)
    pass_on(hash, lease);
  // Nobody's Lease: its own repository will clear it away. With identities by
  // Secret that is known only when every claim has found its place.
  if (there.empty() && (!identity_by_secret || picture.is_settled()))
    pass_on(location, lease);
}

void registry_state::complete(watched_kind kind) {
  if (!picture.complete(kind, common->now()))
    return;
  metrics::log_info("caches are synced", {{"sources", claims.sources()},
                                          {"secrets", claims.secrets()}});
  put_all(claims.everybody());
  tell_settled();
  arm();
}

void registry_state::lead(bool leads) {
  leading = leads;
  tell_all(lead_atom::value, may_write());
  self->send(keeper, lead_atom::value, may_write());
}

void registry_state::tell_settled() {
  auto settled = picture.is_settled();
  if (picture.open(common->now()))
    lead(leading);
  // Once for a thousand Secrets that are being read, not once for each.
  if (settled == told_settled)
    return;
  told_settled = settled;
  self->send(keeper, settled_atom::value, settled);
  if (settled && identity_by_secret)
    for (const auto& [location, lease] : known.leases())
      pass_lease_on(location);
  for (const auto& [hash, one] : repositories.all())
    if (one.actor && one.claims.empty())
      self->send(one.actor, settled_atom::value, settled);
}

void registry_state::tell_shared(const std::string& location) {
  if (!identity_by_secret)
    return;
  for (const auto& hash : repositories.lying_at(location))
    if (auto to = repositories.actor_of(hash))
      self->send(to, shared_atom::value, repositories.is_shared(hash));
}

void registry_state::seat(const std::string& hash, place where) {
  // The last words of an actor that fell count no more.
  seats.seat(hash, repositories.actor_of(hash) ? where : place::none);
  give_places();
}

void registry_state::give_places() {
  for (const auto& hash : seats.give())
    self->send(repositories.actor_of(hash), grant_atom::value, true);
}

void registry_state::finished(const std::string& hash, std::uint64_t heard) {
  const auto* who = repositories.find(hash);
  if (hash == lobby || !who || !who->claims.empty())
    return;
  // It has not heard all yet; what it would not hear nobody would know.
  if (heard != who->told)
    return;
  seats.seat(hash, place::none);
  if (auto actor = who->actor) {
    // Actors ignore exits with the reason "normal"; and its end is no fall.
    self->unlink_from(actor);
    self->send_exit(actor, caf::exit_reason::user_shutdown);
  }
  claims.forget_repository(hash);
  repositories.erase(hash);
  waiting.erase(hash);
  give_places();
}

void registry_state::ended(const caf::exit_msg& what) {
  // Ours fall alone; everybody else takes us along.
  if (auto hash = repositories.hash_of(what.source))
    fell(*hash);
  else if (what.reason)
    self->quit(what.reason);
}

void registry_state::fell(const std::string& hash) {
  auto delay = repositories.fell(hash, steady_now(self));
  seats.seat(hash, place::none);
  common->meters->actor_restarted("repository");
  metrics::log_error("repository actor failed; it is started again",
                     {{"repository", hash}, {"seconds", delay.count()}});
  waiting.set(hash, common->now() + delay, common->now());
  arm();
  give_places();
}

void registry_state::wake(const std::string& hash, instant when) {
  // The last words of an actor that fell count no more.
  if (!repositories.actor_of(hash))
    return;
  waiting.set(hash, when, common->now());
  arm();
}

void registry_state::arm() {
  auto next = earlier(waiting.next(), picture.opens_at());
  if (!next)
    return;
  auto delay
      = std::clamp<seconds>(*next - common->now(), seconds{0}, longest_timer);
  wakeup.set(self, steady_now(self) + delay);
}

void registry_state::tick() {
  auto now = common->now();
  for (const auto& hash : waiting.take_due(now))
    call(hash);
  if (picture.open(now))
    lead(leading);
  arm();
}

void registry_state::call(const std::string& hash) {
  auto* who = repositories.find(hash);
  if (who && who->actor)
    self->send(who->actor, tick_atom::value);
  else if (who && who->is_down)
    start(hash, *who, true);
}

registry_view_ptr registry_state::view() const {
  auto shown = std::make_shared<registry_view>();
  shown->synced = picture.is_synced();
  shown->leading = leading;
  shown->missing = picture.missing();
  for (const auto& [hash, one] : repositories.all())
    shown->repositories.push_back({hash, one.where.location, one.claims.size(),
                                   one.supervised.crashes(),
                                   static_cast<bool>(one.actor)});
  shown->running = seats.running();
  shown->queued = seats.waiting();
  return shown;
}

registry_actor::behavior_type
registry(registry_actor::stateful_pointer<registry_state> self,
         registry_setup setup) {
  self->state.self = self;
  self->state.begin(std::move(setup));
  self->set_exit_handler(
      [self](const caf::exit_msg& what) { self->state.ended(what); });
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
      [self](wake_atom, const std::string& hash, instant at) {
        self->state.wake(hash, at);
      },
      [self](finish_atom, const std::string& hash, std::uint64_t heard) {
        self->state.finished(hash, heard);
      },
      [self](read_atom, const readable& what) { self->state.read_again(what); },
      [self](tick_atom, std::uint64_t ticket) {
        if (self->state.wakeup.rang(ticket))
          self->state.tick();
      },
      [self](list_atom) { return self->state.view(); },
      [self](get_atom, const std::string& hash) -> caf::result<view_ptr> {
        auto to = self->state.repositories.actor_of(hash);
        if (!to)
          return view_ptr{};
        return self->delegate(to, get_atom::value);
      },
  };
}

} // namespace holystone::actors
