#include "actors/repository.hpp"

#include "actors/outcomes.hpp"
#include "actors/projections.hpp"
#include "actors/view_json.hpp"
#include "k8s_io/cache_claims.hpp"
#include "k8s_io/list_pages.hpp"
#include "k8s_io/manifests.hpp"
#include "k8s_io/names.hpp"
#include "k8s_io/predecessor_objects.hpp"
#include "k8s_io/status_requests.hpp"
#include "metrics/log.hpp"
#include "scheduler/home.hpp"
#include "scheduler/wanted_cron_job.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace holystone::actors {

namespace {

/// What failed this often in a row, for 7 s and more, is told to users.
constexpr unsigned lasting_failures = 3;
/// How many runs to come people are shown.
constexpr std::size_t shown_runs = 5;

/// What the action is, for a log line and the inspection.
std::string words_for(const repository_action& action) {
  static constexpr std::array<std::string_view, 23> words{
      "",
      "acquire Lease for",
      "resume",
      "suspend",
      "drop",
      "replace",
      "release",
      "copy",
      "delete",
      "apply",
      "set lastScheduleTime of",
      "delete",
      "delete",
      "write",
      "remove the finalizer of",
      "apply",
      "delete",
      "make",
      "write the ledger into",
      "settle",
      "suspend the fork's",
      "adopt the fork's",
      "delete the fork's"};
  auto text = fmt::format("{} {}", words[action.index()], subject_of(action));
  if (const auto* drop = std::get_if<drop_job>(&action))
    text += ": " + drop->reason;
  return text;
}

/// The call that a step is, if it needs nothing but that.
std::optional<request>
to_request(const std::shared_ptr<const repository_step>& step,
           const std::shared_ptr<const repository_commons>& common) {
  const auto& action = step->action;
  if (const auto* apply = std::get_if<apply_cron_job>(&action))
    return k8s_io::apply({step, apply}, {common, &common->mover});
  if (const auto* set = std::get_if<set_last_schedule>(&action))
    return set_schedule_time(*set);
  if (const auto* gone = std::get_if<delete_cron_job>(&action))
    return remove(*gone);
  if (const auto* status = std::get_if<write_status>(&action))
    return tell_status(*status);
  if (const auto* old = std::get_if<scheduler::remove_finalizer>(&action))
    return let_go(*old);
  if (const auto* cache = std::get_if<apply_cache_claim>(&action))
    return k8s_io::apply(*cache, common->policy.operator_namespace);
  if (const auto* cache = std::get_if<delete_cache_claim>(&action))
    return remove(*cache);
  if (const auto* granted = std::get_if<settle_reset>(&action))
    return settle(*granted);
  if (const auto* halt = std::get_if<suspend_predecessor>(&action))
    return suspend(*halt);
  if (const auto* gone = std::get_if<remove_predecessor>(&action))
    return remove(*gone);
  return std::nullopt;
}

/// Does the claimant ask for something else than before?
bool asks_anew(const repository_facts& facts, const claim& wish) {
  return std::ranges::none_of(facts.claimants, [&](const claimant& known) {
    const auto& before = known.wish;
    return before.who == wish.who && before.uid == wish.uid
           && before.generation == wish.generation
           && before.secret_version == wish.secret_version
           && before.ca_version == wish.ca_version
           && before.cache == wish.cache;
  });
}

} // namespace

void repository_state::begin(repository_setup given) {
  repository_facts from;
  from.id = given.id;
  from.location_id = given.location_id;
  from.location = given.location;
  from.reached_by = given.reached_by;
  known = observed{std::move(from), given.common->policy.operator_namespace};
  shown = tally{*given.common->meters};
  common = std::move(given.common);
  // One question to the system's source takes longer than all else here.
  auto whose = std::hash<std::string>{}(given.id.hex);
  random.seed(common->seed ^ static_cast<std::uint32_t>(whose));
  if (given.recover)
    recover();
}

void repository_state::take(const claim_key& who, const claimant_ptr& wants) {
  if (!troubles->is_unused(common->now())
      && (!wants || asks_anew(known.facts(), wants->wish)))
    troubles.use().forgive();
  if (wants) {
    known.claim(*wants, common->now());
  } else {
    known.unclaim(who);
    events.use().forget(who);
  }
  advance();
}

void repository_state::become(circumstance what, bool is_so) {
  if (what == circumstance::leading)
    lead(is_so);
  else if (what == circumstance::settled)
    settled = is_so;
  else if (what == circumstance::shared)
    known.share(is_so);
  else
    known.grant(is_so);
  advance();
}

void repository_state::lead(bool leads) {
  // Whoever leads shows; two processes with the same series would confuse.
  if (leading && !leads)
    shown.hide(hash());
  leading = leads;
  // Who follows has asked for nothing so far.
  if (!leads)
    known.catch_up();
}

void repository_state::look_again() {
  due.reset();
  known.give_up_echoes(common->now());
  for (const auto& what : known.unheard(common->now()))
    look_for(what);
  advance();
}

// What comes and goes between two lists no watch ever tells.
void repository_state::look_for(const loss& what) {
  auto call = get(resource_of(what.kind), what.which.key);
  call.metadata_only = what.kind == watched_kind::secrets;
  auto look = std::make_shared<const request>(std::move(call));
  self->request(common->api, caf::infinite, call_atom::value, request_ptr{look})
      .then(
          [this, what, look](const response_ptr& answer) {
            auto now = common->now();
            auto told = judge(*look, *answer, 0, 0.5).what;
            auto there = told == advice::done
                             ? to_observation(*look, answer->body)
                             : nullptr;
            const auto* found
                = there ? std::get_if<fact>(there.get()) : nullptr;
            if (told == advice::absent
                || (found && uid_of(*found) != what.which.uid))
              known.see(std::make_shared<const observation>(what), now);
            if (found)
              known.read(*found, now);
            advance();
          },
          // It is looked for again.
          [](const caf::error&) {});
}

void repository_state::take_seat(const repository_step& step) {
  auto wanted
      = known.facts().lease.holder ? place::taken
        : step.wants_grant || std::holds_alternative<acquire_lease>(step.action)
            ? place::wanted
            : place::none;
  if (wanted == place::none)
    known.grant(false);
  if (wanted == seat)
    return;
  seat = wanted;
  self->send(common->registry, place_atom::value, hash(), seat);
}

void repository_state::arm(std::optional<instant> wake) {
  auto now = common->now();
  auto next = earlier(earlier(wake, troubles->next(now)), known.gives_up_at());
  if (!next)
    return;
  // Whatever time it is thought to be, nothing spins.
  auto at = std::max(*next, now + seconds{1});
  if (due && now <= *due && *due <= at)
    return;
  due = at;
  self->send(common->registry, wake_atom::value, hash(), at);
}

void repository_state::advance() {
  decide();
  show();
  rest();
}

void repository_state::show() {
  if (!common->onlookers || !common->onlookers->is_heard() || hash().empty())
    return;
  auto line = boost::json::serialize(brief_json(*view()));
  auto now_is = std::hash<std::string>{}(line);
  if (std::exchange(line_told, now_is) != now_is)
    common->onlookers->tell("repository", line);
}

void repository_state::rest() {
  // What is about to be told opens the facts again anyway.
  if (!self->mailbox().empty())
    return;
  known.rest();
  if (busy)
    return;
  troubles.rest(common->now());
  waiting.rest();
  events.rest();
}

repository_step repository_state::next(instant now) const {
  return next_step(
      known.facts(), common->policy,
      [&](const std::string& subject) {
        return troubles->is_blocked(subject, now);
      },
      now);
}

void repository_state::decide() {
  if (busy)
    return;
  auto now = common->now();
  // The places of the limit are given out here as the leader gives them.
  if (common->stands_by)
    take_seat(next(now));
  // Who follows has nothing to write, and nobody to tell why.
  if (!leading)
    return;
  shown.show(known.facts(), now);
  known.trouble(troubles->failing(lasting_failures));
  auto step = next(now);
  // Orphans may still find their claim among those being read.
  auto may_be_claimed = known.facts().claimants.empty() && !settled;
  take_seat(step);
  if (step.finished && !may_be_claimed) {
    shown.hide(hash());
    self->send(common->registry, finish_atom::value, hash(), heard);
    return;
  }
  auto is_idle = std::holds_alternative<std::monostate>(step.action);
  if (is_idle || may_be_claimed) {
    auto word = is_idle ? waiting.use().tell(known.facts(), step.reason, now)
                        : waiting_jobs::word{};
    arm(earlier(step.wake, word.again));
    post(word.notes);
    return;
  }
  perform(std::make_shared<const repository_step>(std::move(step)));
}

void repository_state::perform(const step_ptr& step) {
  const auto& action = step->action;
  busy = true;
  writing = words_for(action);
  // Each replacement has a name of its own, but there may be no end of them.
  auto counted = std::holds_alternative<replace_job>(action)
                     ? std::string{"replacements"}
                     : subject_of(action);
  if (!troubles.use().may_write(counted, common->now())) {
    fail(*step, outcome{false,
                        milliseconds{60'000},
                        "written again and again: does another controller "
                        "undo it?",
                        {}});
    return;
  }
  known.begin(action);
  shown.begin(action, known.facts(), common->now());
  if (auto call = to_request(step, common))
    send(step, std::move(*call));
  else if (const auto* copy = std::get_if<write_copy>(&action))
    order_copy(step, {hash(), std::shared_ptr<const write_copy>{step, copy}});
  else if (const auto* old = std::get_if<delete_copy>(&action))
    order_copy(step, {hash(), std::shared_ptr<const delete_copy>{step, old}});
  else
    order_job(step);
}

void repository_state::send(const step_ptr& step, request call) {
  auto what = std::make_shared<const request>(std::move(call));
  self->request(common->api, caf::infinite, call_atom::value, what)
      .then(
          [this, step, what](const response_ptr& answer) {
            auto failures = troubles->failures(subject_of(step->action));
            auto chance = std::uniform_real_distribution<>{}(random);
            finish(*step, to_outcome(*what, *answer, failures, chance));
          },
          [this, step](const caf::error& why) {
            finish(*step, no_answer(caf::to_string(why)));
          });
}

void repository_state::order_copy(const step_ptr& step, copy_order what) {
  self->request(
          common->mirror, caf::infinite, copy_atom::value,
          copy_order_ptr{std::make_shared<const copy_order>(std::move(what))})
      .then([this, step](const outcome_ptr& end) { finish(*step, *end); },
            [this, step](const caf::error& why) {
              finish(*step, no_answer(caf::to_string(why)));
            });
}

void repository_state::order_job(const step_ptr& step) {
  const auto& facts = known.facts();
  const auto* winner = winner_of(facts);
  const auto* old = std::get_if<replace_job>(&step->action);
  job_order order{
      step->action,
      facts.location_id,
      facts.lease,
      old ? wanted_cron_job(facts, common->policy, old->job.kind, common->now())
          : std::nullopt,
      winner ? std::optional{winner->wish.who} : facts.lease.winner,
      {},
      {},
      old ? facts.cron_jobs[old->job.kind].uid : object_uid{},
      namespaces_with_say(facts, common->policy.operator_namespace)};
  for (const auto& who : facts.claimants)
    order.claimants.push_back(who.wish.who);
  for (const auto& other : facts.aliases)
    order.aliases.push_back(other.hash);
  for (const auto& left : facts.predecessors)
    if (left.what == predecessor::kind::cron_job)
      order.secrets_of_fork.push_back(left.secret);
  self->request(
          common->runner, caf::infinite, run_atom::value,
          job_order_ptr{std::make_shared<const job_order>(std::move(order))})
      .then([this, step](const outcome_ptr& end) { finish(*step, *end); },
            [this, step](const caf::error& why) {
              finish(*step, no_answer(caf::to_string(why)));
            });
}

void repository_state::finish(const repository_step& step, const outcome& end) {
  if (!end.done) {
    fail(step, end);
    return;
  }
  busy = false;
  writing.clear();
  troubles.use().succeeded(subject_of(step.action));
  metrics::log_info("wrote",
                    {{"repository", hash()}, {"step", words_for(step.action)}});
  known.finish(step.action, end.seen, common->now());
  // What comes and goes between two lists no watch ever tells.
  if (end.is_absent)
    known.lack(step.action, common->now());
  post(step.events);
  advance();
}

void repository_state::fail(const repository_step& step, const outcome& end) {
  busy = false;
  writing.clear();
  auto subject = subject_of(step.action);
  if (end.was_refused)
    known.refuse(step.action);
  if (end.is_absent)
    known.lack(step.action, common->now());
  for (const auto& one : end.seen)
    known.read(std::get<fact>(one), common->now());
  troubles.use().failed(subject, end, common->now());
  if (troubles->failures(subject) > 1 || end.delay > milliseconds{10'000})
    metrics::log_warning("write failed", {{"repository", hash()},
                                          {"step", words_for(step.action)},
                                          {"error", end.message}});
  advance();
}

void repository_state::post(const std::vector<event_note>& notes) {
  if (!notes.empty())
    events.use().post(notes, {common->api, common->reporter, hash()},
                      common->now());
}

void repository_state::recover() {
  // The registry restarts us after a crash; what the watches told the dead
  // actor is read again, and news that arrive meanwhile only add to it.
  busy = true;
  auto mine = fmt::format("{}={}", names::repository_hash, hash());
  // At home they are known by name even if somebody removed their labels; one
  // of a KopiaMaintenance has its own name.
  for (auto kind : maintenance_kinds)
    read_again(watched_kind::cron_jobs, {},
               cron_job_name(known.facts().id, kind));
  for (auto kind : {watched_kind::cron_jobs, watched_kind::cron_jobs_beside,
                    watched_kind::jobs, watched_kind::jobs_beside,
                    watched_kind::pods, watched_kind::pods_beside})
    read_again(kind, mine, {});
  read_again(watched_kind::secrets, mine, {});
  read_again(watched_kind::leases, {},
             lease_name(known.facts().location_id.hex));
}

void repository_state::read_again(watched_kind kind, const std::string& label,
                                  const std::string& only) {
  for (const auto& place : common->watched)
    if (place.kind == kind)
      read_again(place, label, only);
}

void repository_state::read_again(const watched_place& place, std::string label,
                                  std::string only) {
  auto what = to_reflected(place, common->policy.operator_namespace);
  auto call = k8s_io::ask(what, verb::list);
  if (!label.empty() && !call.label_selector.empty())
    label += ',';
  call.label_selector.insert(0, label);
  call.name = std::move(only);
  ++unread;
  self->request(common->api, caf::infinite, call_atom::value,
                request_ptr{std::make_shared<const request>(std::move(call))})
      .then(
          [this, kind = place.kind](const response_ptr& answer) {
            if (!answer->ok())
              throw std::runtime_error("cannot read the repository's objects");
            auto all = read_list(
                answer->body, {[&](const boost::json::value& object) {
                  known.read(
                      project(kind, object, common->policy.operator_namespace),
                      common->now());
                }});
            if (!all)
              throw std::runtime_error(all.why().message);
            if (--unread > 0)
              return;
            busy = false;
            advance();
          },
          [](const caf::error& why) {
            throw std::runtime_error(caf::to_string(why));
          });
}

view_ptr repository_state::view() {
  auto all = std::make_shared<repository_view>();
  all->facts = known.facts();
  auto step = next(common->now());
  all->reason = step.reason;
  all->writing = writing;
  if (common->stands_by && !std::holds_alternative<std::monostate>(step.action))
    all->writing = words_for(step.action);
  all->leading = leading;
  all->mailbox = messages_waiting(self);
  all->seat = seat;
  all->next_runs = next_runs(known.facts(), common->now(), shown_runs);
  all->troubles = troubles->failing();
  return all;
}

repository_actor::behavior_type
repository(repository_actor::stateful_pointer<repository_state> self,
           repository_setup setup) {
  self->state.self = self;
  self->state.begin(std::move(setup));
  return {
      [self](claim_atom, const claim_key& who, const claimant_ptr& wants) {
        self->state.take(who, wants);
      },
      [self](seen_atom, const fact_ptr& what) {
        if (std::holds_alternative<fact>(*what))
          ++self->state.heard;
        if (const auto* gone = std::get_if<loss>(what.get());
            gone && gone->kind == watched_kind::jobs)
          self->state.events.use().forget(gone->which.key);
        if (self->state.known.see(what, self->state.common->now()))
          self->state.advance();
        else
          self->state.rest();
      },
      [self](alias_atom, const alias_list_ptr& aliases) {
        self->state.known.share(*aliases);
        self->state.advance();
      },
      [self](become_atom, circumstance what, bool is_so) {
        self->state.become(what, is_so);
      },
      [self](tick_atom) { self->state.look_again(); },
      [self](get_atom) {
        auto shown = self->state.view();
        self->state.rest();
        return shown;
      },
  };
}

} // namespace holystone::actors
