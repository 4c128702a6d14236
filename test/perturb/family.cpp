#include "family.hpp"

#include "k8s_io/fields.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>

namespace holystone::perturb {

using namespace std::chrono_literals;

namespace {

/// What a play may leave behind in the heap: caches, the verdict itself.
constexpr std::size_t most_left_behind = 256 * 1024;

} // namespace

const std::vector<family>& all_families() {
  static const auto all = [] {
    std::vector<family> rows;
    for (auto list :
         {crash_families, answer_families, watch_families, leader_families,
          people_families, admission_families, fall_families, pod_families,
          walk_families, waking_families})
      for (auto& row : list())
        rows.push_back(std::move(row));
    // PERTURB-2 before PERTURB-10, and what has no number at the end.
    std::ranges::stable_sort(rows, {}, [](const family& row) {
      return std::tuple{!row.name.starts_with("PERTURB-"), row.name.size(),
                        row.name};
    });
    return rows;
  }();
  return all;
}

const family* find_family(std::string_view name) {
  for (const auto& row : all_families())
    if (row.name == name)
      return &row;
  return nullptr;
}

const std::vector<std::string>& finds() {
  static const std::vector<std::string> lines{
      // A result by a clock that was ahead made the next tag run for ever.
      "PERTURB-9 errand at=1 back=no how=plus-400d",
      // A run that was let in was suspended, because the Lease looked free.
      "PERTURB-2 errand old=10 when=busy",
      "PERTURB-3 crowd at=40 for=75 watch=leases/volsync-system",
      // A write that had failed was left alone until the old time came again.
      "PERTURB-9 farewell at=41 back=no how=minus-1h",
      // A version that no watch told any more was patched for ever.
      "PERTURB-5 backup line=1 watch=jobs/volsync-system way=reordered",
      // An older state that was told last was believed.
      "PERTURB-5 crowd line=2 watch=leases/volsync-system way=reordered",
      // A copy without labels or annotations was in the way of itself.
      "PERTURB-13 heritage how=unlabel when=after write=3",
      "PERTURB-13 heritage how=unannotate when=after write=3"};
  return lines;
}

std::vector<plan> seeded_plans(const std::string& family,
                               const std::string& told, unsigned count) {
  std::vector<plan> all;
  for (unsigned seed = 1; seed <= count; ++seed)
    all.push_back({family, told, {{"seed", std::to_string(seed)}}});
  return all;
}

void restart_quietly(play& on, const std::string& after) {
  auto before = on.writes;
  for (const auto& object : on.on.world.contents()) {
    auto kind = k8s_io::text_at(object, "kind");
    // Who was told what is in no object: each process says once that a Job
    // waits, as client-go forgets at a restart what it has said.
    if (kind == "Job"
        && k8s_io::flag_at(object, "spec", "suspend").value_or(false))
      ++before["create events"];
  }
  on.us().is_dead = true;
  on.pass(45s);
  if (auto more = excess(on.writes, before, 0); !more.empty())
    on.on.violations.push_back(
        fmt::format("ESR: after {} a restart writes: {}", after, more));
}

namespace {

/// Plays and judges; the cluster and its operators are gone when it returns.
verdict play_once(const family& of, const plan& what, const story& told,
                  bool is_verbose) {
  const auto& usual = reference_of(told);
  play on{told, is_verbose};
  on.through.on_answer
      = [&](process&, const request& asked, const response& answer) {
          if (answer.ok() && is_write(asked))
            ++on.writes[words_of(asked)];
        };
  try {
    if (!of.elects)
      on.next_options.terms = {60s, 40s, 10s};
    of.arrange(on, what);
    if (of.run) {
      of.run(on, what);
    } else {
      on.start(on.next_options);
      on.tell_story();
    }
    on.judge(usual);
  } catch (const std::exception& why) {
    on.on.violations.push_back(fmt::format("O6: {}", why.what()));
  }
  on.note(fmt::format("heap: at most {} KiB, {} KiB without the fault",
                      (on.peak_heap - on.heap_before) / 1024,
                      usual.heap / 1024));
  return {on.faults, std::move(on.on.violations), std::move(on.transcript)};
}

} // namespace

verdict play_plan(const family& of, const plan& what, bool is_verbose) {
  const auto& told = *find_story(what.story);
  // What is learned or compiled once stays.
  reference_of(told);
  auto before = heap_in_use();
  auto end = play_once(of, what, told, is_verbose);
  for (const auto& line : end.transcript)
    before += sizeof line + line.capacity();
  if (auto after = heap_in_use(); after > before + most_left_behind)
    end.violations.push_back(
        fmt::format("O6: {} KiB are left behind", (after - before) / 1024));
  return end;
}

} // namespace holystone::perturb
