#include "metrics/repository_series.hpp"

#include <algorithm>
#include <limits>

namespace holystone::metrics {

namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;

// What a failure is called that has no better name; also the series that
// exists at zero from the start.
constexpr std::string_view common_failure = "maintenance_job_failed";

constexpr std::string_view common_type = "full";

ClientMetric metric_of(const repository_labels& labels) {
  ClientMetric metric;
  metric.label = {{"obj_name", labels.obj_name},
                  {"obj_namespace", labels.obj_namespace},
                  {"operation", "maintenance"},
                  {"repository", labels.repository},
                  {"repository_hash", labels.repository_hash},
                  {"role", "source"}};
  return metric;
}

void add_counter(MetricFamily& family, const repository_labels& labels,
                 std::uint64_t value) {
  auto metric = metric_of(labels);
  metric.counter.value = static_cast<double>(value);
  family.metric.push_back(std::move(metric));
}

void add_counters(
    MetricFamily& family, const repository_labels& labels,
    const std::string& extra,
    const std::map<std::string, std::uint64_t, std::less<>>& values) {
  for (const auto& [text, value] : values) {
    add_counter(family, labels, value);
    auto& all = family.metric.back().label;
    all.insert(all.begin(), {extra, text});
  }
}

void add_gauge(MetricFamily& family, const repository_labels& labels,
               std::optional<double> value) {
  if (!value)
    return;
  auto metric = metric_of(labels);
  metric.gauge.value = *value;
  family.metric.push_back(std::move(metric));
}

} // namespace

repository_series::record&
repository_series::of(const repository_labels& labels) {
  auto [entry, is_new] = records_.try_emplace(labels);
  auto& mine = entry->second;
  mine.doomed = false;
  if (is_new) {
    mine.failures.emplace(common_failure, 0);
    mine.operations.emplace(common_type, 0);
  }
  return mine;
}

void repository_series::doom(std::string_view hash,
                             const repository_labels* but) {
  auto i = records_.lower_bound({std::string{hash}, {}, {}, {}});
  for (; i != records_.end() && i->first.repository_hash == hash; ++i)
    i->second.doomed = i->second.doomed || !but || i->first != *but;
}

void repository_series::show(const repository_labels& labels,
                             const repository_sample& now) {
  doom(labels.repository_hash, &labels);
  of(labels).now = now;
}

void repository_series::forget(std::string_view hash) {
  doom(hash, nullptr);
}

void repository_series::forget_all() {
  for (auto& [labels, mine] : records_)
    mine.doomed = true;
}

void repository_series::count(const repository_labels& labels,
                              cron_job_change change) {
  ++of(labels).cron_job[static_cast<std::size_t>(change)];
}

void repository_series::succeeded(const repository_labels& labels,
                                  std::string_view type, double took) {
  auto& mine = of(labels);
  ++mine.operations[std::string{type}];
  auto bound = std::ranges::lower_bound(bounds, took) - bounds.begin();
  ++mine.durations[static_cast<std::size_t>(bound)];
  mine.total += took;
}

void repository_series::failed(const repository_labels& labels,
                               std::string_view reason) {
  ++of(labels).failures[std::string{reason.empty() ? common_failure : reason}];
}

template <class Fill>
void repository_series::expose(const receiver& take, std::string_view name,
                               std::string_view help, MetricType type,
                               Fill fill) const {
  MetricFamily family{"volsync_kopia_maintenance_" + std::string{name},
                      std::string{help},
                      type,
                      {}};
  for (const auto& [labels, mine] : records_)
    fill(family, labels, mine);
  if (!family.metric.empty())
    take(std::move(family));
}

void repository_series::expose_counters(const receiver& take) const {
  constexpr std::array<std::string_view, 3> changes{"created", "updated",
                                                    "deleted"};
  for (std::size_t i = 0; i < changes.size(); ++i)
    expose(take, "cronjob_" + std::string{changes[i]} + "_total",
           "Total number of maintenance CronJobs " + std::string{changes[i]},
           MetricType::Counter,
           [i](auto& family, const auto& labels, const record& mine) {
             add_counter(family, labels, mine.cron_job[i]);
           });
  expose(take, "cronjob_failures_total",
         "Total number of failed maintenance jobs", MetricType::Counter,
         [](auto& family, const auto& labels, const record& mine) {
           add_counters(family, labels, "failure_reason", mine.failures);
         });
  expose(take, "operations_total",
         "Total number of successful maintenance runs", MetricType::Counter,
         [](auto& family, const auto& labels, const record& mine) {
           add_counters(family, labels, "maintenance_type", mine.operations);
         });
}

void repository_series::expose_durations(const receiver& take) const {
  expose(take, "duration_seconds",
         "Duration of successful maintenance runs in seconds",
         MetricType::Histogram,
         [](auto& family, const auto& labels, const record& mine) {
           auto metric = metric_of(labels);
           auto& shown = metric.histogram;
           shown.sample_sum = mine.total;
           for (std::size_t i = 0; i < mine.durations.size(); ++i) {
             shown.sample_count += mine.durations[i];
             shown.bucket.push_back(
                 {shown.sample_count,
                  i < bounds.size() ? bounds[i]
                                    : std::numeric_limits<double>::infinity()});
           }
           family.metric.push_back(std::move(metric));
         });
}

void repository_series::expose_gauges(const receiver& take) const {
  auto gauge = [&](std::string_view name, std::string_view help, auto value) {
    expose(take, name, help, MetricType::Gauge,
           [=](auto& family, const auto& labels, const record& mine) {
             add_gauge(family, labels, value(mine.now));
           });
  };
  gauge("last_run_timestamp_seconds",
        "Unix timestamp of the last successful maintenance run",
        [](const repository_sample& now) { return now.last_success; });
  gauge("next_run_timestamp_seconds",
        "Unix timestamp at which the schedule is due next",
        [](const repository_sample& now) { return now.next_run; });
  gauge("queue_length", "Jobs that wait for admission",
        [](const repository_sample& now) {
          return static_cast<double>(now.queued);
        });
  gauge("running", "1 while a run holds the repository's Lease",
        [](const repository_sample& now) { return now.running ? 1.0 : 0.0; });
  gauge("consecutive_failures", "Full runs that failed since the last success",
        [](const repository_sample& now) {
          return static_cast<double>(now.failures);
        });
  gauge("schedule_conflicts", "Claims whose schedule was rejected",
        [](const repository_sample& now) {
          return static_cast<double>(now.conflicts);
        });
}

void repository_series::expose(const receiver& take) {
  expose_counters(take);
  expose_durations(take);
  expose_gauges(take);
  std::erase_if(records_,
                [](const auto& entry) { return entry.second.doomed; });
}

} // namespace holystone::metrics
