#include "scheduler/restart_policy.hpp"

#include <algorithm>

namespace holystone::scheduler {

namespace {

constexpr std::chrono::seconds shortest{1};
// 1 s doubled six times.
constexpr std::chrono::seconds longest{64};
constexpr std::chrono::minutes healthy{10};

} // namespace

std::chrono::seconds restart_policy::crashed(steady_instant now) {
  auto starts_over = crashes_ == 0 || now - started_ >= healthy;
  delay_ = starts_over ? shortest : std::min(delay_ * 2, longest);
  started_ = now + delay_;
  ++crashes_;
  return delay_;
}

} // namespace holystone::scheduler
