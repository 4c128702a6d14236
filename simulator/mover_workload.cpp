#include "simulator/mover_workload.hpp"

#include "k8s_io/fields.hpp"
#include "k8s_io/names.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace holystone::simulator {

namespace json = boost::json;
namespace names = k8s_io::names;
using k8s_io::items_at;
using k8s_io::text_at;
using scheduler::failure_class;

namespace {

constexpr std::string_view own_identity = "maintenance@volsync";

/// The tasks of a full run in kopia's order; the operator wants the first and
/// the last of them.
constexpr std::array full_tasks{"snapshot-gc", "full-rewrite-contents",
                                "full-drop-deleted-content",
                                "full-delete-blobs", "cleanup-logs"};
constexpr std::array quick_tasks{"quick-rewrite-contents", "quick-delete-blobs",
                                 "cleanup-logs"};

struct mover_arguments {
  std::string repository;
  bool full = true;
  bool needs_ticket = true;
};

/// The arguments of a `mover maintain` container; none for any other.
std::optional<mover_arguments> arguments_of(const json::value& container) {
  std::vector<std::string> words;
  for (auto list : {"command", "args"})
    for (auto& word : items_at(container, list))
      if (word.is_string())
        words.emplace_back(word.as_string());
  auto mover = std::find(words.begin(), words.end(), "mover");
  if (mover == words.end() || mover + 1 == words.end()
      || *(mover + 1) != "maintain")
    return std::nullopt;
  mover_arguments found;
  for (auto& word : words) {
    if (word.starts_with("--repository="))
      found.repository = word.substr(word.find('=') + 1);
    found.full = found.full && word != "--kind=quick";
    found.needs_ticket = found.needs_ticket && word != "--admission=off";
  }
  return found;
}

bool has_ticket(const json::value& pod) {
  auto ticket = text_at(pod, "metadata", "annotations", names::admitted);
  return !ticket.empty()
         && ticket == text_at(pod, "metadata", "labels", names::controller_uid);
}

json::object verdict(bool full, instant start, instant end) {
  return {{"result", "success"},
          {"kind", full ? "full" : "quick"},
          {"start", to_rfc3339(start)},
          {"end", to_rfc3339(end)},
          {"durationSeconds", (end - start).count()}};
}

json::object failure(bool full, instant start, instant end, failure_class why,
                     std::string_view message) {
  auto report = verdict(full, start, end);
  report["result"] = "failure";
  report["class"] = scheduler::to_string(why);
  report["message"] = message;
  if (auto hint = scheduler::hint_of(why); !hint.empty())
    report["hint"] = hint;
  return report;
}

void add_figures(json::object& report, const simulated_repository& state) {
  report["uniqueId"] = state.unique_id;
  report["owner"] = own_identity;
  report["previousOwner"] = state.owner;
  report["repositorySizeBytes"] = state.bytes;
  report["blobs"] = state.blobs;
  report["indexBlobs"] = state.index_blobs;
  report["contents"] = state.contents;
  report["cacheHits"] = state.contents / 2;
  report["cacheMisses"] = state.contents / 10;
}

template <std::size_t N>
void add_runs(json::object& report, const std::array<const char*, N>& tasks,
              instant start, instant end) {
  json::array runs;
  auto step = (end - start) / static_cast<long>(N);
  for (auto* task : tasks) {
    runs.push_back({{"task", task},
                    {"start", to_rfc3339(start)},
                    {"end", to_rfc3339(start + step)},
                    {"success", true}});
    start += step;
  }
  report["runs"] = std::move(runs);
}

json::array records(const std::vector<scheduler::run_record>& runs) {
  json::array all;
  for (const auto& run : runs)
    all.push_back({{"task", run.task},
                   {"start", to_rfc3339(run.start)},
                   {"end", to_rfc3339(run.end)},
                   {"success", run.success}});
  return all;
}

container_run ended(const json::object& report, seconds duration, bool good) {
  container_run done;
  done.duration = duration;
  done.exit_code = good ? 0 : 1;
  done.message = json::serialize(report);
  done.log = done.message + "\n";
  if (const auto* hits = report.if_contains("cacheHits"))
    done.log += "cache hits: " + json::serialize(*hits) + "\n";
  return done;
}

} // namespace

simulated_repository&
mover_workload::repository(std::string_view location_hash) {
  auto found = repositories_.find(location_hash);
  if (found != repositories_.end())
    return found->second;
  auto& made = repositories_[std::string{location_hash}];
  // Figures that differ between repositories and never between two runs.
  std::uint32_t seed = 2166136261U;
  for (char letter : location_hash)
    seed = (seed ^ static_cast<unsigned char>(letter)) * 16777619U;
  made.unique_id = fmt::format("{:08x}{}", seed, location_hash);
  made.owner = "app@cluster";
  made.duration = seconds{10 + seed % 50};
  made.contents = 1000 + seed % 100'000;
  made.blobs = made.contents / 20;
  made.index_blobs = 2 + seed % 40;
  made.bytes = made.contents * 65'536;
  return made;
}

container_run mover_workload::run(const json::value& pod,
                                  const json::value& container, instant start) {
  auto asked = arguments_of(container);
  if (!asked)
    return {};
  if (asked->needs_ticket && !has_ticket(pod))
    return ended(failure(asked->full, start, start, failure_class::not_admitted,
                         "Only the operator may resume a Job."),
                 seconds{0}, false);
  auto& state = repository(asked->repository);
  ++state.runs;
  auto lasts = asked->full ? state.duration : state.duration / 5;
  auto end = start + lasts;
  if (state.failing != failure_class::none) {
    auto report = failure(asked->full, start, end, state.failing,
                          scheduler::sentence_of(state.failing));
    auto run = ended(report, lasts, false);
    if (state.failing == failure_class::out_of_memory) {
      // The kernel leaves no time for a message.
      run.exit_code = 137;
      run.reason = "OOMKilled";
      run.message.clear();
    }
    return run;
  }
  auto report = verdict(asked->full, start, end);
  add_figures(report, state);
  if (asked->full)
    add_runs(report, full_tasks, start, end);
  else
    add_runs(report, quick_tasks, start, end);
  if (!state.earlier.empty())
    report["foreignRuns"] = records(state.earlier);
  report["nextFull"] = to_rfc3339(start + std::chrono::hours{24});
  if (asked->full)
    report["verified"] = true;
  state.owner = own_identity;
  if (asked->full)
    state.last_full = start;
  auto run = ended(report, lasts, true);
  run.patience = seconds{1};
  run.term_message
      = json::serialize(failure(asked->full, start, end, failure_class::unknown,
                                "The run was told to end before it was done."));
  return run;
}

workload mover_workload::as_workload() {
  return [this](const json::value& pod, const json::value& container,
                instant start) {
    return run(pod, container, start);
  };
}

} // namespace holystone::simulator
