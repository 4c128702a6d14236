// The series about repositories, kept small: one record each, whose labels
// stand in it once and become families only while a scrape lasts, family by
// family, because a thousand repositories have more than twenty thousand lines.
// Plain memory without a lock; used by instruments.cpp only, which shares it
// between threads.
#pragma once

#include "metrics/repository_sample.hpp"

#include <prometheus/metric_family.h>

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>

namespace holystone::metrics {

/// All repositories' series.
class repository_series {
public:
  /// Receives one family after the other.
  using receiver = std::function<void(prometheus::MetricFamily)>;

  /// Shows a repository as it is now; its counters begin at zero. Series of
  /// the same repository with other labels are forgotten.
  void show(const repository_labels& labels, const repository_sample& now);

  /// Removes a repository after the next exposition, so that its last change
  /// is seen; it stays when it is shown again before.
  void forget(std::string_view hash);

  /// The same for all.
  void forget_all();

  /// The repository's CronJob was written or deleted.
  void count(const repository_labels& labels, cron_job_change change);

  /// A run of this type succeeded in this time.
  void succeeded(const repository_labels& labels, std::string_view type,
                 double took);

  /// A run failed.
  void failed(const repository_labels& labels, std::string_view reason);

  /// Hands out every family that has a series, then drops what was forgotten.
  void expose(const receiver& take);

private:
  // A run takes from seconds to the twelve hours of a neglected repository.
  static constexpr std::array<double, 11> bounds{
      1, 5, 15, 60, 300, 900, 1800, 3600, 7200, 14400, 43200};

  struct record {
    repository_sample now;
    std::array<std::uint64_t, 3> cron_job{};
    std::map<std::string, std::uint64_t, std::less<>> failures;
    std::map<std::string, std::uint64_t, std::less<>> operations;
    /// By the first bound that the duration doesn't exceed; the last: none.
    std::array<std::uint64_t, bounds.size() + 1> durations{};
    double total = 0;
    bool doomed = false;
  };

  record& of(const repository_labels& labels);
  void doom(std::string_view hash, const repository_labels* but);

  template <class Fill>
  void expose(const receiver& take, std::string_view name,
              std::string_view help, prometheus::MetricType type,
              Fill fill) const;
  void expose_counters(const receiver& take) const;
  void expose_durations(const receiver& take) const;
  void expose_gauges(const receiver& take) const;

  std::map<repository_labels, record> records_;
};

} // namespace holystone::metrics
