#include "actors/repository.hpp"

#include "actors/outcomes.hpp"
#include "actors/projections.hpp"
#include "k8s_io/list_pages.hpp"
#include "k8s_io/names.hpp"
#include "metrics/log.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace holystone::actors {

namespace {

/// Longest timer: wall clocks jump.
constexpr seconds longest_timer{300};

/// An echo that never comes must not blind us.
constexpr seconds longest_echo{30};

/// A subject that is written this often between two ticks of a minute is in a
/// loop with somebody.
constexpr unsigned hot_writes = 30;

constexpr auto request_patience = std::chrono::seconds{90};

template <class Fact>
void upsert(std::vector<Fact>& all, const Fact& one) {
  auto i = std::ranges::find(all, one.key, &Fact::key);
  if (i == all.end())
    all.push_back(one);
  else
    *i = one;
}

/// What the action is, for a log line and the inspection.
std::string words_for(const repository_action& action) {
  static constexpr std::array<std::string_view, 14> words{
    "",           "acquire Lease for", "resume",     "suspend",
    "drop",       "replace",           "release",    "copy",
    "delete",     "apply",             "set lastScheduleTime of",
    "delete",     "delete",            "write"};
  return fmt::format("{} {}", words[action.index()], subject_of(action));
}

} // namespace

bool repository_state::blocked(const std::string& subject) const {
  auto i = troubles.find(subject);
  return i != troubles.end() && setup.now() < i->second.until;
}

resource_version
repository_state::known_version(const object_uid& uid) const {
  if (facts.cron_job.uid == uid)
    return facts.cron_job.version;
  if (facts.lease.uid == uid)
    return facts.lease.version;
  for (const auto& job : facts.jobs)
    if (job.uid == uid)
      return job.version;
  for (const auto& copy : facts.copies)
    if (copy.uid == uid)
      return copy.version;
  for (const auto& who : facts.claimants)
    if (who.wish.uid == uid)
      return who.wish.version;
  return {};
}

void repository_state::claim(const claimant& who) {
  if (!who.location.empty()) {
    facts.location_id = who.location_id;
    facts.location = who.location;
  }
  auto i = std::ranges::find(
    facts.claimants, who.wish.who,
    [](const claimant& c) -> const claim_key& { return c.wish.who; });
  if (i == facts.claimants.end()) {
    facts.claimants.push_back(who);
    return;
  }
  auto owed = echoes.find(who.wish.uid.value);
  auto stale = owed != echoes.end()
               && owed->second.version != who.wish.version
               && setup.now() <= owed->second.since + longest_echo;
  if (!stale && owed != echoes.end())
    echoes.erase(owed);
  auto renewed = who;
  if (stale) {
    renewed.status = i->status;
    renewed.since = i->since;
  }
  *i = std::move(renewed);
}

void repository_state::fold(const observation& what) {
  if (const auto* gone = std::get_if<loss>(&what)) {
    fold_loss(*gone);
    return;
  }
  const auto& seen = std::get<fact>(what);
  if (const auto* secret = std::get_if<secret_fact>(&seen)) {
    if (secret->copy)
      upsert(facts.copies, *secret->copy);
  } else if (const auto* cron_job = std::get_if<cron_job_seen>(&seen)) {
    facts.cron_job = cron_job->fact;
  } else if (const auto* job = std::get_if<job_seen>(&seen)) {
    upsert(facts.jobs, job->fact);
  } else if (const auto* pod = std::get_if<pod_seen>(&seen)) {
    upsert(facts.pods, pod->fact);
  } else if (const auto* lease = std::get_if<lease_seen>(&seen)) {
    facts.lease = lease->fact;
  }
}

void repository_state::fold_loss(const loss& what) {
  if (what.last)
    fold(*what.last);
  const auto& key = what.which.key;
  switch (what.kind) {
    case watched_kind::cron_jobs:
      facts.cron_job = {};
      break;
    case watched_kind::leases:
      facts.lease = {};
      break;
    case watched_kind::secrets:
      std::erase_if(facts.copies,
                    [&](const copy_fact& c) { return c.key == key; });
      break;
    case watched_kind::jobs:
      std::erase_if(facts.jobs,
                    [&](const job_fact& j) { return j.key == key; });
      break;
    case watched_kind::pods:
      for (auto& pod : facts.pods)
        if (pod.key == key) {
          // Only a kubelet's word ends a pod that had a node.
          pod.ended = pod.ended || !pod.bound;
          if (!pod.ended && !pod.vanished)
            pod.vanished = setup.now();
        }
      // The holder's pods are proof that it ended; others are of no use.
      std::erase_if(facts.pods, [&](const pod_fact& pod) {
        return pod.key == key && pod.ended && pod.job != facts.lease.holder;
      });
      break;
    default:
      break;
  }
}

void repository_state::observe(const fact_ptr& what) {
  if (const auto* seen = std::get_if<fact>(what.get())) {
    auto i = echoes.find(uid_of(*seen).value);
    if (i != echoes.end()) {
      auto overdue = setup.now() > i->second.since + longest_echo;
      if (version_of(*seen) != i->second.version && !overdue) {
        i->second.held = what;
        return;
      }
      echoes.erase(i);
    }
  } else {
    echoes.erase(std::get<loss>(*what).which.uid.value);
  }
  fold(*what);
}

void repository_state::look_again() {
  recent.clear();
  auto now = setup.now();
  // A timer is cut short because clocks jump, not because there is work.
  if (due && now < *due) {
    set_timer();
    return;
  }
  std::vector<fact_ptr> late;
  for (auto& [uid, owed] : echoes)
    if (owed.held && now > owed.since + longest_echo)
      late.push_back(owed.held);
  std::erase_if(echoes, [&](const auto& entry) {
    return now > entry.second.since + longest_echo;
  });
  for (const auto& what : late)
    fold(*what);
  advance();
}

void repository_state::take_seat(const repository_step& step) {
  auto wanted = facts.lease.holder ? place::taken
                : step.wants_grant
                    || std::holds_alternative<acquire_lease>(step.action)
                  ? place::wanted
                  : place::none;
  if (wanted == place::none)
    facts.granted = false;
  if (wanted == seat)
    return;
  seat = wanted;
  self->send(setup.registry, place_atom::value, setup.id.hex, seat);
}

void repository_state::arm(std::optional<instant> wake) {
  auto now = setup.now();
  for (const auto& [subject, trouble] : troubles)
    if (trouble.until > now && (!wake || trouble.until < *wake))
      wake = trouble.until;
  for (const auto& [uid, owed] : echoes)
    if (!wake || owed.since + longest_echo < *wake)
      wake = owed.since + longest_echo + seconds{1};
  due = wake;
  set_timer();
}

void repository_state::set_timer() {
  ++generation;
  if (!due)
    return;
  auto delay
    = std::clamp<seconds>(*due - setup.now(), seconds{0}, longest_timer);
  self->delayed_send(self, delay, tick_atom::value, generation);
}

void repository_state::advance() {
  if (busy)
    return;
  auto step = next_step(
    facts, setup.policy,
    [this](const std::string& subject) { return blocked(subject); },
    setup.now());
  // Orphans may still find their claim among those being read.
  if (facts.claimants.empty() && !settled)
    step.finished = false;
  reason = step.reason;
  take_seat(step);
  if (leading && step.finished) {
    self->send(setup.registry, finish_atom::value, setup.id.hex);
    return;
  }
  auto is_idle = std::holds_alternative<std::monostate>(step.action);
  if (is_idle || !leading || (facts.claimants.empty() && !settled)) {
    arm(step.wake);
    return;
  }
  perform(std::move(step));
}

void repository_state::perform(repository_step step) {
  busy = true;
  auto subject = subject_of(step.action);
  writing = words_for(step.action);
  if (++recent[subject] > hot_writes) {
    finish(step, subject,
           outcome{false, milliseconds{60'000},
                   "written again and again: does another controller undo it?",
                   {}});
    return;
  }
  if (const auto* apply = std::get_if<apply_cron_job>(&step.action)) {
    send(step, k8s_io::apply(apply->wanted, setup.mover, apply->uid), subject);
  } else if (const auto* set
             = std::get_if<set_last_schedule>(&step.action)) {
    send(step, set_schedule_time(*set), subject);
  } else if (const auto* gone = std::get_if<delete_cron_job>(&step.action)) {
    send(step, remove(*gone), subject);
  } else if (const auto* status = std::get_if<write_status>(&step.action)) {
    send(step, apply_status(*status), subject);
  } else {
    auto done = [this, step, subject](const outcome_ptr& end) {
      finish(step, subject, *end);
    };
    auto failed = [this, step, subject](const caf::error& why) {
      finish(step, subject, no_answer(caf::to_string(why)));
    };
    if (const auto* copy = std::get_if<write_copy>(&step.action)) {
      self
        ->request(setup.mirror, request_patience, copy_atom::value,
                  std::make_shared<const copy_order>(
                    copy_order{setup.id.hex, *copy}))
        .then(done, failed);
    } else if (const auto* old = std::get_if<delete_copy>(&step.action)) {
      self
        ->request(setup.mirror, request_patience, copy_atom::value,
                  std::make_shared<const copy_order>(
                    copy_order{setup.id.hex, *old}))
        .then(done, failed);
    } else {
      if (const auto* resume = std::get_if<resume_job>(&step.action);
          resume && facts.never_resumed == resume->job.uid)
        facts.never_resumed = {};
      const auto* winner = winner_of(facts);
      job_order order{step.action, facts.location_id, facts.lease,
                      wanted_cron_job(facts, setup.policy, setup.now()),
                      winner ? std::optional{winner->wish.who}
                             : facts.lease.winner,
                      {}};
      for (const auto& who : facts.claimants)
        order.claimants.push_back(who.wish.who);
      self->request(setup.runner, request_patience, run_atom::value,
                    job_order_ptr{
                      std::make_shared<const job_order>(std::move(order))})
        .then(done, failed);
    }
  }
}

void repository_state::send(const repository_step& step, request call,
                            std::string subject) {
  auto what = std::make_shared<const request>(std::move(call));
  self->request(setup.api, request_patience, call_atom::value, what)
    .then(
      [this, step, subject, what](const response_ptr& answer) {
        auto i = troubles.find(subject);
        auto failures = i == troubles.end() ? 0U : i->second.failures;
        auto chance = std::uniform_real_distribution<>{}(random);
        finish(step, subject, to_outcome(*what, *answer, failures, chance));
      },
      [this, step, subject](const caf::error& why) {
        finish(step, subject, no_answer(caf::to_string(why)));
      });
}

void repository_state::finish(const repository_step& step,
                              const std::string& subject, const outcome& end) {
  busy = false;
  writing.clear();
  if (!end.done) {
    auto& trouble = troubles[subject];
    ++trouble.failures;
    // Whole seconds, and never none: nothing may loop hot.
    trouble.until = setup.now()
                    + std::max(seconds{1}, std::chrono::ceil<seconds>(
                                             end.delay));
    trouble.message = end.message;
    if (trouble.failures > 1 || end.delay > milliseconds{10'000})
      metrics::log_warning("write failed",
                           {{"repository", setup.id.hex},
                            {"step", words_for(step.action)},
                            {"error", end.message}});
    advance();
    return;
  }
  troubles.erase(subject);
  metrics::log_info("wrote", {{"repository", setup.id.hex},
                              {"step", words_for(step.action)}});
  for (const auto& seen : end.seen) {
    // A write that changed nothing has no echo.
    if (const auto* now_is = std::get_if<fact>(&seen);
        now_is && uid_of(*now_is)
        && version_of(*now_is) != known_version(uid_of(*now_is)))
      echoes[uid_of(*now_is).value]
        = {version_of(*now_is), setup.now(), nullptr};
    fold(seen);
  }
  if (const auto* apply = std::get_if<apply_cron_job>(&step.action);
      apply && facts.cron_job.digest != apply->digests.whole)
    facts.settled = {apply->digests.whole, facts.cron_job.digest};
  else if (const auto* set = std::get_if<set_last_schedule>(&step.action);
           set && end.seen.empty())
    facts.cron_job.last_schedule = set->slot;
  else if (std::holds_alternative<delete_cron_job>(step.action))
    facts.cron_job.deleting = true;
  else if (const auto* taken = std::get_if<acquire_lease>(&step.action))
    facts.never_resumed = taken->job.uid;
  else if (const auto* old = std::get_if<delete_copy>(&step.action))
    std::erase_if(facts.copies, [&](const copy_fact& c) {
      return c.uid == old->copy.uid;
    });
  else if (std::holds_alternative<delete_lease>(step.action))
    facts.lease = {};
  else if (const auto* drop = std::get_if<drop_job>(&step.action)) {
    for (auto& job : facts.jobs)
      if (job.uid == drop->job.uid)
        job.deleting = true;
  } else if (const auto* replaced = std::get_if<replace_job>(&step.action)) {
    for (auto& job : facts.jobs)
      if (job.uid == replaced->job.uid)
        job.deleting = true;
  } else if (const auto* status = std::get_if<write_status>(&step.action)) {
    for (auto& who : facts.claimants)
      if (who.wish.who == status->who) {
        who.status = status->status;
        who.since = status->since;
      }
  }
  post(step.events);
  advance();
}

void repository_state::post(const std::vector<event_note>& notes) {
  for (const auto& note : notes)
    caf::anon_send(setup.api, call_atom::value,
                   request_ptr{std::make_shared<const request>(post_event(
                     note, setup.reporter, setup.now(), ++events))});
}

void repository_state::recover() {
  // The registry restarts us after a crash; what the watches told the dead
  // actor is read again, and news that arrive meanwhile only add to it.
  busy = true;
  auto pending = std::make_shared<unsigned>(0);
  auto ask = [this, pending](watched_kind kind, std::string selector,
                             std::string field) {
    auto what = to_reflected(kind, setup.policy.operator_namespace);
    auto call = std::make_shared<request>();
    call->what = verb::list;
    call->kind = what.kind;
    call->ns = what.ns;
    call->metadata_only = what.metadata_only;
    call->label_selector = std::move(selector);
    if (!field.empty())
      call->field_selector = "metadata.name=" + field;
    ++*pending;
    auto done = [this, pending] {
      if (--*pending == 0) {
        busy = false;
        advance();
      }
    };
    self->request(setup.api, request_patience, call_atom::value,
                  request_ptr{call})
      .then(
        [this, kind, done](const response_ptr& answer) {
          if (!answer->ok())
            throw std::runtime_error("cannot read the repository's objects");
          if (auto broken = for_each_item(
                answer->body,
                [&](const boost::json::object& object) {
                  fold(observation{project(kind, object)});
                }))
            throw std::runtime_error(broken->message);
          done();
        },
        [](const caf::error& why) {
          throw std::runtime_error(caf::to_string(why));
        });
  };
  auto mine = fmt::format("{}={}", names::repository_hash, setup.id.hex);
  ask(watched_kind::cron_jobs, {},
      fmt::format("{}{}", names::cron_job_prefix, setup.id.hex));
  ask(watched_kind::jobs, mine, {});
  ask(watched_kind::pods, mine, {});
  ask(watched_kind::secrets, mine, {});
  ask(watched_kind::leases, {},
      fmt::format("{}{}", names::lease_prefix, setup.location_id.hex));
}

view_ptr repository_state::view() const {
  auto shown = std::make_shared<repository_view>();
  shown->facts = facts;
  shown->reason = reason;
  shown->writing = writing;
  shown->leading = leading;
  for (const auto& [subject, trouble] : troubles)
    shown->troubles.emplace(subject, trouble.message);
  return shown;
}

repository_actor::behavior_type
repository(repository_actor::stateful_pointer<repository_state> self,
           repository_setup setup) {
  auto& state = self->state;
  state.self = self;
  state.facts.id = setup.id;
  state.facts.location_id = setup.location_id;
  state.facts.location = setup.location;
  state.random.seed(std::random_device{}());
  auto recover = setup.recover;
  state.setup = std::move(setup);
  if (recover)
    state.recover();
  return {
    [self](claim_atom, const claimant_ptr& who) {
      self->state.claim(*who);
      self->state.advance();
    },
    [self](unclaim_atom, const claim_key& who) {
      std::erase_if(self->state.facts.claimants,
                    [&](const claimant& c) { return c.wish.who == who; });
      self->state.advance();
    },
    [self](seen_atom, const fact_ptr& what) {
      self->state.observe(what);
      self->state.advance();
    },
    [self](lead_atom, bool leads) {
      self->state.leading = leads;
      self->state.advance();
    },
    [self](settled_atom, bool is_settled) {
      self->state.settled = is_settled;
      self->state.advance();
    },
    [self](grant_atom, bool granted) {
      self->state.facts.granted = granted;
      self->state.advance();
    },
    [self](tick_atom, std::uint64_t generation) {
      if (generation == self->state.generation)
        self->state.look_again();
    },
    [self](get_atom) { return self->state.view(); },
  };
}

} // namespace holystone::actors
