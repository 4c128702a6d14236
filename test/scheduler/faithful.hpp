#pragma once

// What both models of a repository do while nothing goes wrong: the operator
// hears and acts, time passes, and never do two pods maintain one repository.

#include "little_operator.hpp"

#include <stdexcept>

namespace holystone::scheduler {

inline void check(const little_cluster& cluster, const little_operator& us) {
  if (cluster.maintaining() > 1)
    throw std::logic_error("two pods maintain one repository after "
                           + us.last_action);
}

/// A quiet cluster with a faithful operator, for a stretch of time.
inline void live(little_cluster& cluster, little_operator& us, seconds time) {
  for (auto until = cluster.now + time; cluster.now < until;) {
    us.hear_all();
    for (int i = 0; i < 50 && us.step(); ++i)
      check(cluster, us);
    for (int i = 0; i < 20; ++i) {
      cluster.pass(seconds{1});
      check(cluster, us);
    }
  }
}

} // namespace holystone::scheduler
