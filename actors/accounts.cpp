#include "actors/accounts.hpp"

#include <utility>

namespace holystone::actors {

accounts::accounts(std::string operator_namespace)
    : home_(std::move(operator_namespace)) {
  look_at(home_);
}

void accounts::learn(const account_seen& account) {
  known_[account.key.ns] = account;
  look_at(account.key.ns);
}

void accounts::learn(const cron_job_seen& cron_job) {
  const auto& key = cron_job.fact.key;
  if (!cron_job.fact.ours || key.ns == home_ || !cron_jobs_.insert(key).second)
    return;
  ++users_[key.ns].cron_jobs;
  look_at(key.ns);
}

void accounts::forget_account(const std::string& ns) {
  known_.erase(ns);
  look_at(ns);
}

void accounts::forget_cron_job(const object_key& key) {
  if (cron_jobs_.erase(key) == 0)
    return;
  --users_[key.ns].cron_jobs;
  look_at(key.ns);
}

void accounts::need(const claim_key& who, bool beside) {
  const auto& ns = who.object.ns;
  if (beside && claims_.insert(who).second)
    ++users_[ns].claims;
  else if (!beside && claims_.erase(who) > 0)
    --users_[ns].claims;
  else
    return;
  look_at(ns);
}

bool accounts::lacks(const std::string& ns) const {
  auto i = known_.find(ns);
  if (i == known_.end())
    return true;
  auto is_ours = ns == home_ || i->second.made_from == home_;
  return is_ours && !i->second.as_wanted;
}

void accounts::look_at(const std::string& ns) {
  auto put = [&](std::set<std::string>& all, bool belongs) {
    if (belongs)
      all.insert(ns);
    else
      all.erase(ns);
  };
  auto used = users_.find(ns);
  auto by = used == users_.end() ? users{} : used->second;
  put(lacking_, ns != home_ && by.claims > 0 && lacks(ns));
  auto known = known_.find(ns);
  put(spare_, ns != home_ && by.claims == 0 && by.cron_jobs == 0
                  && known != known_.end() && known->second.made_from == home_
                  && !known->second.deleting);
  if (used != users_.end() && by.claims == 0 && by.cron_jobs == 0)
    users_.erase(used);
}

std::vector<accounts::change> accounts::changes(bool is_settled) const {
  std::vector<change> all;
  if (lacks(home_))
    all.push_back({home_, {}});
  for (const auto& ns : lacking_)
    all.push_back({ns, {}});
  if (is_settled)
    for (const auto& ns : spare_)
      all.push_back({ns, known_.at(ns).uid});
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
    forget_account(what.ns);
    tried_.erase(what.ns);
  } else if (lacks(what.ns)) {
    // Whose it is will be told by the watch, if it has not been already.
    learn(account_seen{{what.ns, {}}, {}, true, {}});
  }
}

} // namespace holystone::actors
