#pragma once

// What a repository's facts and writes mean for the metrics. A write counts
// when the facts prove it, so one whose answer was lost counts as well, and
// none counts twice. The series carry the labels of the winner, or of the last
// one. It decides nothing and sends nothing; kept by the repository's actor.

#include "actors/messages.hpp"
#include "metrics/instruments.hpp"

#include <memory>
#include <optional>
#include <string>

namespace holystone::actors {

/// One repository's share of the metrics.
class tally {
public:
  tally() = default;
  explicit tally(metrics::instruments& meters) : meters_(&meters) {
    // nop
  }

  /// This write is about to be made.
  void begin(const repository_action& what, const repository_facts& facts,
             instant now);

  /// Shows the repository as it is now, and counts what was begun if the facts
  /// prove that it was done.
  void show(const repository_facts& facts, instant now);

  /// Another process leads, or nothing is left: no series any more.
  void hide(const std::string& hash);

private:
  enum class subject { creation, update, deletion, admission, run };

  /// A write that may have been made.
  struct begun {
    subject what;
    /// A digest of the CronJob or the UID of a Job, whichever proves it.
    std::string proof;
    seconds waited{0};
    std::optional<run_outcome> outcome;
    /// Of the CronJob that is written.
    maintenance_kind kind = maintenance_kind::full;
  };

  void expect(begun what);
  bool is_proven(const repository_facts& facts) const;
  void count(const metrics::repository_labels& labels);

  metrics::instruments* meters_ = nullptr;
  std::unique_ptr<const begun> begun_;
};

} // namespace holystone::actors
