#pragma once

// A leader-election Lease as one observer sees it, by client-go's rules:
// only the time that passed here since the Lease last changed counts, never the
// timestamps in it, which other clocks wrote. It asks for nothing and decides
// nothing; the election of lease.hpp and fork_presence.hpp conclude from it.

#include "scheduler/object_key.hpp"
#include "scheduler/restart_policy.hpp"

#include <chrono>
#include <optional>
#include <string>

namespace holystone::scheduler {

/// What the Lease says.
struct lease_record {
  /// Empty when it was released.
  std::string holder;
  std::chrono::seconds duration{0};
  /// The Lease's own timestamps; compared as text, never read.
  std::string acquire_time;
  std::string renew_time;
  int transitions = 0;
  resource_version version;
};

/// The last record, and when it changed before our eyes.
class observed_lease {
public:
  /// The Lease is like this. True when that is a sign of life; the first look
  /// is none.
  bool note(lease_record record, steady_instant now);

  /// There is no Lease.
  void forget() {
    record_.reset();
  }

  /// Null when there is no Lease, as far as is known.
  const lease_record* record() const {
    return record_ ? &*record_ : nullptr;
  }

  /// When a Lease that nobody renews is free, as far as we can tell; there must
  /// be one. A record without a duration gets `otherwise`.
  steady_instant expiry(std::chrono::milliseconds otherwise) const;

private:
  std::optional<lease_record> record_;
  steady_instant changed_;
};

} // namespace holystone::scheduler
