#include "actors/registry.hpp"

#include "actors/projections.hpp"
#include "metrics/log.hpp"

#include <algorithm>

namespace holystone::actors {

namespace {

/// Alarms are set by the wall clock, which may jump.
constexpr seconds longest_timer{60};

/// Do pods of the claim run in its own namespace, as our ServiceAccount?
bool needs_account(const placed& told) {
  const auto& wish = told.wants.wish;
  if (wish.who.kind == claim_kind::kopia_maintenance)
    return told.hash != lobby
           && (!wish.settings.pods
               || wish.settings.pods->service_account.empty());
  return told.where && told.where->reached_by == reach::claim
         && !(wish.volume && wish.volume->is_injected());
}

/// The kind of claimants that are watched as this; none: no claimants are.
std::optional<claim_kind> claim_kind_of(watched_kind kind) {
  if (kind == watched_kind::replication_sources)
    return claim_kind::replication_source;
  if (kind == watched_kind::kopia_maintenances)
    return claim_kind::kopia_maintenance;
  return std::nullopt;
}

} // namespace

void registry_state::begin(registry_setup given) {
  given.common.registry = registry_actor{self};
  common = std::make_shared<const repository_commons>(std::move(given.common));
  identity_by_secret = given.rules.identity_by_secret;
  given.rules.operator_namespace = common->policy.operator_namespace;
  keeper = std::move(given.keeper);
  on_complete = std::move(given.on_complete);
  picture = opening{common->watched};
  if (common->stands_by)
    fork = fork_watch{common->now};
  claims = placement{std::move(given.rules)};
  asked = inquiries{{self, common->mirror, common->volumes,
                     [this](const reading_ptr& told) { learn(told); },
                     [this](const volume_reading_ptr& told) {
                       learn(told);
                     }}};
  seats = places{given.limits, [this](const std::string& hash) {
                   return repositories.endpoint_of(hash);
                 }};
}

void registry_state::take(const observations& seen) {
  for (const auto& what : *seen) {
    // Whoever is told keeps them all for a moment, and nobody copies one.
    fact_ptr whole{seen, &what};
    if (const auto* now_is = std::get_if<fact>(&what))
      take_fact(*now_is, whole);
    else
      take_loss(std::get<loss>(what), whole);
  }
}

void registry_state::take_fact(const fact& what, const fact_ptr& whole) {
  if (const auto* claimant = std::get_if<claimant_fact>(&what)) {
    put_all(claims.learn(*claimant));
  } else if (fork.take(what, steady_now(self))) {
    heed_fork();
  } else if (const auto* lease = std::get_if<lease_seen>(&what)) {
    auto location = parse_lease_name(lease->key.name);
    if (location.empty())
      return;
    // Otherwise it goes to the only repository that can ever ask for it.
    if (identity_by_secret)
      known.learn(*lease);
    pass_lease_on(location, whole);
    shared.learn(repositories.name_of(location), lease->fact);
    tell_aliases();
  } else if (std::holds_alternative<account_seen>(what)) {
    self->send(keeper, seen_atom::value, whole);
  } else if (const auto* config_map = std::get_if<config_map_seen>(&what)) {
    put_all(claims.learn(*config_map));
  } else if (const auto* cache = std::get_if<cache_claim_seen>(&what)) {
    put_all(claims.learn(*cache));
  } else if (const auto* seen = std::get_if<predecessor_seen>(&what)) {
    learn_left(*seen);
  } else {
    const auto* secret = std::get_if<secret_fact>(&what);
    // It was adopted, or a user made it his own.
    if (!secret || !secret->of_fork)
      disown(uid_of(what));
    if (secret) {
      put_all(claims.learn(*secret));
      if (secret->of_fork)
        learn_left(to_left(*secret));
      if (picture.is_synced() && left.needs(secret->key))
        read({readable::kind::secret, secret->key});
    }
    auto hash = known.learn(what);
    // A copy without its labels is none any more.
    if (secret && hash.empty())
      tell_loss({watched_kind::secrets, {secret->key, secret->uid}, nullptr});
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
  if (fork.take(what)) {
    heed_fork();
    return;
  }
  for (const auto& hash : left.forget(what.which.uid))
    if (auto to = repositories.actor_of(hash))
      self->send(to, seen_atom::value, whole);
  if (what.kind == watched_kind::cron_jobs_of_fork)
    return;
  if (auto claimant = claim_kind_of(what.kind)) {
    put_all(claims.forget({*claimant, key}));
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
  if (what.kind == watched_kind::cache_claims) {
    put_all(claims.forget_cache(key));
    return;
  }
  if (what.kind == watched_kind::secrets)
    put_all(claims.forget(key));
  if (what.kind == watched_kind::cron_jobs) {
    self->send(keeper, seen_atom::value, whole);
    put_all(claims.forget_cron_job(key));
  }
  tell_loss(what);
  if (auto location = parse_lease_name(key.name);
      what.kind == watched_kind::leases && !location.empty()) {
    shared.forget(location);
    tell_aliases();
  }
}

void registry_state::tell_loss(const loss& what) {
  for (const auto& hash : known.forget(what))
    if (auto to = repositories.actor_of(hash))
      self->send(to, seen_atom::value,
                 std::make_shared<const observation>(what));
}

void registry_state::put_all(const placement::claim_keys& all) {
  // Before, a Secret or a copy may only not be known yet.
  if (!picture.is_synced())
    return;
  for (const auto& who : all)
    put(who);
}

void registry_state::put(const claim_key& who) {
  auto before = repositories.place_of(who);
  auto told = claims.place(who, before.value_or(lobby));
  if (const auto* first = std::get_if<readable>(&told)) {
    read(*first);
    return;
  }
  leave(who, std::get_if<left_to_fork>(&told));
  if (auto* where = std::get_if<placed>(&told)) {
    put(std::move(*where));
  } else {
    remove_claim(who);
    self->send(keeper, need_atom::value, who, false);
  }
}

// First the others go, so that none of them wins in its place.
void registry_state::leave(const claim_key& who, const left_to_fork* where) {
  if (!claims.leave(who, where))
    return;
  if (!where) {
    put_all(repositories.claims_of(lobby));
    return;
  }
  for (const auto& hash : repositories.lying_at(where->location.hex))
    put_all(repositories.claims_of(hash));
}

void registry_state::put(placed told) {
  const auto& who = told.wants.wish.who;
  auto before = repositories.place_of(who);
  auto is_new = !before;
  auto moves = before && *before != told.hash;
  if (is_new || moves)
    claims.move(before.value_or(lobby), told);
  if (moves)
    remove_claim(who);
  if (moves || told.where || who.kind == claim_kind::kopia_maintenance)
    self->send(keeper, need_atom::value, who, needs_account(told));
  auto& into = repositories.enter(told.hash);
  auto is_new_site
      = told.where && into.where.location_id != told.where->location_id.hex;
  if (told.where)
    repositories.lies_at(into, *told.where);
  auto kept_who = claims.name_of(who);
  if (repositories.claim(kept_who, told.hash))
    tell_shared(into.where.location_id.open());
  if (told.where && !told.wants.wish.defect)
    shared.claim(kept_who, told.wants.wish.created, into.where.location_id,
                 into.where.location);
  else
    shared.unclaim(who);
  if (told.hash != lobby) {
    told.wants.location_id = {into.where.location_id.open()};
    told.wants.location = into.where.location.open();
    told.wants.reached_by = into.where.reached_by;
  }
  if (!into.actor && !into.is_down)
    start(told.hash, into, false);
  else if (into.actor)
    self->send(into.actor, claim_atom::value, kept_who.open(),
               std::make_shared<const claimant>(std::move(told.wants)));
  if (auto location = into.where.location_id.open(); is_new_site)
    if (auto lease = known.lease_of(location))
      pass_lease_on(location, lease);
  if (is_new || moves || is_new_site)
    follow_all(!identity_by_secret);
  tell_aliases();
}

void registry_state::remove_claim(const claim_key& who) {
  auto hash = repositories.place_of(who);
  if (!hash)
    return;
  auto& from = repositories.enter(*hash);
  repositories.unclaim(who);
  tell_shared(from.where.location_id.open());
  if (from.actor) {
    self->send(from.actor, become_atom::value, circumstance::settled,
               is_settled());
    self->send(from.actor, claim_atom::value, who, claimant_ptr{});
  }
  shared.unclaim(who);
  tell_aliases();
  follow_all(true);
}

void registry_state::tell_aliases() {
  for (const auto& location : shared.take_changed()) {
    auto others
        = std::make_shared<const std::vector<alias_fact>>(shared.of(location));
    for (const auto& hash : at_location(location))
      if (auto to = repositories.actor_of(hash))
        self->send(to, alias_atom::value, alias_list_ptr{others});
  }
}

void registry_state::read(const readable& what) {
  if (!asked.ask(what))
    return;
  if (what.what == readable::kind::secret)
    claims.reads(what.key);
  tell_settled();
}

void registry_state::read_again(const readable& what, std::uint64_t ticket) {
  if (!asked.wakes(what, ticket))
    return;
  claims.let_go(what);
  if (claims.needs(what)
      || (what.what == readable::kind::secret && left.needs(what.key)))
    read(what);
  tell_settled();
}

void registry_state::start(const std::string& hash, repository_entry& into,
                           bool recover) {
  into.actor = self->spawn<caf::linked>(
      repository, repository_setup{common,
                                   {hash},
                                   {into.where.location_id.open()},
                                   into.where.location.open(),
                                   into.where.reached_by,
                                   recover && hash != lobby});
  into.is_down = false;
  into.told = 0;
  self->send(into.actor, become_atom::value, circumstance::settled,
             is_settled());
  auto location = into.where.location_id.open();
  if (auto others = shared.of(location); !others.empty())
    self->send(
        into.actor, alias_atom::value,
        std::make_shared<const std::vector<alias_fact>>(std::move(others)));
  tell_shared(location);
  put_all(repositories.claims_of(hash));
  for (const auto& [uid, one] : left.all())
    if (one.told.count(hash) > 0)
      tell_left(hash, one);
  if (may_write())
    self->send(into.actor, become_atom::value, circumstance::leading, true);
}

void registry_state::pass_on(const std::string& hash, const fact_ptr& what) {
  if (hash.empty())
    return;
  auto& to = repositories.enter(hash);
  known.told(uid_of(std::get<fact>(*what)), repositories.name_of(hash));
  if (!to.actor && !to.is_down)
    start(hash, to, false);
  // While it is down news are not kept: it reads everything when it is back.
  if (to.actor) {
    ++to.told;
    self->send(to.actor, seen_atom::value, what);
  }
}

void registry_state::learn_left(const predecessor_seen& seen) {
  const auto& uid = uid_of(seen);
  if (!uid)
    return;
  const auto* old = std::get_if<predecessor>(&seen.what);
  if (old && old->what == predecessor::kind::cron_job && !old->object.exists) {
    disown(uid);
    return;
  }
  left.learn(seen);
  follow(uid);
}

void registry_state::disown(const object_uid& uid) {
  const auto* old = left.find(uid);
  if (!old)
    return;
  auto gone = std::make_shared<const observation>(to_loss(*old));
  for (const auto& hash : left.forget(uid))
    if (auto to = repositories.actor_of(hash))
      self->send(to, seen_atom::value, gone);
}

void registry_state::learn(const reading_ptr& told) {
  if (!told->failed)
    put_all(claims.learn(told));
  for (const auto& uid : left.learn(*told))
    follow(uid);
  claims.let_go({readable::kind::secret, told->key});
  tell_settled();
}

void registry_state::learn(const volume_reading_ptr& told) {
  if (!told->failed)
    put_all(claims.learn(told));
  tell_settled();
}

void registry_state::follow_all(bool only_unplaced) {
  if (left.empty() || !picture.is_synced())
    return;
  if (only_unplaced) {
    for (const auto& uid : left.unplaced())
      follow(uid);
    return;
  }
  for (const auto& [uid, one] : left.all())
    follow(uid);
}

void registry_state::follow(const object_uid& uid) {
  auto* what = left.find(uid);
  // Before, nobody knows who claims what.
  if (!what || !picture.is_synced())
    return;
  if (!left.has_read(what->seen.secret)) {
    read({readable::kind::secret, what->seen.secret});
    return;
  }
  auto before = std::exchange(
      what->told,
      left.places_of(*what, {claims, repositories, identity_by_secret}));
  for (const auto& hash : before)
    if (auto to = repositories.actor_of(hash); to && !what->told.contains(hash))
      self->send(to, seen_atom::value,
                 std::make_shared<const observation>(to_loss(*what)));
  for (const auto& hash : what->told)
    tell_left(hash, *what);
}

void registry_state::tell_left(const std::string& hash,
                               const left_behind& what) {
  auto& to = repositories.enter(hash);
  // Whoever starts or restarts is told all.
  if (!to.actor) {
    if (!to.is_down)
      start(hash, to, false);
    return;
  }
  ++to.told;
  auto seen = what.seen;
  seen.fork_leads = fork.leaves();
  self->send(
      to.actor, seen_atom::value,
      fact_ptr{std::make_shared<const observation>(fact{std::move(seen)})});
}

std::vector<std::string>
registry_state::at_location(const std::string& location) const {
  if (identity_by_secret)
    return repositories.lying_at(location);
  // Its own repository is the only one: no look at ten thousand others.
  const auto* one = repositories.find(location);
  if (one && one->where.location_id == location)
    return {location};
  return {};
}

void registry_state::pass_lease_on(const std::string& location,
                                   const fact_ptr& lease) {
  auto there = at_location(location);
  for (const auto& hash : there)
    pass_on(hash, lease);
  // Nobody's Lease: its own repository will clear it away. With identities by
  // Secret that is known only when every claim has found its place.
  if (there.empty() && (!identity_by_secret || is_settled()))
    pass_on(location, lease);
}

void registry_state::complete(const watched_place& place) {
  if (!picture.complete(place, common->now()))
    return;
  metrics::log_info("caches are synced", {{"claimants", claims.claimants()},
                                          {"secrets", claims.secrets()}});
  claims.recall_readings();
  put_all(claims.everybody());
  follow_all(false);
  tell_settled();
  arm();
}

caf::result<bool> registry_state::read_in_turn() {
  auto turn = self->make_response_promise<bool>();
  lists.ask(turn);
  return turn;
}

void registry_state::lead(bool leads) {
  leading = leads;
  tell_all(become_atom::value, circumstance::leading, may_write());
  self->send(keeper, become_atom::value, circumstance::leading, may_write());
}

void registry_state::tell_settled() {
  auto settled = is_settled();
  open_up();
  tell_complete();
  // Once for a thousand Secrets that are being read, not once for each.
  if (settled == told_settled)
    return;
  told_settled = settled;
  self->send(keeper, become_atom::value, circumstance::settled, settled);
  if (settled && identity_by_secret)
    for (const auto& location : known.leases())
      pass_lease_on(location, known.lease_of(location));
  for (const auto& [hash, one] : repositories.all())
    if (one.actor && one.claims.empty())
      self->send(one.actor, become_atom::value, circumstance::settled, settled);
}

void registry_state::tell_complete() {
  if (on_complete && notices && is_settled())
    std::exchange(on_complete, {})();
}

void registry_state::tell_shared(const std::string& location) {
  if (!identity_by_secret)
    return;
  for (const auto& hash : repositories.lying_at(location))
    if (auto to = repositories.actor_of(hash))
      self->send(to, become_atom::value, circumstance::shared,
                 repositories.is_shared(hash));
}

void registry_state::seat(const std::string& hash, place where) {
  // The last words of an actor that fell count no more.
  seats.seat(hash, repositories.actor_of(hash) ? where : place::none);
  give_places();
}

void registry_state::give_places() {
  for (const auto& hash : seats.give())
    self->send(repositories.actor_of(hash), become_atom::value,
               circumstance::granted, true);
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
  if (common->onlookers)
    common->onlookers->tell("gone", R"({"hash":")" + hash + R"("})");
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
  waiting.set(repositories.name_of(hash), common->now() + delay, common->now());
  arm();
  give_places();
}

void registry_state::wake(const std::string& hash, instant when) {
  // The last words of an actor that fell count no more.
  if (!repositories.actor_of(hash))
    return;
  waiting.set(repositories.name_of(hash), when, common->now());
  arm();
}

void registry_state::arm() {
  auto now = steady_now(self);
  if (auto settles = fork.settles_at(now))
    wakeup.set(self, *settles);
  auto opens = awaits_fork() ? std::optional<instant>{} : picture.opens_at();
  if (auto next = earlier(waiting.next(), opens))
    wakeup.set(self, now
                         + std::clamp<seconds>(*next - common->now(),
                                               seconds{0}, longest_timer));
}

void registry_state::tick() {
  auto now = common->now();
  for (const auto& hash : waiting.take_due(now))
    call(hash);
  heed_fork();
}

void registry_state::open_up() {
  if (!awaits_fork() && picture.open(common->now(), asked.are_answered()))
    lead(leading);
}

// Whether KopiaMaintenances claim must be known before somebody is elected in
// their place.
bool registry_state::awaits_fork() const {
  return !picture.is_open() && claims.has_maintenances()
         && (!notices || fork.is_undecided(steady_now(self)));
}

void registry_state::hear_of_neighbours(std::vector<std::string> told) {
  notices = std::move(told);
  heed_fork();
}

void registry_state::heed_fork() {
  if (fork.settle(steady_now(self))) {
    picture.prolong(common->now());
    put_all(claims.leave_maintenances(fork.leaves()));
    follow_all(false);
  }
  tell_settled();
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
    shown->repositories.push_back(
        {hash.open(), one.where.location.open(), one.claims.size(),
         one.falls ? one.falls->crashes() : 0, static_cast<bool>(one.actor)});
  shown->running = seats.running();
  shown->queued = seats.waiting();
  shown->notices = fork.notices(steady_now(self));
  if (notices)
    shown->notices.insert(shown->notices.end(), notices->begin(),
                          notices->end());
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
        self->state.take(seen);
        return true;
      },
      [self](synced_atom, const watched_place& place) {
        self->state.complete(place);
      },
      [self](turn_atom) { return self->state.read_in_turn(); },
      [self](finish_atom) { self->state.lists.finish(); },
      [self](lead_atom, bool leads) { self->state.lead(leads); },
      [self](place_atom, const std::string& hash, place where) {
        self->state.seat(hash, where);
      },
      [self](wake_atom, const std::string& hash, instant at) {
        self->state.wake(hash, at);
      },
      [self](notice_atom, std::vector<std::string>& told) {
        self->state.hear_of_neighbours(std::move(told));
      },
      [self](finish_atom, const std::string& hash, std::uint64_t heard) {
        self->state.finished(hash, heard);
      },
      [self](read_atom, const readable& what, std::uint64_t ticket) {
        self->state.read_again(what, ticket);
      },
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
      [self](get_atom, const claim_key& who) -> caf::result<view_ptr> {
        auto where = self->state.repositories.place_of(who);
        auto to = where ? self->state.repositories.actor_of(*where)
                        : repository_actor{};
        if (!to)
          return view_ptr{};
        return self->delegate(to, get_atom::value);
      },
      [self](mailbox_atom) { return messages_waiting(self); },
  };
}

} // namespace holystone::actors
