#pragma once

// Leader election over one Lease object as a machine without clock and I/O:
// requests out, answers and ticks in. It follows client-go's rules (R-32 to
// only the time that passed here since the Lease last changed counts,
// never the timestamps in it. It is no fence: a leader that was stopped
// for long finds out when it asks `leads` again, so writers ask before each
// write, and each write must be safe under two leaders. The elector actor
// drives it.
//
//   election race{"volsync-7d9f_4c1e", {}};
//   if (auto request = race.tick(now, jitter))
//     send(*request); // and later race.found / lacked / failed

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "scheduler/observed_lease.hpp"
#include "scheduler/result.hpp"

namespace holystone::scheduler {

/// The timing that all candidates should share; client-go's defaults.
struct election_terms {
  /// How long a candidate leaves an unchanged Lease alone.
  std::chrono::milliseconds lease{15'000};
  /// How long a leader leads after the last renewal that worked.
  std::chrono::milliseconds deadline{10'000};
  /// The pause between two attempts.
  std::chrono::milliseconds retry{2'000};
};

/// Refuses terms that R-32 forbids: lease > deadline > 1.2 x retry.
result<election_terms> check_terms(const election_terms& terms);

/// What a request to the API server is for.
enum class lease_verb {
  /// Read the Lease.
  read,
  /// Create it; fails when it exists.
  create,
  /// Patch it under `record.version`; acquire time and renew time are now.
  acquire,
  /// Patch it under `record.version`; only the renew time is now.
  renew,
  /// Patch it under `record.version`: no holder, duration 1 s.
  release,
};

/// One request; there is at most one under way.
struct lease_request {
  lease_verb verb = lease_verb::read;
  /// Comes back with the answer; an answer to an older request is ignored.
  std::uint64_t serial = 0;
  /// Holder, duration and transitions to write, and the version to write
  /// over; the sender fills in the timestamps. Empty for a read.
  lease_record record;
};

/// One candidate. Every method that returns a request wants it sent.
class election {
public:
  using request = std::optional<lease_request>;

  /// `identity` must differ between any two processes, restarts included.
  election(std::string identity, const election_terms& terms);

  /// Time has passed; to be called at `next_tick` or any time. `jitter`, from
  /// 0 to 1, spreads the attempts of candidates.
  request tick(steady_instant now, double jitter);

  /// The answer to a read, or to a write that worked: the Lease as it is.
  request found(std::uint64_t serial, lease_record record, steady_instant now);

  /// A read found no Lease.
  request lacked(std::uint64_t serial, steady_instant now);

  /// The request was refused, or nobody knows what became of it.
  request failed(std::uint64_t serial, steady_instant now);

  /// Gives leadership back, for good; only after all work has stopped.
  request release(steady_instant now);

  /// May this process write at this moment? False from the deadline on,
  /// whether or not a tick came.
  bool leads(steady_instant now) const;

  /// When the next tick is due. While an answer is awaited that is the time of
  /// the next attempt, as if it were there already: one timer does for both.
  steady_instant next_tick(steady_instant now) const;

  /// Was `release` called, and is nothing left to be sent?
  bool is_over() const;

  /// Who holds the Lease as far as is known; for logs and the inspection.
  std::string_view holder() const;

private:
  struct pending {
    lease_verb verb;
    std::uint64_t serial;
    steady_instant sent;
  };

  request send(lease_verb verb, steady_instant now);
  request contend(steady_instant now);
  bool take_answer(std::uint64_t serial);
  void lead_from(steady_instant sent);
  steady_instant expiry() const;
  bool is_ours() const;

  std::string identity_;
  election_terms terms_;
  observed_lease observed_;
  std::optional<pending> pending_;
  // The request whose answer is being handled.
  std::optional<pending> answered_;
  std::uint64_t last_serial_ = 0;
  steady_instant retry_at_;
  // Set while we hold the Lease; leading ends there.
  std::optional<steady_instant> leads_until_;
  // After a failure our view of the version can't be trusted.
  bool must_read_ = true;
  // A write of ours is in force, as far as we know or can't know.
  bool may_hold_ = false;
  bool is_closing_ = false;
};

} // namespace holystone::scheduler
