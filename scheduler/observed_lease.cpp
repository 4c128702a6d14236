#include "scheduler/observed_lease.hpp"

#include <utility>

namespace holystone::scheduler {

namespace {

// The version is left out: a label edited by somebody is no sign of life.
bool is_same_term(const lease_record& a, const lease_record& b) {
  return a.holder == b.holder && a.duration == b.duration
         && a.acquire_time == b.acquire_time && a.renew_time == b.renew_time
         && a.transitions == b.transitions;
}

} // namespace

bool observed_lease::note(lease_record record, steady_instant now) {
  auto is_first = !record_;
  auto has_changed = is_first || !is_same_term(*record_, record);
  if (has_changed)
    changed_ = now;
  record_ = std::move(record);
  return has_changed && !is_first;
}

steady_instant
observed_lease::expiry(std::chrono::milliseconds otherwise) const {
  auto term = record_->duration > std::chrono::seconds{0}
                  ? std::chrono::milliseconds{record_->duration}
                  : otherwise;
  return changed_ + term;
}

} // namespace holystone::scheduler
