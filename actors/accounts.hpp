#pragma once

// The ServiceAccount of maintenance pods in every namespace where such pods
// run: it keeps who needs one and which exist, and says which write is next.
// One in the operator's namespace stays; one elsewhere goes with the last claim
// and CronJob there. Somebody else's under the name is left alone. Plain
// memory; kept by the account keeper, which makes the write.

#include "actors/messages.hpp"

#include <cstddef>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace holystone::actors {

/// Between two writes of one ServiceAccount.
inline constexpr seconds account_patience{10};

/// The ServiceAccounts and their users.
class accounts {
public:
  explicit accounts(std::string operator_namespace = {});

  /// A ServiceAccount of that name is now like this.
  void learn(const account_seen& account);

  /// A CronJob of ours runs pods in its namespace.
  void learn(const cron_job_seen& cron_job);

  /// The ServiceAccount of that namespace is gone.
  void forget_account(const std::string& ns);

  /// A CronJob is gone.
  void forget_cron_job(const object_key& key);

  /// Pods of this claim run in the claim's namespace, or they don't.
  void need(const claim_key& who, bool beside);

  /// One write: of this namespace's ServiceAccount, to make or to delete it.
  struct change {
    std::string ns;
    /// Of the one to delete; empty: make it.
    object_uid uid;
  };

  /// The next write, which is tried now; none: all is well, or what is not was
  /// tried just now, because somebody who changes one back and forth is not
  /// answered hot. One may only be deleted when all claims are known.
  std::optional<change> next(bool is_settled, instant now);

  /// Is anything not as it should be?
  bool is_pending(bool is_settled) const {
    return !changes(is_settled).empty();
  }

  /// The write was answered; a watch may tell it later.
  void done(const change& what);

private:
  /// Who runs pods in a namespace.
  struct users {
    std::size_t claims = 0;
    std::size_t cron_jobs = 0;
  };

  /// Something is different there. Thousands of namespaces are not looked
  /// through for each of ten thousand claims.
  void look_at(const std::string& ns);
  bool lacks(const std::string& ns) const;
  std::vector<change> changes(bool is_settled) const;

  std::string home_;
  std::map<std::string, account_seen> known_;
  std::set<claim_key> claims_;
  std::set<object_key> cron_jobs_;
  std::map<std::string, users> users_;
  /// Where one is to be made; home is not among them.
  std::set<std::string> lacking_;
  /// Where one of ours is that nobody needs.
  std::set<std::string> spare_;
  std::map<std::string, instant> tried_;
};

} // namespace holystone::actors
