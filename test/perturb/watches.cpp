// What watchers are told is late, merged, broken or of another time: old caches
// (PERTURB-2), frozen watches (3), gaps (4), broken protocol (5) and silence
// (7).

#include "family.hpp"
#include "watch_lines.hpp"

#include "k8s_io/fields.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace holystone::perturb {

using namespace std::chrono_literals;
using k8s_io::watch_end;

namespace {

/// What it costs to be blind for a while: how a run of which no pod was seen
/// ended is not known in full, nor what it found the repository to be.
void expect_blindness(play& on) {
  on.expects.may_differ.insert("own-runs");
  for (const auto* found :
       {"unique-id", "size-bytes", "contents", "index-blobs"})
    on.expects.may_differ.insert(std::string{"repository-"} + found);
}

/// Who does not see that a claim is gone writes again what the garbage
/// collector takes, thirty times a minute at most.
void expect_fight(play& on, const std::string& watch, seconds time) {
  if (watch == "all" || watch == "replicationsources"
      || watch == "kopiamaintenances")
    on.expects.writes_each = 35 * static_cast<unsigned>(time / 60s + 1);
}

// -- PERTURB-2 ----------------------------------------------------------------

/// How long the cache stays that old.
constexpr seconds stale_for{30};

std::vector<plan> old_caches() {
  std::vector<plan> all;
  for (const auto& told : all_stories()) {
    const auto& usual = reference_of(told);
    for (auto version : usual.versions) {
      plan one{"PERTURB-2",
               told.name,
               {{"old", std::to_string(version)}, {"when", "end"}}};
      all.push_back(one);
      one.how["when"] = "busy";
      if (version < usual.busy_version)
        all.push_back(one);
    }
  }
  return all;
}

/// The list as the cache had it at that version.
response old_list(play& on, request asked, unsigned version) {
  asked.resource_version = std::to_string(version);
  auto told = on.on.world.server().handle(
      {"GET", to_target(asked) + "&resourceVersionMatch=Exact", "",
       accept(asked), "", "holystone", "holystone/test"},
      on.on.world.now);
  return {told.status, told.body, {}, {}, false};
}

void arrange_old_cache(play& on, const plan& what) {
  auto version = what.number("old");
  expect_blindness(on);
  expect_fight(on, "all", stale_for);
  // The name of the fork's copy is free now, and is taken.
  on.expects.other_end = on.told().name == "heritage";
  auto when = what.text("when") == "busy" ? on.told().busy : on.told().length;
  auto until = std::make_shared<instant>();
  on.at(when, [&on, version, until] {
    on.fault(
        fmt::format("the operator restarts on a cache of version {}", version));
    *until = on.on.world.now + stale_for;
    on.us().is_dead = true;
    on.after(stale_for, [&on] {
      on.note("the cache is up to date");
      for (auto& one : on.us().watches)
        one->is_frozen = false;
    });
  });
  on.through.on_request
      = [&on, version, until](process&, const request& asked, unsigned) {
          passage way;
          if (on.on.world.now < *until && asked.what == verb::list
              && asked.resource_version == "0") {
            way.arrives = false;
            way.told = old_list(on, asked, version);
          }
          return way;
        };
  on.through.on_open = [&on, until](process&, open_watch& one) {
    one.is_frozen = on.on.world.now < *until;
    return true;
  };
}

// -- PERTURB-3 and 7 ----------------------------------------------------------

/// The watches that bring something in a story, and all together.
std::vector<std::string> watches_of(const story& told) {
  std::vector<std::string> names{"all"};
  for (const auto& [name, lines] : reference_of(told).lines)
    names.push_back(name);
  return names;
}

/// When something is about to happen, and when a run is under way.
std::set<seconds> moments_of(const story& told) {
  std::set<seconds> all{told.busy};
  for (const auto& one : told.scenes)
    all.insert(one.at);
  return all;
}

std::vector<plan> frozen_watches() {
  std::vector<plan> all;
  for (const auto& told : all_stories())
    for (const auto& watch : watches_of(told))
      for (auto moment : moments_of(told))
        for (auto time : {"1", "75", "300", "660"})
          all.push_back({"PERTURB-3",
                         told.name,
                         {{"at", std::to_string(moment.count())},
                          {"for", time},
                          {"watch", watch}}});
  return all;
}

/// People wait `more` than until the watches go on.
void freeze(play& on, const plan& what, seconds more) {
  auto name = what.text("watch");
  auto time = seconds{what.number("for")};
  auto until = std::make_shared<instant>();
  expect_blindness(on);
  expect_fight(on, name, time);
  // Jobs that wait for pods of which nobody hears are told each reason.
  if (time >= 5min)
    on.expects.writes_each = std::max(on.expects.writes_each, 8U);
  auto concerns = [name](const open_watch& one) {
    return name == "all" || one.name() == name;
  };
  on.at(seconds{what.number("at")}, [&on, until, time, more, name, concerns] {
    on.fault(fmt::format("{} frozen for {} s", name, time.count()));
    *until = on.on.world.now + time;
    on.hold(time + more);
    for (auto& one : on.us().watches)
      one->is_frozen = one->is_frozen || concerns(*one);
    on.after(time, [&on] {
      on.note("the watches go on");
      for (auto& one : on.us().watches)
        one->is_frozen = false;
    });
  });
  on.through.on_open = [&on, until, concerns](process&, open_watch& one) {
    one.is_frozen = on.on.world.now < *until && concerns(one);
    return true;
  };
}

void arrange_frozen(play& on, const plan& what) {
  freeze(on, what, 0s);
}

std::vector<plan> black_holes() {
  std::vector<plan> all;
  for (const auto& told : all_stories())
    for (auto moment : moments_of(told))
      for (auto where : {"watch", "list", "renew", "write", "all"})
        for (auto time : {"30", "900"})
          all.push_back({"PERTURB-7",
                         told.name,
                         {{"at", std::to_string(moment.count())},
                          {"for", time},
                          {"where", where}}});
  return all;
}

bool falls_into(const std::string& hole, const request& asked) {
  return hole == "all" || (hole == "list" && asked.what == verb::list)
         || (hole == "renew" && is_own_lease(asked))
         || (hole == "write" && is_write(asked));
}

void arrange_black_hole(play& on, const plan& what) {
  auto where = what.text("where");
  auto time = seconds{what.number("for")};
  expect_blindness(on);
  expect_fight(on, "all", time);
  // The slot is past when the hole ends.
  on.expects.other_end = time > 11min && on.told().busy > 10min;
  auto freeze_all = [&](seconds more) {
    freeze(on,
           {"",
            on.told().name,
            {{"at", what.text("at")},
             {"for", what.text("for")},
             {"watch", "all"}}},
           more);
  };
  if (where == "watch") {
    freeze_all(0s);
    return;
  }
  auto until = std::make_shared<instant>();
  on.at(seconds{what.number("at")}, [&on, until, time, where] {
    on.fault(fmt::format("black hole for {} s: {}", time.count(), where));
    *until = on.on.world.now + time;
    // Else the watches would freeze later.
    if (where != "all")
      on.hold(time + 2min);
    // Lists are asked for when a watch ends.
    if (where == "list")
      for (auto& one : on.us().watches)
        one->end = watch_end{410, {}, {}, {}};
  });
  if (where == "all")
    freeze_all(2min);
  on.through.on_request
      = [&on, until, where](process&, const request& asked, unsigned) {
          passage way;
          if (on.on.world.now < *until && falls_into(where, asked)) {
            way.arrives = false;
            way.late = seconds{3600};
          }
          return way;
        };
}

// -- PERTURB-4 ----------------------------------------------------------------

/// Each pair of neighbours among the lines about one object.
std::vector<std::pair<std::size_t, std::size_t>>
pairs_of(const std::vector<std::string>& objects) {
  std::vector<std::pair<std::size_t, std::size_t>> all;
  for (std::size_t i = 0; i < objects.size(); ++i) {
    auto next = std::find(objects.begin() + static_cast<long>(i) + 1,
                          objects.end(), objects[i]);
    all.emplace_back(
        i + 1, next == objects.end()
                   ? 0
                   : static_cast<std::size_t>(next - objects.begin() + 1));
  }
  return all;
}

std::vector<plan> gaps() {
  std::vector<plan> all;
  for (const auto& told : all_stories())
    for (const auto& [watch, objects] : reference_of(told).objects)
      for (auto [from, to] : pairs_of(objects))
        for (auto how : {"merge", "swap"})
          all.push_back({"PERTURB-4",
                         told.name,
                         {{"from", std::to_string(from)},
                          {"how", how},
                          {"to", std::to_string(to)},
                          {"watch", watch}}});
  return all;
}

/// Deletes the object of a line and makes it again, unseen.
void swap_unseen(play& on, process& who, const open_watch& one,
                 const std::string& line) {
  auto event = boost::json::parse(line);
  place where{one.what.kind.group.empty()
                  ? "/api/v1"
                  : fmt::format("/apis/{}/{}", one.what.kind.group,
                                one.what.kind.version),
              std::string{one.what.kind.plural},
              k8s_io::text_at(event, "object", "metadata", "namespace"),
              k8s_io::text_at(event, "object", "metadata", "name")};
  auto uid = on.on.swap(where);
  on.note(fmt::format("{} is another object now", where.target()));
  if (!uid.empty())
    who.untold.insert(uid);
}

void close_gap(play& on, const std::string& name) {
  on.note("the gap ends: the watch must list anew");
  on.on.world.server().compact();
  for (auto& one : on.us().watches)
    if (one->name() == name) {
      one->is_frozen = false;
      one->held.clear();
      one->end = watch_end{410, {}, {}, {}};
    }
}

void arrange_gap(play& on, const plan& what) {
  auto name = what.text("watch");
  auto from = what.number("from");
  auto to = what.number("to");
  auto swaps = what.text("how") == "swap";
  auto seen = std::make_shared<line_counter>();
  expect_blindness(on);
  expect_fight(on, name, 90s);
  if (swaps) {
    on.expects.other_end = true;
    // A Job that waits is told each reason, and one made anew is another.
    on.expects.writes_each = std::max(on.expects.writes_each, 8U);
  }
  on.through.on_bytes = [=, &on](process& who, open_watch& one,
                                 std::string& bytes) {
    if (one.name() != name || seen->is_over)
      return;
    auto& pending = one.is_frozen ? one.held : bytes;
    seen->look(one, pending, [&](unsigned number, const std::string& line) {
      if (number == from) {
        on.fault(
            fmt::format("{} is silent from line {} to {}", name, from, to));
        one.is_frozen = true;
        if (swaps)
          swap_unseen(on, who, one, line);
        on.after(90s, [&on, seen, name] {
          if (!std::exchange(seen->is_over, true))
            close_gap(on, name);
        });
      }
      if (number == to && !seen->is_over) {
        seen->is_over = true;
        on.after(1s, [&on, name] { close_gap(on, name); });
      }
      return number < from;
    });
  };
}

// -- PERTURB-5 ----------------------------------------------------------------

const std::vector<std::string> broken_ways{
    "gone-on-connect", "gone-in-stream", "cut",       "empty",     "html",
    "wrong-kind",      "bookmark",       "duplicate", "reordered", "long-line",
    "nonsense",        "unavailable"};

std::vector<plan> broken_watches() {
  std::vector<plan> all;
  for (const auto& told : all_stories())
    for (const auto& [watch, lines] : reference_of(told).lines)
      for (auto line : std::set<unsigned>{1, (lines + 1) / 2, lines})
        for (const auto& way : broken_ways)
          all.push_back({"PERTURB-5",
                         told.name,
                         {{"line", std::to_string(line)},
                          {"watch", watch},
                          {"way", way}}});
  return all;
}

void arrange_broken(play& on, const plan& what) {
  auto name = what.text("watch");
  auto way = what.text("way");
  auto at = what.number("line");
  auto seen = std::make_shared<line_counter>();
  auto refusals = std::make_shared<int>(0);
  expect_blindness(on);
  expect_fight(on, name, 30s);
  on.through.on_bytes
      = [=, &on](process&, open_watch& one, std::string& bytes) {
          if (one.name() != name || seen->is_over)
            return;
          seen->look(one, bytes, [&](unsigned number, const std::string&) {
            if (number != at)
              return number < at;
            seen->is_over = true;
            on.fault(fmt::format("{} at line {} of {}", way, at, name));
            return false;
          });
          if (seen->is_over)
            *refusals = spoil(one, bytes, way);
        };
  on.through.on_open = [=](process&, open_watch& one) {
    if (one.name() != name || *refusals == 0)
      return true;
    --*refusals;
    one.end = refusal_of(way);
    return false;
  };
}

} // namespace

std::vector<family> watch_families() {
  return {{"PERTURB-2",
           "a restart on an API server whose cache is old",
           {},
           old_caches,
           arrange_old_cache,
           nullptr,
           true},
          {"PERTURB-3",
           "watches freeze, then burst",
           {},
           frozen_watches,
           arrange_frozen},
          {"PERTURB-4",
           "events are merged into one list, objects change their UID unseen",
           {},
           gaps,
           arrange_gap},
          {"PERTURB-5",
           "watches break the protocol",
           {},
           broken_watches,
           arrange_broken},
          {"PERTURB-7", "requests and watches without an answer",
           "the timeouts themselves are curl's; test/k8s_io/transport has them",
           black_holes, arrange_black_hole, nullptr, true}};
}

} // namespace holystone::perturb
