#include "scheduler/fork_presence.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace holystone::scheduler {

namespace {

/// The fork's own term; it can't be set there.
constexpr std::chrono::seconds fork_term{137};
constexpr std::chrono::seconds tolerance{30};

} // namespace

void fork_presence::seen(lease_record record, steady_instant now) {
  // Who may write this Lease must not be able to hold us up for long.
  record.duration = std::min(record.duration, fork_term);
  auto is_new = !lease_.record();
  auto has_changed = lease_.note(std::move(record), now);
  is_alive_ = has_changed || (is_alive_ && !is_new);
}

presence fork_presence::at(steady_instant now) const {
  const auto* record = lease_.record();
  if (!record || record->holder.empty() || now >= lease_.expiry(fork_term))
    return presence::absent;
  return is_alive_ ? presence::present : presence::undecided;
}

std::optional<steady_instant>
fork_presence::changes_at(steady_instant now) const {
  if (at(now) == presence::absent)
    return std::nullopt;
  return lease_.expiry(fork_term);
}

std::string fork_presence::holder() const {
  const auto* record = lease_.record();
  return record ? record->holder : std::string{};
}

bool has_run_out(const lease_record& record, instant now) {
  auto renewed = parse_rfc3339(record.renew_time);
  return renewed && now > *renewed + fork_term + tolerance;
}

std::string to_notice(const fork_presence& fork, const std::string& ns,
                      steady_instant now) {
  auto state = fork.at(now);
  if (state == presence::absent)
    return {};
  auto verb = state == presence::present ? "renews" : "may still renew";
  return fmt::format(
      "KopiaMaintenance objects are left to the fork of VolSync: {} {} Lease "
      "{}/{}; when you need its backups no more, scale its Deployment to 0 and "
      "they are maintained here. Upstream VolSync has a Lease of that name, "
      "too: it must lie in another namespace",
      fork.holder(), verb, ns, fork_lease);
}

} // namespace holystone::scheduler
