// Every number that the operator shows under /metrics: names, labels, help
// texts, and the text format. It decides nothing and keeps no state of the
// cluster: counters are raised where something happens, from any thread, and
// gauges about repositories are made at scrape time from what the caller
// passes, so that a scrape never waits for an actor. Called by the actors and
// by the inspector. prometheus-cpp stays inside instruments.cpp.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace holystone::metrics {

/// Whom a series about maintenance is about: the claim that won, and its
/// repository. `role` and `operation` are always `source` and `maintenance`.
struct repository_labels {
  /// Name and namespace of the claim.
  std::string obj_name;
  std::string obj_namespace;
  /// The name of its secret.
  std::string repository;
  std::string repository_hash;

  friend auto operator<=>(const repository_labels&, const repository_labels&)
      = default;
};

/// What is known of one repository at the time of a scrape.
struct repository_sample {
  repository_labels labels;
  /// End of the last successful run in Unix seconds, when there was one.
  std::optional<double> last_success = {};
  /// Jobs that wait for admission.
  std::size_t queued = 0;
};

/// What happened to a repository's CronJob.
enum class cron_job_change { created, updated, deleted };

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

  /// A kind was listed from the start (again).
  void relisted(std::string_view kind);

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

  /// Shows all series of a repository, at zero; again after `forget`.
  void track(const repository_labels& labels);

  /// Removes the repository's series after the next exposition, so that its
  /// last change is seen.
  void forget(const repository_labels& labels);

  /// The repository's CronJob was written or deleted.
  void cron_job(const repository_labels& labels, cron_job_change change);

  /// A run succeeded; `type` is `full` or `quick`.
  void maintenance_succeeded(const repository_labels& labels,
                             std::string_view type, seconds took);

  /// A run failed; `reason` is the Job's condition reason or
  /// `maintenance_job_failed`.
  void maintenance_failed(const repository_labels& labels,
                          std::string_view reason);

  /// A waiting Job was admitted.
  void queue_waited(seconds span);

  // -- reading ----------------------------------------------------------------

  /// Everything in the Prometheus text format 0.0.4.
  std::string expose(const std::vector<repository_sample>& repositories);

  /// The Content-Type of `expose`.
  static constexpr std::string_view content_type
      = "text/plain; version=0.0.4; charset=utf-8";

private:
  struct registry;
  std::unique_ptr<registry> registry_;
};

} // namespace holystone::metrics
