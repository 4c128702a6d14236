#include "actors/tally.hpp"

#include "scheduler/wanted_cron_job.hpp"

#include <algorithm>

namespace holystone::actors {

namespace {

using sample = metrics::repository_sample;

// So many runs show a schedule's longest pause: a week of days, or a weekend.
constexpr std::size_t runs_for_interval = 8;

std::int64_t to_unix(const std::optional<instant>& at) {
  return at ? at->time_since_epoch().count() : sample::unknown;
}

/// Longest time between two runs as far as can be seen: until the next, between
/// those after it, and what drops the slots in between.
std::uint32_t interval_of(const repository_facts& facts, const claimant* winner,
                          instant now) {
  auto runs = next_runs(facts, now, runs_for_interval);
  if (runs.empty())
    return 0;
  seconds longest = runs.front() - now;
  if (auto days = winner->wish.settings.interval_days; days > 0)
    longest = std::max<seconds>(longest, std::chrono::days{days + 1});
  for (std::size_t i = 1; i < runs.size(); ++i)
    longest = std::max<seconds>(longest, runs[i] - runs[i - 1]);
  return static_cast<std::uint32_t>(longest.count());
}

/// Claims that want maintenance and get none. Who switched it off is not asked
/// for a repository, so nobody knows whether another has it maintained.
std::size_t unmaintained(const repository_facts& facts,
                         const claimant* winner) {
  if (winner)
    return 0;
  return static_cast<std::size_t>(
      std::ranges::count_if(facts.claimants, [](const claimant& who) {
        const auto& defect = who.wish.defect;
        return is_scheduled(who.wish)
               && !(defect && defect->reason == "Disabled");
      }));
}

/// Somebody whose tags are all that is run; null when nobody is.
const claimant* who_asks_by_hand(const repository_facts& facts) {
  auto i = std::ranges::find_if(facts.claimants, [](const claimant& who) {
    return !is_scheduled(who.wish) && !who.wish.defect;
  });
  return i == facts.claimants.end() ? nullptr : &*i;
}

bool is_of_claimant(const repository_facts& facts,
                    const metrics::repository_labels& shown) {
  return std::ranges::any_of(facts.claimants, [&](const claimant& who) {
    return who.wish.who.object
           == object_key{shown.obj_namespace, shown.obj_name};
  });
}

std::optional<metrics::repository_labels> labels_of(const repository_id& id,
                                                    const claim& winner) {
  return {{id.hex, winner.who.object.name, winner.who.object.ns,
           winner.secret.name}};
}

sample sample_of(const repository_facts& facts, const claimant* winner) {
  sample shown;
  const auto& known = facts.lease.known;
  shown.last_success = to_unix(known.success_ended);
  shown.bytes = known.extent.bytes.value_or(sample::unknown);
  shown.contents = known.extent.contents.value_or(sample::unknown);
  shown.index_blobs = known.extent.index_blobs.value_or(sample::unknown);
  shown.queued = static_cast<std::uint32_t>(
      std::ranges::count(facts.jobs, job_state::waiting, &job_fact::state));
  shown.running = static_cast<bool>(facts.lease.holder);
  shown.failures = known.failures;
  if (!winner)
    return shown;
  if (winner->status)
    shown.next_run = to_unix(winner->status->next_maintenance);
  shown.conflicts = static_cast<std::uint32_t>(
      std::ranges::count_if(facts.claimants, [&](const claimant& who) {
        return is_overruled(who.wish, winner->wish);
      }));
  return shown;
}

/// The failure's class; empty when the run could not say.
std::string_view reason_of(const run_outcome& outcome) {
  auto is_known = outcome.why != failure_class::none
                  && outcome.why != failure_class::unknown;
  return is_known ? to_string(outcome.why) : std::string_view{};
}

} // namespace

void tally::expect(begun what) {
  begun_ = std::make_unique<const begun>(std::move(what));
}

void tally::begin(const repository_action& what, const repository_facts& facts,
                  instant now) {
  if (const auto* apply = std::get_if<apply_cron_job>(&what)) {
    expect({apply->uid ? subject::update : subject::creation,
            apply->digests.whole,
            {},
            {},
            apply->wanted.kind});
  } else if (const auto* gone = std::get_if<delete_cron_job>(&what)) {
    auto is_quick = gone->uid && gone->uid == facts.cron_jobs.quick.uid;
    expect({subject::deletion,
            {},
            {},
            {},
            is_quick ? maintenance_kind::quick : maintenance_kind::full});
  } else if (const auto* taken = std::get_if<acquire_lease>(&what)) {
    expect({subject::admission,
            taken->job.uid.value,
            std::max(seconds{0}, now - taken->job.created),
            {},
            taken->job.kind});
  } else if (const auto* freed = std::get_if<release_lease>(&what)) {
    const auto& counted = freed->known.counted;
    if (freed->outcome && counted != facts.lease.known.counted)
      expect({subject::run,
              counted.value,
              {},
              freed->outcome,
              freed->outcome->kind});
  }
}

void tally::show(const repository_facts& facts, instant now) {
  const auto* winner = winner_of(facts);
  meters_->unmaintained(facts.id.hex, unmaintained(facts, winner));
  auto labels = meters_->labels_of(facts.id.hex);
  if (winner)
    labels = labels_of(facts.id, winner->wish);
  // Who is shown already stays while a claim of his does.
  else if (const auto* asks = who_asks_by_hand(facts);
           asks && !(labels && is_of_claimant(facts, *labels)))
    labels = labels_of(facts.id, asks->wish);
  if (!labels)
    return;
  auto shown = sample_of(facts, winner);
  // It changes when the schedule does or a run is due; each time it is asked
  // for would be too often.
  auto before = meters_->sample_of(facts.id.hex);
  shown.interval = before && before->next_run == shown.next_run
                       ? before->interval
                       : interval_of(facts, winner, now);
  meters_->show(*labels, shown);
  if (begun_ && is_proven(facts))
    count(*labels);
}

void tally::hide(const std::string& hash) {
  begun_.reset();
  meters_->unmaintained(hash, 0);
  meters_->forget(hash);
}

bool tally::is_proven(const repository_facts& facts) const {
  const auto& cron_job = facts.cron_jobs[begun_->kind];
  switch (begun_->what) {
    case subject::creation:
    case subject::update:
      return cron_job.exists
             && (cron_job.digest == begun_->proof
                 || facts.settled[begun_->kind].wanted == begun_->proof);
    case subject::deletion:
      return !cron_job.exists || cron_job.deleting;
    case subject::admission:
      return facts.lease.holder.value == begun_->proof;
    case subject::run:
      return facts.lease.known.counted.value == begun_->proof;
  }
  return false;
}

void tally::count(const metrics::repository_labels& labels) {
  using metrics::cron_job_change;
  auto done = std::move(begun_);
  switch (done->what) {
    case subject::creation:
      return meters_->cron_job(labels, cron_job_change::created);
    case subject::update:
      return meters_->cron_job(labels, cron_job_change::updated);
    case subject::deletion:
      return meters_->cron_job(labels, cron_job_change::deleted);
    case subject::admission:
      return meters_->queue_waited(done->waited);
    case subject::run:
      break;
  }
  const auto& outcome = *done->outcome;
  if (outcome.succeeded)
    meters_->maintenance_succeeded(labels, to_string(outcome.kind),
                                   outcome.ended - outcome.started);
  else
    meters_->maintenance_failed(labels, reason_of(outcome));
}

} // namespace holystone::actors
