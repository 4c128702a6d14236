#pragma once

// What the registry asks for because no watch shows it: what a Secret says, and
// which volume a PersistentVolumeClaim stands for. One question about an object
// at a time, and the next when the last answer says so. It keeps no answers;
// placement.hpp and predecessors.hpp do. A part of the registry.

#include "actors/interfaces.hpp"

#include <caf/typed_event_based_actor.hpp>

#include <cstdint>
#include <functional>
#include <map>
#include <set>

namespace holystone::actors {

/// Whom the registry asks, and what it does with answers, failed ones included.
struct inquiry_ways {
  registry_actor::pointer self = nullptr;
  secret_mirror_actor mirror;
  volume_reader_actor volumes;
  std::function<void(const reading_ptr&)> told_secret;
  std::function<void(const volume_reading_ptr&)> told_volume;
};

/// Questions on their way, and those that come again.
class inquiries {
public:
  inquiries() = default;
  explicit inquiries(inquiry_ways ways) : ways_(std::move(ways)) {
    // nop
  }

  /// Asks now; false when that is being asked already.
  bool ask(const readable& what);

  /// Is this the sleep after the last answer, which is over now?
  bool wakes(const readable& what, std::uint64_t ticket);

  /// Was every question answered? One that failed was not: nothing must be
  /// given up meanwhile.
  bool are_answered() const {
    return open_.empty();
  }

private:
  template <class Reading, class Reader, class Atom>
  void send(const Reader& to, Atom, const readable& what,
            const std::function<void(const Reading&)>& tell);
  void sleep(const readable& what, milliseconds time);

  inquiry_ways ways_;
  std::set<readable> open_;
  /// The ticket of the sleep before each question is asked anew.
  std::map<readable, std::uint64_t> asleep_;
  std::uint64_t last_ticket_ = 0;
};

} // namespace holystone::actors
