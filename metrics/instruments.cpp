#include "metrics/instruments.hpp"

#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <iterator>
#include <map>
#include <mutex>

namespace holystone::metrics {

namespace {

using counter_family = prometheus::Family<prometheus::Counter>;
using histogram_family = prometheus::Family<prometheus::Histogram>;
using bounds = prometheus::Histogram::BucketBoundaries;
using labels_map = std::map<std::string, std::string>;

const std::string prefix = "volsync_kopia_";

// An answer from a healthy server takes milliseconds; 30 s is our time-out.
const bounds request_bounds{0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1,
                            0.25,  0.5,    1,     2.5,  5,     10,   30};

// A run takes from seconds to the twelve hours of a neglected repository.
const bounds run_bounds{1, 5, 15, 60, 300, 900, 1800, 3600, 7200, 14400, 43200};

// Waiting is fine for minutes; beyond the interval it is a condition.
const bounds wait_bounds{1, 5, 15, 60, 300, 900, 3600, 14400, 43200, 86400};

// What a failure is called when the Job gives no better reason; also the
// series that exists at zero from the start.
constexpr std::string_view common_failure = "maintenance_job_failed";

labels_map to_map(const repository_labels& labels) {
  return {{"obj_name", labels.obj_name},
          {"obj_namespace", labels.obj_namespace},
          {"role", "source"},
          {"operation", "maintenance"},
          {"repository", labels.repository},
          {"repository_hash", labels.repository_hash}};
}

prometheus::MetricFamily gauge_family(const std::string& name,
                                      const std::string& help) {
  return {prefix + name, help, prometheus::MetricType::Gauge, {}};
}

void add_gauge(prometheus::MetricFamily& family,
               const repository_labels& labels, double value) {
  prometheus::ClientMetric metric;
  for (auto& [name, text] : to_map(labels))
    metric.label.push_back({name, text});
  metric.gauge.value = value;
  family.metric.push_back(std::move(metric));
}

} // namespace

struct instruments::registry {
  // The series of one repository; `doomed` ones go with the next exposition.
  struct series {
    prometheus::Counter* created = nullptr;
    prometheus::Counter* updated = nullptr;
    prometheus::Counter* deleted = nullptr;
    std::map<std::string, prometheus::Counter*, std::less<>> failures;
    std::map<std::string, prometheus::Counter*, std::less<>> operations;
    prometheus::Histogram* duration = nullptr;
    bool doomed = false;
  };

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

  // Call with the mutex held.
  series& of(const repository_labels& labels) {
    auto [entry, fresh] = repositories.try_emplace(labels);
    auto& mine = entry->second;
    mine.doomed = false;
    if (fresh) {
      auto map = to_map(labels);
      mine.created = &created.Add(map);
      mine.updated = &updated.Add(map);
      mine.deleted = &deleted.Add(map);
      mine.duration = &duration.Add(map, run_bounds);
      failure(mine, labels, common_failure);
      operation(mine, labels, "full");
    }
    return mine;
  }

  prometheus::Counter& failure(series& mine, const repository_labels& labels,
                               std::string_view reason) {
    auto [entry, fresh] = mine.failures.try_emplace(std::string{reason});
    if (fresh) {
      auto map = to_map(labels);
      map["failure_reason"] = reason;
      entry->second = &failures.Add(map);
    }
    return *entry->second;
  }

  prometheus::Counter& operation(series& mine, const repository_labels& labels,
                                 std::string_view type) {
    auto [entry, fresh] = mine.operations.try_emplace(std::string{type});
    if (fresh) {
      auto map = to_map(labels);
      map["maintenance_type"] = type;
      entry->second = &operations.Add(map);
    }
    return *entry->second;
  }

  // Call with the mutex held.
  void remove(series& mine) {
    created.Remove(mine.created);
    updated.Remove(mine.updated);
    deleted.Remove(mine.deleted);
    duration.Remove(mine.duration);
    for (auto& [reason, counter] : mine.failures)
      failures.Remove(counter);
    for (auto& [type, counter] : mine.operations)
      operations.Remove(counter);
  }

  prometheus::Registry all;
  std::mutex mutex;
  std::map<repository_labels, series> repositories;

  counter_family& events
      = counters("watch_events_total", "Events that watches delivered");
  counter_family& relists
      = counters("watch_relists_total", "Lists from the start, by kind");
  counter_family& requests = counters(
      "api_requests_total", "Calls to the API server; code 0: no answer");
  histogram_family& request_duration = histograms(
      "api_request_duration_seconds", "Time from a call to its answer");
  counter_family& writes
      = counters("writes_total", "Objects written on purpose");
  counter_family& restarts
      = counters("actor_restarts_total", "Actors started again after a crash");
  prometheus::Gauge& leading = prometheus::BuildGauge()
                                   .Name(prefix + "leader")
                                   .Help("1 while this process leads")
                                   .Register(all)
                                   .Add({});
  prometheus::Histogram& queue_wait
      = histograms("maintenance_queue_wait_seconds",
                   "Time that a Job waited for admission")
            .Add({}, wait_bounds);
  counter_family& created
      = counters("maintenance_cronjob_created_total",
                 "Total number of maintenance CronJobs created");
  counter_family& updated
      = counters("maintenance_cronjob_updated_total",
                 "Total number of maintenance CronJobs updated");
  counter_family& deleted
      = counters("maintenance_cronjob_deleted_total",
                 "Total number of maintenance CronJobs deleted");
  counter_family& failures
      = counters("maintenance_cronjob_failures_total",
                 "Total number of failed maintenance jobs");
  counter_family& operations
      = counters("maintenance_operations_total",
                 "Total number of successful maintenance runs");
  histogram_family& duration
      = histograms("maintenance_duration_seconds",
                   "Duration of successful maintenance runs in seconds");
};

instruments::instruments() : registry_(std::make_unique<registry>()) {
  // nop
}

instruments::~instruments() = default;

void instruments::watch_events(std::string_view kind, std::size_t count) {
  registry_->events.Add({{"kind", std::string{kind}}})
      .Increment(static_cast<double>(count));
}

void instruments::relisted(std::string_view kind) {
  registry_->relists.Add({{"kind", std::string{kind}}}).Increment();
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

void instruments::track(const repository_labels& labels) {
  std::lock_guard guard{registry_->mutex};
  registry_->of(labels);
}

void instruments::forget(const repository_labels& labels) {
  std::lock_guard guard{registry_->mutex};
  auto entry = registry_->repositories.find(labels);
  if (entry != registry_->repositories.end())
    entry->second.doomed = true;
}

void instruments::cron_job(const repository_labels& labels,
                           cron_job_change change) {
  std::lock_guard guard{registry_->mutex};
  auto& mine = registry_->of(labels);
  switch (change) {
    case cron_job_change::created:
      return mine.created->Increment();
    case cron_job_change::updated:
      return mine.updated->Increment();
    case cron_job_change::deleted:
      return mine.deleted->Increment();
  }
}

void instruments::maintenance_succeeded(const repository_labels& labels,
                                        std::string_view type, seconds took) {
  std::lock_guard guard{registry_->mutex};
  auto& mine = registry_->of(labels);
  registry_->operation(mine, labels, type).Increment();
  mine.duration->Observe(took.count());
}

void instruments::maintenance_failed(const repository_labels& labels,
                                     std::string_view reason) {
  std::lock_guard guard{registry_->mutex};
  auto& mine = registry_->of(labels);
  registry_->failure(mine, labels, reason.empty() ? common_failure : reason)
      .Increment();
}

void instruments::queue_waited(seconds span) {
  registry_->queue_wait.Observe(span.count());
}

std::string
instruments::expose(const std::vector<repository_sample>& repositories) {
  auto last_run
      = gauge_family("maintenance_last_run_timestamp_seconds",
                     "Unix timestamp of the last successful maintenance run");
  auto queued = gauge_family("maintenance_queue_length",
                             "Jobs that wait for admission");
  for (const auto& sample : repositories) {
    if (sample.last_success)
      add_gauge(last_run, sample.labels, *sample.last_success);
    add_gauge(queued, sample.labels, static_cast<double>(sample.queued));
  }
  std::lock_guard guard{registry_->mutex};
  auto families = registry_->all.Collect();
  for (auto* family : {&last_run, &queued})
    if (!family->metric.empty())
      families.push_back(std::move(*family));
  auto& known = registry_->repositories;
  for (auto entry = known.begin(); entry != known.end();) {
    auto is_doomed = entry->second.doomed;
    if (is_doomed)
      registry_->remove(entry->second);
    entry = is_doomed ? known.erase(entry) : std::next(entry);
  }
  return prometheus::TextSerializer{}.Serialize(families);
}

} // namespace holystone::metrics
