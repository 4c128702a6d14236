#pragma once

// What tests of manual runs say: a KopiaMaintenance `hand` in the namespace
// `app`, its tags, its Jobs and what its status tells. Included by the tests of
// this folder.

#include "maintenance_stage.hpp"
#include "scheduler/object_names.hpp"

#include <catch2/catch.hpp>

namespace holystone::actors {

inline void add_by_hand(simulated_world& world, const std::string& tag,
                        const std::string& more = "enabled: true") {
  add_maintenance(world, "app", "hand",
                  fmt::format("trigger: {{manual: {}}}, {}", tag, more));
}

inline void ask(simulated_world& world, const std::string& tag) {
  patch_maintenance(
      world, "app", "hand",
      fmt::format(R"({{"spec":{{"trigger":{{"manual":"{}"}}}}}})", tag));
}

inline void patch_spec(simulated_world& world, const std::string& fields) {
  patch_maintenance(world, "app", "hand", R"({"spec":{)" + fields + "}}");
}

inline std::string name_of(const std::string& tag) {
  return manual_job_name({"app", "hand"}, tag);
}

inline boost::json::value job(simulated_world& world, const std::string& tag) {
  return world.call("GET", batch("app", "jobs") + "/" + name_of(tag));
}

inline std::string status(simulated_world& world, const std::string& field) {
  return text_at(maintenance(world, "app", "hand"), "status", field);
}

inline std::string last_result(simulated_world& world,
                               const std::string& field) {
  return text_at(maintenance(world, "app", "hand"), "status",
                 "lastManualResult", field);
}

inline std::string ready(simulated_world& world) {
  auto all = conditions_of(world, "app", "hand");
  return all.substr(0, all.find('\n'));
}

/// What the location is called, as the Jobs' labels say it.
inline std::string location_of(simulated_world& world, const std::string& tag) {
  return text_at(job(world, tag), "metadata", "labels", names::location_hash);
}

inline std::size_t count_events(simulated_world& world,
                                const std::string& reason) {
  auto events = world.call("GET", "/api/v1/namespaces/app/events");
  std::size_t found = 0;
  for (const auto& one : items_at(events, "items"))
    found += text_at(one, "reason") == reason ? 1 : 0;
  return found;
}

/// Waits as S1's scripts do.
inline bool comes_true(stage& s, const std::function<bool()>& what,
                       seconds patience = 5min) {
  for (auto until = s.world.now + patience; s.world.now < until;) {
    if (what())
      return true;
    s.pass(1s);
  }
  return false;
}

/// Runs a first tag and says where its repository is.
inline std::string warm_up(stage& s) {
  REQUIRE(comes_true(
      s, [&] { return status(s.world, "lastManualSync") == "warm"; }));
  return location_of(s.world, "warm");
}

/// How many runs the tag's repository has seen.
inline unsigned runs(simulated_world& world, const std::string& tag) {
  return world.runs_of(location_of(world, tag));
}

} // namespace holystone::actors
