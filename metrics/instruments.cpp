#include "metrics/instruments.hpp"

#include "metrics/answer_text.hpp"
#include "metrics/repository_series.hpp"

#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <map>
#include <mutex>

namespace holystone::metrics {

namespace {

using counter_family = prometheus::Family<prometheus::Counter>;
using histogram_family = prometheus::Family<prometheus::Histogram>;
using bounds = prometheus::Histogram::BucketBoundaries;

const std::string prefix = "volsync_kopia_";

// An answer from a healthy server takes milliseconds; 30 s is our time-out.
const bounds request_bounds{0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1,
                            0.25,  0.5,    1,     2.5,  5,     10,   30};

// Deciding takes less than a millisecond; what is longer was waiting for a
// write that was under way.
const bounds settling_bounds{0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05,
                             0.1,    0.25,  0.5,    1,     5,    30};

// Waiting is fine for minutes; beyond the interval it is a condition.
const bounds wait_bounds{1, 5, 15, 60, 300, 900, 3600, 14400, 43200, 86400};

} // namespace

struct instruments::registry {
  counter_family& counters(const std::string& name, const std::string& help) {
    return prometheus::BuildCounter()
        .Name(prefix + name)
        .Help(help)
        .Register(all);
  }

  histogram_family& histograms(const std::string& name,
                               const std::string& help) {
    return prometheus::BuildHistogram()
        .Name(prefix + name)
        .Help(help)
        .Register(all);
  }

  prometheus::Registry all;
  repository_series repositories;

  counter_family& events
      = counters("watch_events_total", "Events that watches delivered");
  prometheus::Histogram& settling
      = histograms("watch_event_seconds",
                   "From an event's arrival until all repositories that it "
                   "concerns have decided what to do; a write that was under "
                   "way is waited for")
            .Add({}, settling_bounds);
  counter_family& relists
      = counters("watch_relists_total", "Lists from the start");
  counter_family& skips = counters(
      "watch_skipped_objects_total",
      "Objects that could not be read and count as absent; the log names "
      "each");
  counter_family& requests
      = counters("api_requests_total",
                 "Calls to the API server; code is 0 where no answer came");
  histogram_family& request_duration = histograms(
      "api_request_duration_seconds", "Time from a call to its answer");
  counter_family& writes
      = counters("writes_total", "Objects written on purpose");
  counter_family& restarts = counters(
      "actor_restarts_total", "Parts that crashed and were started again");
  prometheus::Gauge& leading = prometheus::BuildGauge()
                                   .Name(prefix + "leader")
                                   .Help("1 while this process leads")
                                   .Register(all)
                                   .Add({});
  prometheus::Gauge& unmaintained
      = prometheus::BuildGauge()
            .Name(prefix + "unmaintained_claims")
            .Help("ReplicationSources and KopiaMaintenances that want "
                  "maintenance and get none")
            .Register(all)
            .Add({});
  std::mutex unmaintained_mutex;
  /// By repository; only where there are some.
  std::map<std::string, std::size_t> unmaintained_by_hash;
  prometheus::Histogram& queue_wait
      = histograms("maintenance_queue_wait_seconds",
                   "How long admitted Jobs had waited")
            .Add({}, wait_bounds);
};

instruments::instruments() : registry_(std::make_unique<registry>()) {
  // nop
}

instruments::~instruments() = default;

void instruments::watch_events(std::string_view kind, std::size_t count) {
  registry_->events.Add({{"kind", std::string{kind}}})
      .Increment(static_cast<double>(count));
}

void instruments::events_settled(std::size_t count, seconds span) {
  for (; count > 0; --count)
    registry_->settling.Observe(span.count());
}

void instruments::relisted(std::string_view kind) {
  registry_->relists.Add({{"kind", std::string{kind}}}).Increment();
}

void instruments::skipped(std::string_view kind, std::uint64_t count) {
  registry_->skips.Add({{"kind", std::string{kind}}})
      .Increment(static_cast<double>(count));
}

void instruments::api_request(std::string_view verb, std::string_view kind,
                              int code, seconds took) {
  std::string verb_text{verb};
  registry_->requests
      .Add({{"verb", verb_text},
            {"kind", std::string{kind}},
            {"code", std::to_string(code)}})
      .Increment();
  registry_->request_duration.Add({{"verb", verb_text}}, request_bounds)
      .Observe(took.count());
}

void instruments::written(std::string_view verb, std::string_view kind) {
  registry_->writes
      .Add({{"verb", std::string{verb}}, {"kind", std::string{kind}}})
      .Increment();
}

void instruments::actor_restarted(std::string_view role) {
  registry_->restarts.Add({{"actor", std::string{role}}}).Increment();
}

void instruments::leader(bool is_leading) {
  registry_->leading.Set(is_leading ? 1 : 0);
}

void instruments::show(const repository_labels& labels,
                       const repository_sample& now) {
  registry_->repositories.show(labels, now);
}

std::optional<repository_labels>
instruments::labels_of(std::string_view hash) const {
  return registry_->repositories.labels_of(hash);
}

std::optional<repository_sample>
instruments::sample_of(std::string_view hash) const {
  return registry_->repositories.sample_of(hash);
}

void instruments::unmaintained(const std::string& hash, std::size_t claims) {
  std::lock_guard guard{registry_->unmaintained_mutex};
  auto& all = registry_->unmaintained_by_hash;
  auto known = all.find(hash);
  auto before = known == all.end() ? 0 : known->second;
  if (claims == before)
    return;
  registry_->unmaintained.Increment(static_cast<double>(claims)
                                    - static_cast<double>(before));
  if (claims == 0)
    all.erase(known);
  else
    all.insert_or_assign(hash, claims);
}

void instruments::forget(std::string_view hash) {
  registry_->repositories.forget(hash);
}

void instruments::forget_all() {
  registry_->repositories.forget_all();
  std::lock_guard guard{registry_->unmaintained_mutex};
  registry_->unmaintained_by_hash.clear();
  registry_->unmaintained.Set(0);
}

void instruments::cron_job(const repository_labels& labels,
                           cron_job_change change) {
  registry_->repositories.count(labels, change);
}

void instruments::maintenance_succeeded(const repository_labels& labels,
                                        std::string_view type, seconds took) {
  registry_->repositories.succeeded(labels, type, took.count());
}

void instruments::maintenance_failed(const repository_labels& labels,
                                     std::string_view reason) {
  registry_->repositories.failed(labels, reason);
}

void instruments::queue_waited(seconds span) {
  registry_->queue_wait.Observe(span.count());
}

std::string instruments::expose(bool compress) {
  answer_text text{compress};
  text.put(prometheus::TextSerializer{}.Serialize(registry_->all.Collect()));
  registry_->repositories.expose(text);
  return text.finish();
}

} // namespace holystone::metrics
