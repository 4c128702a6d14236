#pragma once

// Where what the VolSync fork left belongs: to the repository that its Secret
// names, or while nobody knows that one, to those that it may be. It keeps what
// watches show of such objects and what their Secrets said. Plain memory that
// sends nothing; kept by the registry. What becomes of the objects is said by
// scheduler/predecessors.hpp.

#include "actors/messages.hpp"
#include "actors/placement.hpp"
#include "actors/roster.hpp"

#include <map>
#include <set>
#include <string>
#include <vector>

namespace holystone::actors {

/// Something of the fork's, and which repositories were told of it.
struct left_behind {
  predecessor_seen seen;
  std::set<std::string> told;

  /// Is it a Job or a pod, which holds the lock?
  bool can_run() const {
    return !std::holds_alternative<predecessor>(seen.what);
  }
};

/// Who claims what where, as the registry knows it.
struct claimed_places {
  const placement& claims;
  const roster& repositories;
  bool identity_by_secret;
};

/// A copy of the fork's; it names its repository itself.
predecessor_seen to_left(const secret_fact& secret);

/// What a repository is told whose matter it is not any more.
loss to_loss(const left_behind& what);

/// All of the fork's.
class predecessors {
public:
  using entries = std::map<object_uid, left_behind>;

  bool empty() const {
    return all_.empty();
  }

  const entries& all() const {
    return all_;
  }

  /// One of them; null when it is unknown.
  left_behind* find(const object_uid& uid);

  /// It is like this now.
  void learn(const predecessor_seen& seen);

  /// It is gone; says who was told of it.
  std::set<std::string> forget(const object_uid& uid);

  /// A Secret said this when it was read. Says whose place may be another now.
  std::vector<object_uid> learn(const reading& told);

  /// Was this Secret read?
  bool has_read(const object_key& secret) const {
    return secret.name.empty() || places_.count(secret) > 0;
  }

  /// The location that the Secret names; empty: it names none.
  const std::string& location_of(const object_key& secret) const;

  /// Is it worth reading because something works with it and its location is
  /// not known?
  bool needs(const object_key& secret) const;

  /// The repositories to which it belongs, or may belong.
  std::set<std::string> places_of(const left_behind& what,
                                  const claimed_places& known) const;

  /// Whose place depends on who claims what.
  std::vector<object_uid> unplaced() const;

private:
  /// This object works with the Secret no more.
  void unlist(const object_key& secret, const object_uid& uid);

  entries all_;
  /// What works with each Secret.
  std::map<object_key, std::set<object_uid>> by_secret_;
  /// Where a Secret's repository is. What was once read holds: a Job that runs
  /// was given it at its start.
  std::map<object_key, std::string> places_;
};

} // namespace holystone::actors
