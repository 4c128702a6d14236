#include "process.hpp"

#include "late_client.hpp"

#include "k8s_io/manifests.hpp"

#include <caf/send.hpp>

#include <fmt/format.h>

#include <algorithm>

namespace holystone::perturb {

using namespace actors;
using namespace std::chrono_literals;

namespace {

/// The transport gives up what is not answered after this time, and a watch
/// that brings nothing (transport_limits).
constexpr seconds request_timeout{65};
constexpr seconds urgent_timeout{5};
constexpr seconds watch_silence{150};

response broken(std::string why) {
  response none;
  none.failure = std::move(why);
  return none;
}

} // namespace

process::process(cluster& on, tampering& through, process_options wanted)
    : options(std::move(wanted)), on_(on), through_(through) {
  seed_ = options.number * 7919;
  config_.set("scheduler.policy", caf::atom("testing"));
  system_.emplace(config_);
  root_setup setup;
  setup.make_client = [this](caf::actor_system& in) -> api_client {
    return in.spawn(client_of, this);
  };
  setup.operator_namespace = "volsync-system";
  setup.identity = fmt::format("operator-{}", options.number);
  setup.meters = &meters_;
  setup.terms = options.terms;
  setup.seed = [this] {
    return ++seed_;
  };
  setup.now = [this] {
    return on_.world.now + options.clock_offset
           + std::chrono::duration_cast<seconds>(ahead_);
  };
  auto& common = setup.registry.common;
  common.mover.image = options.image;
  common.mover.limits.job_deadline = options.job_deadline;
  common.reporter = setup.identity;
  common.policy.operator_namespace = "volsync-system";
  common.policy.limits = common.mover.limits;
  common.policy.digests
      = [mover = common.mover](const cron_job_intent& intent) {
          return digests(intent, mover);
        };
  top_ = system_->spawn(root, std::move(setup));
}

process::~process() {
  is_dead = true;
  for (auto& one : watches)
    on_.world.server().close(one->id);
  watches.clear();
  caf::anon_send_exit(top_, caf::exit_reason::kill);
  top_ = nullptr;
  sched().run();
}

caf::scheduler::test_coordinator& process::sched() {
  return dynamic_cast<caf::scheduler::test_coordinator&>(system_->scheduler());
}

root_state& process::inside() {
  using pointer = root_actor::stateful_pointer<root_state>;
  return dynamic_cast<std::remove_pointer_t<pointer>&>(
             *caf::actor_cast<caf::abstract_actor*>(top_))
      .state;
}

registry_state& process::registry() {
  using pointer = registry_actor::stateful_pointer<registry_state>;
  return dynamic_cast<std::remove_pointer_t<pointer>&>(
             *caf::actor_cast<caf::abstract_actor*>(inside().registry))
      .state;
}

std::string process::next_role() {
  auto* next = dynamic_cast<caf::abstract_actor*>(sched().jobs.front());
  auto is_next = [next](const auto& handle) {
    return handle && caf::actor_cast<caf::abstract_actor*>(handle) == next;
  };
  for (const auto& [role, one] : inside().core)
    if (is_next(one.handle))
      return role;
  if (is_next(inside().inspector))
    return "inspector";
  auto* named = dynamic_cast<caf::local_actor*>(sched().jobs.front());
  return named && named->name() == std::string_view{"repository"} ? "repository"
                                                                  : "";
}

bool process::crash(const std::string& role) {
  caf::actor victim;
  if (role == "inspector") {
    victim = caf::actor_cast<caf::actor>(inside().inspector);
  } else if (role == "repository") {
    if (inside().registry)
      for (const auto& [hash, one] : registry().repositories.all())
        if (one.actor && hash != lobby)
          victim = caf::actor_cast<caf::actor>(one.actor);
  } else if (auto i = inside().core.find(role); i != inside().core.end()) {
    victim = i->second.handle;
  }
  if (!victim)
    return false;
  // Before anything else that it was sent.
  caf::anon_send<caf::message_priority::high>(
      victim, caf::exit_msg{victim.address(), caf::sec::runtime_error});
  return true;
}

unsigned process::falls() {
  unsigned all = inside().inspector_restarts;
  for (const auto& [role, one] : inside().core)
    all += one.restarts;
  if (inside().registry)
    for (const auto& [hash, one] : registry().repositories.all())
      all += one.falls ? one.falls->crashes() : 0;
  return all;
}

void process::stop(bool stopped) {
  stopped_ = stopped;
  if (stopped)
    return;
  for (auto& [number, what] : std::exchange(unsent_, {}))
    if (deliver)
      deliver(number, perform(what));
  advance(std::exchange(missed_, seconds{0}));
}

void process::sleep(bool asleep) {
  if (!asleep)
    missed_ = seconds{0};
  stop(asleep);
}

void process::set_drift(double rate) {
  rate_ = rate;
}

void process::advance(seconds time) {
  if (stopped_) {
    missed_ += time;
    return;
  }
  if (time == 0s)
    return;
  auto felt = std::chrono::duration_cast<std::chrono::nanoseconds>(
      std::chrono::duration<double>{time} * rate_);
  ahead_ += std::chrono::duration<double>{time} * (rate_ - 1);
  lived_ += felt;
  sched().advance_time(felt);
}

std::optional<seconds> process::next_due() const {
  if (stopped_ || is_dead)
    return std::nullopt;
  auto& clock = dynamic_cast<caf::detail::test_actor_clock&>(
      const_cast<caf::actor_system&>(*system_).clock());
  std::optional<seconds> next;
  auto note = [&](seconds in) {
    next = std::min(next.value_or(in), in);
  };
  if (!clock.schedule().empty())
    note(std::chrono::ceil<seconds>(clock.schedule().begin()->first
                                    - clock.current_time));
  for (const auto& one : late_)
    note(std::chrono::ceil<seconds>(one.due - lived_));
  for (const auto& one : watches) {
    if (one->until)
      note(*one->until - on_.world.now);
    note(one->heard + watch_silence - on_.world.now);
  }
  return next;
}

bool process::run() {
  if (stopped_ || is_dead)
    return false;
  bool did = false;
  while (sched().has_job() && !is_dead && !stopped_) {
    if (through_.on_turn)
      through_.on_turn(*this, next_role());
    sched().try_run_once();
    did = true;
  }
  if (is_dead || stopped_)
    return did;
  did = hand_out_answers() || did;
  auto minute = on_.world.now.time_since_epoch() / 60s;
  auto is_bookmark_due = minute != std::exchange(bookmarked_, minute);
  for (std::size_t i = 0; i < watches.size(); ++i) {
    if (is_bookmark_due)
      on_.world.server().bookmark(watches[i]->id);
    did = pull(*watches[i]) || did;
  }
  std::erase_if(watches, [](const auto& one) { return !one->sink; });
  return did;
}

bool process::hand_out_answers() {
  std::vector<late_answer> due;
  std::erase_if(late_, [&](late_answer& one) {
    if (one.due > lived_)
      return false;
    due.push_back(std::move(one));
    return true;
  });
  for (const auto& one : due)
    if (deliver)
      deliver(one.number, one.what);
  return !due.empty();
}

void process::note_told(const std::string& bytes) {
  if (!untold.empty())
    std::erase_if(untold, [&](const std::string& uid) {
      return bytes.find(uid) != bytes.npos;
    });
}

response process::perform(const request& what) {
  std::string before;
  // A source's status is applied: the server looks at no UID there, and the
  // next look puts right what went to another one.
  auto is_source_status = what.kind.plural == "replicationsources";
  if (!untold.empty() && is_write(what) && !is_source_status) {
    auto look = what;
    look.what = verb::get;
    look.subresource.clear();
    before = on_.world.perform(look).body;
  }
  auto revision = on_.world.server().revision();
  auto told = on_.world.perform(what);
  if (is_own_lease(what))
    on_.leave_alone(revision);
  response answer{told.status, told.body, told.retry_after, {}, false};
  if (!before.empty() && answer.ok())
    for (const auto& uid : untold)
      if (before.find(uid) != before.npos)
        on_.violations.push_back(
            fmt::format("O5: {} {}/{} hit {}, which was not the object that it "
                        "was decided on",
                        words_of(what), what.ns, what.name, uid));
  return answer;
}

std::optional<response> process::take(std::uint64_t number,
                                      const request& what) {
  if (is_dead)
    return std::nullopt;
  if (stopped_) {
    unsent_.emplace_back(number, what);
    return std::nullopt;
  }
  ++requests;
  if (is_write(what))
    ++writes;
  auto way = through_.on_request ? through_.on_request(*this, what, writes)
                                 : passage{};
  if (way.stops) {
    stop(true);
    unsent_.emplace_back(number, what);
    return std::nullopt;
  }
  response answer = broken("the connection broke");
  if (way.arrives) {
    answer = perform(way.instead ? *way.instead : what);
    if (through_.on_answer)
      through_.on_answer(*this, what, answer);
  }
  if (what.what != verb::list && what.what != verb::get
      && (!is_own_lease(what)))
    on_.tell(fmt::format("operator-{}: {} {}/{} -> {}{}", options.number,
                         words_of(what), what.ns, what.name,
                         way.arrives ? std::to_string(answer.status)
                                     : "does not arrive",
                         way.dies ? ", and it dies" : ""));
  if (way.dies) {
    is_dead = true;
    return std::nullopt;
  }
  if (way.told)
    answer = *way.told;
  if (way.late > 0s) {
    auto patience = is_own_lease(what) ? urgent_timeout : request_timeout;
    if (way.late >= patience)
      answer = broken("Timeout was reached");
    late_.push_back({number, std::move(answer),
                     lived_ + std::min<seconds>(way.late, patience)});
    return std::nullopt;
  }
  note_told(answer.body);
  return answer;
}

void process::open(std::uint64_t ticket, const request& what,
                   const stream_sink& sink) {
  if (is_dead)
    return;
  auto one = std::make_unique<open_watch>();
  one->sink = sink;
  one->ticket = ticket;
  one->what = what;
  one->heard = on_.world.now;
  auto told = on_.world.perform(what);
  if (told.watch && through_.on_open && !through_.on_open(*this, *one)) {
    on_.world.server().close(*told.watch);
    caf::anon_send(sink, end_atom::value, ticket,
                   one->end.value_or(watch_end{}));
    return;
  }
  if (!told.watch) {
    caf::anon_send(sink, end_atom::value, ticket,
                   watch_end{told.status, told.body, {}, told.retry_after});
    return;
  }
  one->id = *told.watch;
  if (told.watch_timeout)
    one->until = on_.world.now + *told.watch_timeout;
  watches.push_back(std::move(one));
}

void process::close(const stream_sink& sink, std::uint64_t ticket) {
  for (auto& one : watches)
    if (one->ticket == ticket && one->sink == sink) {
      on_.world.server().close(one->id);
      one->sink = nullptr;
    }
}

void process::end_watch(open_watch& one, watch_end how) {
  on_.world.server().close(one.id);
  caf::anon_send(one.sink, end_atom::value, one.ticket, std::move(how));
  one.sink = nullptr;
}

void process::thaw(open_watch& one) {
  one.is_frozen = false;
}

bool process::pull(open_watch& one) {
  if (!one.sink)
    return false;
  auto& server = on_.world.server();
  auto batch = server.has_news(one.id) ? server.pull(one.id)
                                       : simulator::watch_batch{};
  one.held += batch.lines;
  auto bytes = one.is_frozen ? std::string{} : std::exchange(one.held, {});
  if (through_.on_bytes && (!bytes.empty() || one.is_frozen))
    through_.on_bytes(*this, one, bytes);
  std::vector<std::string> lines;
  if (!one.lines.feed(bytes, lines))
    one.end = watch_end{200, {}, "a line is too long", {}};
  if (!bytes.empty())
    one.heard = on_.world.now;
  note_told(bytes);
  auto did = !lines.empty();
  if (did)
    caf::anon_send(one.sink, lines_atom::value, one.ticket,
                   watch_lines{std::move(lines)});
  if (one.end) {
    end_watch(one, *one.end);
    return true;
  }
  auto is_over = one.until && on_.world.now >= *one.until;
  if (!one.is_frozen && (batch.ended || is_over)) {
    end_watch(one, watch_end{200, {}, {}, {}});
    return true;
  }
  if (on_.world.now - one.heard >= watch_silence) {
    end_watch(one, watch_end{200, {}, "nothing came for too long", {}});
    return true;
  }
  return did;
}

} // namespace holystone::perturb
