// Every number that the operator shows under /metrics: names, labels, help
// texts, and the text format. It decides nothing: counters are raised where
// something happens and gauges set where something is learned, from any
// thread, so that a scrape never waits for an actor. Called by the actors; a
// scrape is answered from it alone.
#pragma once

#include "metrics/repository_sample.hpp"

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace holystone::metrics {

/// The operator's registry; all members may be called from any thread.
class instruments {
public:
  using seconds = std::chrono::duration<double>;

  instruments();
  ~instruments();

  instruments(const instruments&) = delete;
  instruments& operator=(const instruments&) = delete;

  // -- talking to the API server ----------------------------------------------

  /// A watch of `kind` (plural, as `cronjobs`) delivered events.
  void watch_events(std::string_view kind, std::size_t count = 1);

  /// So many events were heard of that long ago, and all who they concern have
  /// decided since.
  void events_settled(std::size_t count, seconds span);

  /// A kind was listed from the start (again).
  void relisted(std::string_view kind);

  /// Objects of a kind that could not be read and count as absent.
  void skipped(std::string_view kind, std::uint64_t count);

  /// A call was answered with `code`, or with 0 when there was no answer.
  void api_request(std::string_view verb, std::string_view kind, int code,
                   seconds took);

  /// An object was written on purpose: `create`, `apply`, `patch`, `delete`.
  void written(std::string_view verb, std::string_view kind);

  // -- the operator itself ----------------------------------------------------

  /// A supervisor started an actor of this role again.
  void actor_restarted(std::string_view role);

  /// Whether this process is the leader.
  void leader(bool is_leading);

  // -- maintenance ------------------------------------------------------------

  /// Shows a repository as it is now; its counters begin at zero. Series of
  /// the same repository with other labels are forgotten.
  void show(const repository_labels& labels, const repository_sample& now);

  /// The labels that a repository's series have; nothing: there are none, or
  /// they are forgotten.
  std::optional<repository_labels> labels_of(std::string_view hash) const;

  /// How a repository was shown last; nothing: it has no series.
  std::optional<repository_sample> sample_of(std::string_view hash) const;

  /// So many claims of a repository are maintained by nobody.
  void unmaintained(const std::string& hash, std::size_t claims);

  /// Removes the repository's series after the next exposition, so that its
  /// last change is seen; they stay when it is shown again before.
  void forget(std::string_view hash);

  /// The same for all: whoever is still there will be shown again.
  void forget_all();

  /// The repository's CronJob was written or deleted.
  void cron_job(const repository_labels& labels, cron_job_change change);

  /// A run succeeded; `type` is `full` or `quick`.
  void maintenance_succeeded(const repository_labels& labels,
                             std::string_view type, seconds took);

  /// A run failed; an empty reason is called `maintenance_job_failed`.
  void maintenance_failed(const repository_labels& labels,
                          std::string_view reason);

  /// A waiting Job was admitted.
  void queue_waited(seconds span);

  // -- reading ----------------------------------------------------------------

  /// Everything in the Prometheus text format 0.0.4; with `compress` as gzip.
  std::string expose(bool compress = false);

  /// The Content-Type of `expose`.
  static constexpr std::string_view content_type
      = "text/plain; version=0.0.4; charset=utf-8";

private:
  struct registry;
  std::unique_ptr<registry> registry_;
};

} // namespace holystone::metrics
