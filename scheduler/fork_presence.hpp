#pragma once

// Does the fork of VolSync lead in this cluster? While its own Lease is being
// renewed, KopiaMaintenance objects are left to it, because two controllers
// would fight over the same CronJobs (contract, preamble). Judged as the fork's
// own candidates judge it, by observed_lease.hpp: by what changes before our
// eyes. It reads and writes nothing; the registry tells it what the watch shows
// and asks. Our own election is lease.hpp.

#include "scheduler/observed_lease.hpp"
#include "scheduler/time.hpp"

#include <optional>
#include <string>

namespace holystone::scheduler {

/// The name of the fork's Lease, beside its Deployment.
inline constexpr std::string_view fork_lease = "b95b3104.backube";

/// What is known of the fork.
enum class presence {
  /// No Lease, or a released one, or one that was not renewed for its term.
  absent,
  /// The Lease is held, but was not renewed since we look at it.
  undecided,
  /// It was renewed within its term.
  present
};

/// The fork as far as its Lease shows it.
class fork_presence {
public:
  /// The Lease is now like this.
  void seen(lease_record record, steady_instant now);

  /// What holds at this moment.
  presence at(steady_instant now) const;

  /// When `at` says something else unless there is news; nothing when it
  /// needs none.
  std::optional<steady_instant> changes_at(steady_instant now) const;

  /// Who holds the Lease, or did last; empty when nobody does.
  std::string holder() const;

private:
  observed_lease lease_;
  // It was renewed before our eyes at least once.
  bool is_alive_ = false;
};

/// Has the Lease run out by its own time, clocks that differ a little granted?
/// For who looks once and sees no renewal.
bool has_run_out(const lease_record& record, instant now);

/// A sentence for people: why KopiaMaintenances are left alone, and what to do;
/// empty when they are not. `ns` is the Lease's namespace.
std::string to_notice(const fork_presence& fork, const std::string& ns,
                      steady_instant now);

} // namespace holystone::scheduler
