#include "scheduler/lease.hpp"

#include <algorithm>
#include <utility>

namespace holystone::scheduler {

namespace {

using std::chrono::milliseconds;

// The longest pause between attempts in units of `retry`.
constexpr double most_jitter = 1.2;

milliseconds jittered(milliseconds retry, double jitter) {
  auto factor = 1 + (most_jitter - 1) * std::clamp(jitter, 0.0, 1.0);
  return milliseconds{static_cast<milliseconds::rep>(
      static_cast<double>(retry.count()) * factor)};
}

} // namespace

result<election_terms> check_terms(const election_terms& terms) {
  if (terms.lease <= terms.deadline)
    return error{"leader election: the lease must be longer than the renew "
                 "deadline"};
  if (terms.deadline <= jittered(terms.retry, 1))
    return error{"leader election: the renew deadline must be longer than 1.2 "
                 "times the retry period"};
  if (terms.retry <= milliseconds{0})
    return error{"leader election: the retry period must be positive"};
  return terms;
}

election::election(std::string identity, const election_terms& terms)
    : identity_(std::move(identity)), terms_(terms) {
  // nop
}

election::request election::tick(steady_instant now, double jitter) {
  if (leads_until_ && now >= *leads_until_)
    leads_until_.reset();
  // An answer that takes longer is given up; should it come all the same, it
  // counts no more.
  if (pending_ && now - pending_->sent < terms_.deadline / 2)
    return std::nullopt;
  if (std::exchange(pending_, std::nullopt))
    must_read_ = true;
  if (is_closing_ || now < retry_at_)
    return std::nullopt;
  auto is_leading = leads(now);
  retry_at_ = now + jittered(terms_.retry, is_leading ? 0 : jitter);
  // Looks at the very moment at which the Lease gets free, so that the pause
  // is not added to the hand-over twice.
  if (observed_.record() && !is_leading && expiry() > now)
    retry_at_ = std::min(retry_at_, expiry());
  auto renews = is_leading && !must_read_ && is_ours();
  return send(renews ? lease_verb::renew : lease_verb::read, now);
}

election::request election::found(std::uint64_t serial, lease_record record,
                                  steady_instant now) {
  if (!take_answer(serial))
    return std::nullopt;
  observed_.note(std::move(record), now);
  must_read_ = false;
  may_hold_ = is_ours();
  if (!is_ours())
    leads_until_.reset();
  else if (answered_->verb != lease_verb::read)
    lead_from(answered_->sent);
  if (is_closing_)
    return release(now);
  if (answered_->verb == lease_verb::read)
    return contend(now);
  return std::nullopt;
}

election::request election::lacked(std::uint64_t serial, steady_instant now) {
  if (!take_answer(serial))
    return std::nullopt;
  observed_.forget();
  may_hold_ = false;
  if (is_closing_ || answered_->verb != lease_verb::read)
    return std::nullopt;
  return send(lease_verb::create, now);
}

election::request election::failed(std::uint64_t serial, steady_instant) {
  // What was asked may have been written all the same: the version is unknown
  // until the next read. A candidate that is closing leaves it at that; its
  // successor waits for the Lease at worst.
  if (take_answer(serial))
    must_read_ = true;
  return std::nullopt;
}

election::request election::release(steady_instant now) {
  is_closing_ = true;
  leads_until_.reset();
  if (pending_ || !may_hold_)
    return std::nullopt;
  return send(must_read_ ? lease_verb::read : lease_verb::release, now);
}

bool election::leads(steady_instant now) const {
  return leads_until_ && now < *leads_until_;
}

steady_instant election::next_tick(steady_instant now) const {
  auto waits = pending_ && now >= retry_at_;
  auto next = waits ? pending_->sent + terms_.deadline / 2 : retry_at_;
  return leads_until_ ? std::min(*leads_until_, next) : next;
}

bool election::is_over() const {
  return is_closing_ && !pending_;
}

std::string_view election::holder() const {
  const auto* seen = observed_.record();
  return seen ? std::string_view{seen->holder} : std::string_view{};
}

election::request election::send(lease_verb verb, steady_instant now) {
  lease_request out{verb, ++last_serial_, {}};
  pending_ = pending{verb, out.serial, now};
  if (verb == lease_verb::read)
    return out;
  auto& record = out.record;
  if (const auto* seen = observed_.record())
    record = *seen;
  if (verb == lease_verb::release) {
    record.holder.clear();
    // Any candidate may take it at once, but not before it saw this.
    record.duration = std::chrono::seconds{1};
    return out;
  }
  if (verb == lease_verb::acquire)
    ++record.transitions;
  may_hold_ = true;
  record.holder = identity_;
  record.duration = std::chrono::ceil<std::chrono::seconds>(terms_.lease);
  return out;
}

// Decides after a read: take the Lease, take it up again, or wait.
election::request election::contend(steady_instant now) {
  if (is_ours())
    return send(lease_verb::renew, now);
  if (observed_.record()->holder.empty() || now >= expiry())
    return send(lease_verb::acquire, now);
  return std::nullopt;
}

bool election::take_answer(std::uint64_t serial) {
  if (!pending_ || pending_->serial != serial)
    return false;
  answered_ = std::exchange(pending_, std::nullopt);
  return true;
}

// Counted from the sending: others count from when they saw what was written,
// which is later, however long the answer took.
void election::lead_from(steady_instant sent) {
  leads_until_ = sent + terms_.deadline;
}

steady_instant election::expiry() const {
  // A record without a duration is none of ours; it gets ours.
  return observed_.expiry(terms_.lease);
}

bool election::is_ours() const {
  const auto* seen = observed_.record();
  return seen && seen->holder == identity_;
}

} // namespace holystone::scheduler
