#include "play.hpp"

#include "fresh.hpp"
#include "watch_lines.hpp"

#include "k8s_io/fields.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace holystone::perturb {

using namespace std::chrono_literals;

namespace {

/// What a fault may cost in memory besides twice what there is without it: a
/// line of 3 MiB in a few copies, a hundred times the lines of a watch.
constexpr std::size_t slack_of_heap = std::size_t{32} << 20;

} // namespace

play::play(const story& told, bool is_verbose, std::uint64_t seed)
    : on(seed), story_(told), is_verbose_(is_verbose) {
  on.world.now = told.begins.value_or(on.world.now);
  began_ = on.world.now;
  if (is_verbose_)
    on.tell = [this](const std::string& words) {
      note(words);
    };
  expects.may_differ = story_.may_differ;
  for (const auto& one : story_.scenes)
    at(one.at, [this, &one] {
      note("story: the next scene");
      one.act(on);
    });
}

seconds play::age() const {
  return on.world.now - began_;
}

void play::note(const std::string& words) {
  if (is_verbose_)
    transcript.push_back(
        fmt::format("{} {}", to_rfc3339(on.world.now).substr(11, 8), words));
}

void play::fault(const std::string& words) {
  ++faults;
  note("FAULT: " + words);
}

process& play::start(process_options options) {
  options.number = ++started_;
  note(fmt::format("operator-{} starts", options.number));
  operators.push_back(
      std::make_unique<process>(on, through, std::move(options)));
  return *operators.back();
}

void play::at(seconds when, std::function<void()> act) {
  agenda_.emplace(began_ + when, std::move(act));
}

void play::after(seconds time, std::function<void()> act) {
  agenda_.emplace(on.world.now + time, std::move(act));
}

void play::bury_the_dead() {
  std::size_t dead = 0;
  for (auto& one : operators)
    if (one->is_dead) {
      note(fmt::format("operator-{} is dead", one->options.number));
      falls_ += one->falls();
      one.reset();
      ++dead;
    }
  std::erase(operators, nullptr);
  for (; dead > 0; --dead)
    start(next_options);
}

void play::settle() {
  for (int i = 0; i < 200; ++i) {
    bool did = false;
    while (!agenda_.empty() && agenda_.begin()->first <= on.world.now) {
      auto act = std::move(agenda_.begin()->second);
      agenda_.erase(agenda_.begin());
      act();
      did = true;
    }
    for (std::size_t k = 0; k < operators.size(); ++k)
      did = operators[k]->run() || did;
    bury_the_dead();
    did = on.run() || did;
    if (!did) {
      peak_heap = std::max(peak_heap, heap_in_use());
      return;
    }
  }
  on.violations.push_back("O6: the operator spins at "
                          + to_rfc3339(on.world.now));
}

instant play::next_instant(instant until) {
  auto next = until;
  auto note = [&](std::optional<instant> at) {
    if (at)
      next = std::min(next, *at);
  };
  if (!agenda_.empty())
    note(agenda_.begin()->first);
  note(on.next_due());
  for (const auto& one : operators)
    if (auto in = one->next_due())
      note(on.world.now + *in);
  return std::max(next, on.world.now + 1s);
}

void play::pass(seconds time) {
  auto until = on.world.now + time;
  settle();
  while (on.world.now < until) {
    auto next = next_instant(until);
    auto step = next - on.world.now;
    on.world.now = next;
    for (auto& one : operators)
      one->advance(step);
    settle();
  }
}

void play::hold(seconds time) {
  held_ += time;
  std::multimap<instant, std::function<void()>> later;
  for (auto& [when, act] : agenda_)
    later.emplace(when + time, std::move(act));
  agenda_ = std::move(later);
}

void play::tell_story() {
  pass(story_.length);
  while (age() < story_.length + held_)
    pass(story_.length + held_ - age());
}

bool play::comes_to_rest() {
  for (auto until = on.world.now + expects.patience; on.world.now < until;) {
    auto before = writes;
    // What was still to come may be noticed a minute later.
    auto is_all_done = agenda_.empty();
    pass(65s);
    if (writes == before && is_all_done)
      return true;
  }
  return false;
}

std::string play::unlike_expected(const reference& usual) {
  for (auto until = on.world.now + expects.patience; on.world.now < until;) {
    if (!comes_to_rest())
      return "never at rest";
    auto unlike = difference(picture_of(on.world.contents()), usual.end,
                             expects.may_differ);
    if (unlike.empty() || on.world.now >= until)
      return unlike;
  }
  return "never at rest";
}

void play::await_lost_pods() {
  auto limits = scheduler::run_limits{next_options.job_deadline};
  auto is_held = [](const boost::json::value& object) {
    return k8s_io::text_at(object, "metadata", "name")
               .starts_with("kopia-repository-")
           && !k8s_io::text_at(object, "spec", "holderIdentity").empty();
  };
  // Then another Job may get it, whose pods were lost as well.
  for (auto until = on.world.now + 4 * limits.longest_possible() + 1h;
       on.world.now < until;) {
    auto all = on.world.contents();
    if (std::ranges::none_of(all, is_held))
      return;
    pass(5min);
  }
}

std::string play::stays(seconds time) {
  auto before = writes;
  pass(time);
  return excess(writes, before, 0);
}

void play::judge(const reference& usual) {
  auto accuse = [this](const std::string& oracle, const std::string& words) {
    if (!words.empty())
      on.violations.push_back(oracle + words);
  };
  if (expects.other_end) {
    await_lost_pods();
    if (!comes_to_rest())
      accuse("O1: ", "never at rest");
    accuse("O1: unlike a fresh cluster:\n", unlike_fresh(*this));
  } else {
    accuse("O1: the end differs:\n", unlike_expected(usual));
  }
  accuse("O2: ", excess(writes, usual.writes, expects.writes_each * faults));
  accuse("O3: it does not stay: ", stays(10min));
  auto most = 2 * usual.heap + slack_of_heap;
  if (auto heap = peak_heap - heap_before; heap > most)
    accuse("O6: ", fmt::format("{} KiB are allocated instead of {}",
                               heap / 1024, usual.heap / 1024));
  auto falls = falls_;
  for (const auto& one : operators)
    falls += one->falls();
  if (falls > 0 && !expects.may_fall)
    accuse("O6: ", fmt::format("{} actors fell", falls));
}

namespace {

reference learn(const story& told) {
  reference usual;
  play untouched{told, false};
  untouched.through.on_answer
      = [&](process&, const request& what, const response& answer) {
          ++usual.requests;
          if (!is_write(what))
            return;
          usual.all_writes.push_back({words_of(what), what, untouched.age()});
          if (answer.ok())
            ++untouched.writes[words_of(what)];
        };
  untouched.through.on_turn = [&](process&, const std::string& role) {
    ++usual.turns[role];
  };
  untouched.through.on_bytes = [&](process&, open_watch& one,
                                   std::string& bytes) {
    std::string_view rest = bytes;
    for (auto end = rest.find('\n'); end != rest.npos; end = rest.find('\n')) {
      auto text = rest.substr(0, end);
      rest.remove_prefix(end + 1);
      if (!is_counted(text))
        continue;
      auto line = boost::json::parse({text.data(), text.size()});
      auto version
          = k8s_io::text_at(line, "object", "metadata", "resourceVersion");
      usual.versions.insert(std::stoull(version));
      ++usual.lines[one.name()];
      usual.objects[one.name()].push_back(
          k8s_io::text_at(line, "object", "metadata", "namespace") + "/"
          + k8s_io::text_at(line, "object", "metadata", "name"));
    }
  };
  untouched.at(told.busy, [&] {
    usual.busy_version = untouched.on.world.server().revision();
  });
  untouched.start();
  untouched.tell_story();
  if (!untouched.comes_to_rest())
    untouched.on.violations.push_back("never at rest");
  usual.end = picture_of(untouched.on.world.contents());
  usual.heap = untouched.peak_heap - untouched.heap_before;
  usual.writes = untouched.writes;
  untouched.through = {};
  if (!untouched.on.violations.empty())
    throw std::runtime_error("story " + told.name + " by itself: "
                             + untouched.on.violations.front());
  return usual;
}

} // namespace

const reference& reference_of(const story& told) {
  static std::map<std::string, reference> known;
  auto i = known.find(told.name);
  if (i == known.end())
    i = known.emplace(told.name, learn(told)).first;
  return i->second;
}

} // namespace holystone::perturb
