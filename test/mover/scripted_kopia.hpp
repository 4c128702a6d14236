#pragma once

// A kopia that answers from a script, for tests of the run without a child
// process. The real one is asked in real_kopia.cpp.

#include "mover/maintenance_run.hpp"

#include <catch2/catch.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <map>

namespace holystone::test {

using namespace mover;
using scheduler::failure_class;
using scheduler::maintenance_kind;
using scheduler::mover_report;

inline const instant start = *parse_rfc3339("2026-11-21T02:00:00Z");

inline kopia_outcome ended(std::string output) {
  kopia_outcome outcome;
  outcome.output = std::move(output);
  return outcome;
}

inline kopia_outcome failure(std::string errors) {
  kopia_outcome outcome;
  outcome.exit_code = 1;
  outcome.errors = std::move(errors);
  return outcome;
}

inline std::string record(const std::string& at, bool success = true) {
  return fmt::format("[{{\"start\":\"{0}\",\"end\":\"{0}\",\"success\":{1}}}]",
                     at, success);
}

/// `maintenance info --json`; `runs` is the inside of its object.
inline std::string info(const std::string& owner, const std::string& runs,
                        const std::string& next_full) {
  return fmt::format(
      "{{\"owner\":\"{}\",\"quick\":{{\"enabled\":true}},\"full\":{{"
      "\"enabled\":true,\"interval\":86400000000000}},\"schedule\":{{"
      "\"nextFullMaintenance\":\"{}\",\"runs\":{{{}}}}}}}",
      owner, next_full, runs);
}

inline std::string full_runs(const std::string& at) {
  return "\"snapshot-gc\":" + record(at) + ",\"cleanup-logs\":" + record(at);
}

/// A kopia that answers from a script: all is well unless told otherwise.
class scripted_kopia {
public:
  std::string owner = std::string{own_identity};
  std::string runs_before;
  std::string runs_after = full_runs("2026-11-21T02:00:05.25Z");
  std::string created = "2026-11-01T00:00:00Z";
  /// Command (its first two words) -> what happens instead.
  std::map<std::string, kopia_outcome> instead;
  std::vector<std::string> commands;
  std::vector<std::string> words;

  mover_report run(const maintain_options& options) {
    maintenance_run machine{options, start};
    next_step next = machine.begin();
    auto now = start;
    while (const auto* command = std::get_if<kopia_command>(&next)) {
      now += std::chrono::seconds{2};
      REQUIRE(commands.size() < 20);
      next = machine.step(answer(*command), now);
    }
    return std::get<mover_report>(next);
  }

  bool ran(const std::string& command) const {
    return std::count(commands.begin(), commands.end(), command) > 0;
  }

  bool said(const std::string& word) const {
    return std::count(words.begin(), words.end(), word) > 0;
  }

private:
  kopia_outcome answer(const kopia_command& command) {
    const auto& said = command.arguments;
    words.insert(words.end(), said.begin(), said.end());
    const bool full = said.back() == "--full";
    const auto name = said[0] + " " + said[1] + (full ? " full" : "");
    commands.push_back(name);
    CHECK(command.needs_token == (name == "repository connect"));
    if (const auto other = instead.find(name); other != instead.end())
      return other->second;
    if (name == "repository status")
      return ended("{\"uniqueIDHex\":\"abcd\"}");
    if (name == "maintenance info")
      return ended(ran("maintenance run")
                       ? info(owner, runs_after, "2026-11-22T02:00:01.5Z")
                       : info(owner, runs_before, "0001-01-01T00:00:00Z"));
    if (name == "maintenance set")
      owner = said.back().substr(std::string{"--owner="}.size());
    if (name == "blob list")
      return ended("[{\"id\":\"kopia.repository\",\"timestamp\":\"" + created
                   + "\"}]");
    if (name == "blob stats")
      return ended("Count: 12\nTotal: 3456\n");
    if (name == "content stats")
      return ended("Count: 7\nTotal Bytes: 1\n");
    return ended("");
  }
};

inline const std::vector<std::string> all_commands{
    "repository connect", "repository status",    "maintenance info",
    "maintenance run",    "maintenance run full", "content verify",
    "blob stats",         "content stats"};

} // namespace holystone::test
