// The series about repositories, kept small: one record each, whose labels
// stand in it once and become text only while a scrape lasts, part by part,
// because a thousand repositories have more than twenty thousand lines. Those
// that leave compressed are kept so until one of them changes: of ten thousand
// repositories few change between two scrapes. Used by instruments.cpp only.
#pragma once

#include "metrics/answer_text.hpp"
#include "metrics/repository_sample.hpp"

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace holystone::metrics {

/// All repositories' series; all members may be called from any thread.
class repository_series {
public:
  /// Shows a repository as it is now; its counters begin at zero. Series of
  /// the same repository with other labels are forgotten.
  void show(const repository_labels& labels, const repository_sample& now);

  /// The labels of a repository's series; nothing: there are none, or they are
  /// forgotten.
  std::optional<repository_labels> labels_of(std::string_view hash);

  /// How a repository was shown last; nothing: it has no series.
  std::optional<repository_sample> sample_of(std::string_view hash);

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

  /// Adds every family that has a series, as Prometheus reads it, then drops
  /// what was forgotten.
  void expose(answer_text& to);

private:
  // A run takes from seconds to the twelve hours of a neglected repository.
  static constexpr std::array<double, 11> bounds{
      1, 5, 15, 60, 300, 900, 1800, 3600, 7200, 14400, 43200};

  /// What was counted of one repository's runs, of which there are few.
  struct runs {
    std::map<std::string, std::uint64_t, std::less<>> failures;
    std::map<std::string, std::uint64_t, std::less<>> operations;
    /// By the first bound that the duration doesn't exceed; the last: none.
    std::array<std::uint32_t, bounds.size() + 1> durations{};
    double total = 0;
  };

  struct record {
    repository_sample now;
    std::array<std::uint32_t, 3> cron_job{};
    bool doomed = false;
    /// Null before the first.
    std::unique_ptr<runs> counted;

    /// The same to look at.
    const runs& counts() const;
    /// The same to be changed.
    runs& count();
  };

  /// Labels as one text: each of them, and a zero after it.
  using packed_labels = std::string;

  /// Repositories whose hashes begin alike: what is compressed at a time.
  struct group {
    std::map<packed_labels, record, std::less<>> records;
    /// Has a line changed since they were compressed?
    bool is_stale = true;
    /// Their lines, family by family, as they left last; the scrape's own.
    std::vector<packed_text> packed;
  };

  struct family;
  static const std::span<const family> families;

  using shown = std::map<packed_labels, record, std::less<>>::value_type;

  group& group_of(std::string_view hash);
  const shown* find(std::string_view hash);
  record& change(const repository_labels& labels);
  static void doom(group& of, std::string_view hash, std::string_view but);
  static std::vector<std::string> draft(const group& of);
  void refresh(group& of, text_packer& packer);
  void expose_packed(answer_text& to);
  void expose_plain(answer_text& to);
  static void sweep(group& of);

  /// One scrape at a time; its lock is taken before the other.
  std::mutex scrape_;
  std::mutex mutex_;
  /// By how their hashes begin; a group stays.
  std::map<std::string, group> groups_;
};

} // namespace holystone::metrics
