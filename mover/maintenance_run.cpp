#include "mover/maintenance_run.hpp"

#include "scheduler/short_text.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace holystone::mover {

using scheduler::failure_class;
using scheduler::maintenance_kind;

namespace {

/// Names in records and owners come from the repository: bounded.
constexpr std::size_t longest_name = 200;

/// How many earlier records the operator is shown.
constexpr std::size_t most_earlier = 10;

/// Kopia itself refuses to maintain with a clock that is off by more.
constexpr std::chrono::minutes most_skew{5};

/// Both stand at the two ends of every full run.
constexpr std::string_view first_task = "snapshot-gc";
constexpr std::string_view last_task = "cleanup-logs";

std::string cut(const std::string& text) {
  return scheduler::shorten(text, longest_name);
}

bool ran(const std::vector<scheduler::run_record>& runs,
         std::string_view task) {
  return std::any_of(runs.begin(), runs.end(), [&](const auto& run) {
    return run.task == task && run.success;
  });
}

/// Another cluster has our identity, too. What it does can be told from a run
/// of ours that was killed only by the operator's list; without the operator
/// there is none.
bool may_run_elsewhere(std::optional<instant> open,
                       const maintain_options& options, instant now) {
  return open && options.needs_ticket && now - *open < options.deadline
         && !is_own(options.ours, *open);
}

} // namespace

std::optional<instant> open_full_run(const maintenance_state& state,
                                     instant now) {
  if (!state.next_full || state.full_interval.count() <= 0)
    return std::nullopt;
  const auto begun = *state.next_full - state.full_interval;
  // A pause, or an interval that was made shorter.
  if (begun > now + most_skew)
    return std::nullopt;
  for (const auto& run : state.runs)
    if (run.record.task == last_task && run.record.end >= begun)
      return std::nullopt;
  return begun;
}

ownership decide_ownership(const maintenance_state& state,
                           const maintain_options& options,
                           std::optional<instant> created, instant now) {
  const auto open = open_full_run(state, now);
  if (state.owner == own_identity)
    return may_run_elsewhere(open, options, now) ? ownership::refuse
                                                 : ownership::ours;
  // Whoever owns it may be in the middle of a run, whatever the flags say.
  if (!state.owner.empty() && open && now - *open < options.deadline)
    return ownership::refuse;
  const auto& known = options.known_identities;
  if (state.owner.empty()
      || std::find(known.begin(), known.end(), state.owner) != known.end()
      || options.takeover == takeover_rule::always)
    return ownership::take;
  if (options.takeover == takeover_rule::never)
    return ownership::refuse;
  // Without records the repository's own age says how long nobody cared.
  auto last = state.runs.empty()
                  ? created
                  : std::optional{state.runs.front().record.start};
  last = std::max(last, open);
  if (!last)
    return ownership::ask_age;
  return now - *last > 2 * state.full_interval ? ownership::take
                                               : ownership::refuse;
}

maintenance_run::maintenance_run(const maintain_options& options, instant start)
    : options_(options) {
  report_.kind = options.kind;
  report_.start = start;
}

kopia_command maintenance_run::begin() const {
  kopia_command connect;
  connect.needs_token = true;
  connect.arguments = {"repository", "connect", "from-config", "--token-stdin",
                       "--override-username=maintenance",
                       "--override-hostname=volsync", "--no-check-for-updates",
                       // Else a cache volume that had another repository
                       // lately tells that one's keys.
                       "--disable-repository-format-cache"};
  if (options_.cache_directory == no_cache) {
    // Without a size kopia keeps nothing on disk and ignores the rest.
    connect.arguments.emplace_back("--content-cache-size-mb=0");
    return connect;
  }
  connect.arguments.push_back("--cache-directory=" + options_.cache_directory);
  const auto limit = [&](const char* flag, int size) {
    if (size > 0)
      connect.arguments.push_back(fmt::format("--{}={}", flag, size));
  };
  limit("metadata-cache-size-limit-mb", options_.metadata_cache_mb);
  limit("content-cache-size-limit-mb", options_.content_cache_mb);
  return connect;
}

next_step maintenance_run::step(const kopia_outcome& outcome, instant now) {
  if (outcome.stopped) {
    fail(failure_class::unknown, "The run was stopped from outside (SIGTERM): "
                                 "the pod was deleted, evicted or drained.");
    return finish(now);
  }
  if (outcome.timed_out) {
    fail(failure_class::timeout, fmt::format("The run did not end within {} s.",
                                             options_.deadline.count()));
    return finish(now);
  }
  switch (stage_) {
    case stage::connect:
      note_failure(outcome, "connecting");
      return outcome.succeeded() ? on_connected() : finish(now);
    case stage::status:
      note_failure(outcome, "reading the repository's status");
      if (!outcome.succeeded())
        return finish(now);
      report_.unique_id
          = cut(parse_unique_id(outcome.output).value_or(std::string{}));
      return go(stage::info, {"maintenance", "info", "--json"});
    case stage::info:
      return on_info(outcome, now);
    case stage::age:
      return on_age(outcome, now);
    case stage::take:
      note_failure(outcome, "taking the ownership");
      return outcome.succeeded() ? start_work() : finish(now);
    case stage::quick:
      return on_quick(outcome);
    case stage::full:
      return on_full(outcome);
    case stage::verify:
      return on_verified(outcome);
    case stage::proof:
      return on_proof(outcome, now);
    case stage::blobs:
    case stage::index_blobs:
    case stage::contents:
      return on_count(outcome, now);
  }
  return finish(now);
}

next_step maintenance_run::on_connected() {
  return go(stage::status, {"repository", "status", "--json"});
}

next_step maintenance_run::on_info(const kopia_outcome& outcome, instant now) {
  note_failure(outcome, "reading the maintenance state");
  if (!outcome.succeeded())
    return finish(now);
  auto state = parse_maintenance_info(outcome.output);
  if (!state) {
    fail(failure_class::unknown,
         "kopia's maintenance info is not the JSON that was expected.");
    return finish(now);
  }
  before_ = std::move(*state);
  report_.owner = report_.previous_owner = cut(before_.owner);
  report_.open_full = open_full_run(before_, now);
  for (const auto& earlier : before_.runs)
    if (report_.earlier.size() < most_earlier
        && (report_.earlier.empty()
            || report_.earlier.back().start != earlier.record.start))
      report_.earlier.push_back(earlier.record);
  return on_ownership(decide_ownership(before_, options_, std::nullopt, now),
                      now);
}

next_step maintenance_run::on_age(const kopia_outcome& outcome, instant now) {
  const auto created
      = outcome.succeeded() ? parse_blob_time(outcome.output) : std::nullopt;
  // Of unknown age: as if new, so that nothing is taken from anybody.
  return on_ownership(
      decide_ownership(before_, options_, created.value_or(now), now), now);
}

next_step maintenance_run::on_ownership(ownership decision, instant now) {
  switch (decision) {
    case ownership::ours:
      return start_work();
    case ownership::ask_age:
      return go(stage::age,
                {"blob", "list", "--json", "--prefix=kopia.repository"});
    case ownership::take:
      report_.owner = own_identity;
      return go(stage::take, {"maintenance", "set",
                              fmt::format("--owner={}", own_identity)});
    case ownership::refuse:
      break;
  }
  if (before_.owner == own_identity)
    fail(failure_class::ownership,
         fmt::format("A full maintenance that began at {} is none of ours and "
                     "has not ended: another cluster may be maintaining the "
                     "repository.",
                     to_rfc3339(report_.open_full.value_or(now))));
  else
    fail(failure_class::ownership,
         fmt::format("The repository's maintenance is owned by {}.",
                     cut(before_.owner)));
  return finish(now);
}

next_step maintenance_run::start_work() {
  return work(stage::quick, {"maintenance", "run"});
}

next_step maintenance_run::on_quick(const kopia_outcome& outcome) {
  count_cache(outcome);
  // A repository that can't be written is not tried again (K-10).
  if (options_.kind == maintenance_kind::quick
      || classify(outcome) == failure_class::read_only) {
    note_failure(outcome, "quick maintenance");
    return go(stage::proof, {"maintenance", "info", "--json"});
  }
  // The full run does not depend on it and may heal what stopped it.
  if (!outcome.succeeded())
    quick_trouble_ = last_line(outcome.errors);
  return work(stage::full, {"maintenance", "run", "--full"});
}

next_step maintenance_run::on_full(const kopia_outcome& outcome) {
  count_cache(outcome);
  note_failure(outcome, "full maintenance");
  if (outcome.succeeded() && options_.verify)
    return go(stage::verify, {"content", "verify"});
  return go(stage::proof, {"maintenance", "info", "--json"});
}

next_step maintenance_run::on_verified(const kopia_outcome& outcome) {
  report_.verified = outcome.succeeded();
  // What verify calls a failure is damage unless it says otherwise.
  note_failure(outcome, "verifying the contents", failure_class::corrupt);
  return go(stage::proof, {"maintenance", "info", "--json"});
}

next_step maintenance_run::on_proof(const kopia_outcome& outcome, instant now) {
  note_failure(outcome, "reading the run records");
  const auto state = parse_maintenance_info(outcome.output);
  if (!outcome.succeeded() || !state) {
    fail(failure_class::unknown, "The run's records could not be read.");
    return finish(now);
  }
  std::set<std::pair<std::string, std::string>> old;
  for (const auto& run : before_.runs)
    old.emplace(run.record.task, run.exact_start);
  for (const auto& run : state->runs)
    if (old.count({run.record.task, run.exact_start}) == 0
        && run.record.start >= report_.start && run.record.end <= now)
      report_.runs.push_back(run.record);
  std::reverse(report_.runs.begin(), report_.runs.end());
  report_.owner = cut(state->owner);
  report_.next_full = state->next_full;
  report_.next_quick = state->next_quick;
  const bool proved
      = options_.kind == maintenance_kind::full
            ? ran(report_.runs, first_task) && ran(report_.runs, last_task)
            : !report_.runs.empty();
  // kopia exits 0 after doing nothing when its lock file was held (K-01).
  if (!proved)
    fail(failure_class::unknown,
         "kopia reported success but left no records of this run.");
  return go(stage::blobs, {"blob", "stats", "--raw"});
}

next_step maintenance_run::on_count(const kopia_outcome& outcome, instant now) {
  const auto totals
      = outcome.succeeded() ? parse_blob_stats(outcome.output) : std::nullopt;
  if (stage_ == stage::blobs) {
    if (totals) {
      report_.blobs = totals->count;
      report_.repository_size = totals->bytes;
    }
    return go(stage::index_blobs, {"blob", "stats", "--raw", "--prefix=x"});
  }
  if (stage_ == stage::index_blobs) {
    if (totals)
      report_.index_blobs = totals->count;
    return go(stage::contents, {"content", "stats", "--raw"});
  }
  if (outcome.succeeded())
    report_.contents = parse_content_count(outcome.output);
  return finish(now);
}

next_step maintenance_run::go(stage to, std::vector<std::string> arguments) {
  stage_ = to;
  return kopia_command{std::move(arguments), false, false};
}

next_step maintenance_run::work(stage to, std::vector<std::string> arguments) {
  stage_ = to;
  return kopia_command{std::move(arguments), false, true};
}

void maintenance_run::count_cache(const kopia_outcome& outcome) {
  const auto add = [&](std::optional<std::int64_t>& to, const char* name) {
    if (const auto more = parse_metric(outcome.metrics, name))
      to = to.value_or(0) + *more;
  };
  add(report_.cache_hits, "kopia_cache_hit_total");
  add(report_.cache_misses, "kopia_cache_miss_total");
}

void maintenance_run::note_failure(const kopia_outcome& outcome,
                                   std::string_view doing,
                                   failure_class otherwise) {
  auto why = classify(outcome);
  if (why == failure_class::unknown && outcome.started && outcome.signal == 0)
    why = otherwise;
  if (why == failure_class::none)
    return;
  const auto line = outcome.started ? last_line(outcome.errors)
                                    : "kopia could not be started";
  fail(why, fmt::format("{} It failed at {}{}{}.", sentence_of(why), doing,
                        line.empty() ? "" : ": ", line));
}

void maintenance_run::fail(failure_class why, std::string message) {
  // The first failure is the cause, later ones its consequences.
  if (report_.why != failure_class::none)
    return;
  report_.why = why;
  report_.message = std::move(message);
  report_.hint = hint_of(why);
}

next_step maintenance_run::finish(instant now) {
  report_.end = now;
  report_.succeeded = report_.why == failure_class::none;
  if (report_.succeeded) {
    report_.message
        = fmt::format("{} maintenance finished in {} s.",
                      report_.kind == maintenance_kind::full ? "Full" : "Quick",
                      (report_.end - report_.start).count());
    if (!quick_trouble_.empty())
      report_.message += " Quick maintenance failed: " + quick_trouble_;
  }
  return report_;
}

} // namespace holystone::mover
