#include "actors/accounts.hpp"

#include <algorithm>

namespace holystone::actors {

accounts::accounts(std::string operator_namespace)
    : home_(std::move(operator_namespace)) {
  // nop
}

void accounts::learn(const account_seen& account) {
  known_[account.key.ns] = account;
}

void accounts::learn(const cron_job_seen& cron_job) {
  if (cron_job.fact.ours && cron_job.fact.key.ns != home_)
    cron_jobs_.insert(cron_job.fact.key);
}

void accounts::forget_account(const std::string& ns) {
  known_.erase(ns);
}

void accounts::forget_cron_job(const object_key& key) {
  cron_jobs_.erase(key);
}

void accounts::need(const claim_key& who, bool beside) {
  if (beside)
    claims_.insert(who);
  else
    claims_.erase(who);
}

bool accounts::is_needed(const std::string& ns) const {
  return ns == home_
         || std::ranges::any_of(
             claims_, [&](const auto& who) { return who.object.ns == ns; })
         || std::ranges::any_of(cron_jobs_,
                                [&](const auto& key) { return key.ns == ns; });
}

bool accounts::lacks(const std::string& ns) const {
  auto i = known_.find(ns);
  if (i == known_.end())
    return true;
  auto is_ours = ns == home_ || i->second.made_from == home_;
  return is_ours && !i->second.as_wanted;
}

std::vector<accounts::change> accounts::changes(bool is_settled) const {
  std::vector<change> all;
  if (lacks(home_))
    all.push_back({home_, {}});
  for (const auto& who : claims_)
    if (lacks(who.object.ns))
      all.push_back({who.object.ns, {}});
  if (is_settled)
    for (const auto& [ns, account] : known_)
      if (account.made_from == home_ && !is_needed(ns))
        all.push_back({ns, account.uid});
  return all;
}

std::optional<accounts::change> accounts::next(bool is_settled, instant now) {
  // What was tried long ago, or by a clock that was wrong, is of no interest;
  // and namespaces come and go.
  std::erase_if(tried_, [&](const auto& one) {
    return now < one.second || one.second + account_patience <= now;
  });
  for (auto& one : changes(is_settled))
    if (tried_.try_emplace(one.ns, now).second)
      return std::move(one);
  return std::nullopt;
}

void accounts::done(const change& what) {
  if (what.uid) {
    known_.erase(what.ns);
    tried_.erase(what.ns);
  } else if (lacks(what.ns)) {
    // Whose it is will be told by the watch, if it has not been already.
    known_[what.ns] = {{what.ns, {}}, {}, true, {}};
  }
}

} // namespace holystone::actors
