#include "scheduler/claim_warnings.hpp"

#include "scheduler/side_conditions.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace holystone::scheduler {

namespace {

std::string foreign_text(const foreign_run& run) {
  return fmt::format(
      "The repository was maintained at {} by somebody else ({}): another "
      "cluster, another installation or a client. kopia has no lock against "
      "that, and overlapping maintenance can damage the repository. Let only "
      "one of them maintain it. This goes when a run finds no such records.",
      to_rfc3339(run.at), run.what);
}

} // namespace

std::vector<side_condition> wanted_warnings(const repository_facts& facts,
                                            const claimant& who, instant now) {
  std::vector<side_condition> wanted;
  auto warn
      = [&](std::string_view type, std::string reason, std::string message) {
          const auto* before = told_condition(who, type);
          wanted.push_back({std::string{type}, std::move(reason),
                            std::move(message), before ? before->since : now});
        };
  const auto& known = facts.lease.known;
  if (known.foreign)
    warn(warning_types[0], "UnknownRuns", foreign_text(*known.foreign));
  if (auto text = aliases_text(facts.aliases, known); !text.empty())
    warn(warning_types[1], "OneRepositoryTwoLocations", std::move(text));
  return wanted;
}

std::vector<event_note> warning_events(const claimant& who,
                                       const claim_status& status) {
  std::vector<event_note> notes;
  for (const auto& one : status.conditions) {
    if (std::ranges::count(warning_types, one.type) == 0)
      continue;
    const auto* before = told_condition(who, one.type);
    if (!before || before->message != one.message)
      notes.push_back(
          {who.wish.who, who.wish.uid, true, one.type, one.message});
  }
  return notes;
}

} // namespace holystone::scheduler
