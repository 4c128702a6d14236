#pragma once

// The two kinds of maintenance that kopia knows, and what exists once for each
// of them. A repository's schedules, CronJobs and Jobs are told apart by it.

#include <array>
#include <string_view>

namespace holystone::scheduler {

/// Which of kopia's two kinds of maintenance is meant. A full run does the
/// quick one's work first.
enum class maintenance_kind { full, quick };

/// Both, the one that counts first.
inline constexpr std::array maintenance_kinds{maintenance_kind::full,
                                              maintenance_kind::quick};

/// `full` or `quick`.
constexpr std::string_view to_string(maintenance_kind kind) {
  return kind == maintenance_kind::full ? "full" : "quick";
}

/// One value for each kind.
template <class T>
struct per_kind {
  T full{};
  T quick{};

  /// The value of this kind.
  T& operator[](maintenance_kind kind) {
    return kind == maintenance_kind::full ? full : quick;
  }
  const T& operator[](maintenance_kind kind) const {
    return kind == maintenance_kind::full ? full : quick;
  }
};

} // namespace holystone::scheduler
