#pragma once

// What a repository's actor knows: folds what watches report, what claimants
// want and what our own writes were answered into the facts that decisions are
// made from; echoes.hpp says which of two news counts. Plain memory: it takes
// `now` and sends nothing; it decides nothing either.

#include "actors/echoes.hpp"
#include "actors/messages.hpp"
#include "actors/seldom.hpp"
#include "actors/unread_news.hpp"
#include "scheduler/folded.hpp"

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace holystone::actors {

/// What is kept of one repository while nothing is to be decided.
struct repository_memory {
  repository_facts facts;
  /// The caches that claimants brought along last: what they bring again is
  /// older than our own writes.
  std::map<claim_key, shared_value<cache_claim_fact>> told_caches;
  /// The Job that the Lease was held for last: its pods are accounted for.
  object_uid vouched;
  /// The Job whose resume is under way and that was never resumed before.
  object_uid first_resumed;
};

/// One repository as observed.
class observed {
public:
  /// The namespace's text must outlive it.
  explicit observed(repository_facts from = {},
                    std::string_view operator_namespace = {});

  /// All that is known; good until the next `rest`.
  const repository_facts& facts() const {
    return look().facts;
  }

  /// Nothing is to be decided for now: until somebody asks, the facts take
  /// little room (folded.hpp).
  void rest();

  /// Takes in what waits for somebody who asks.
  void catch_up() const;

  /// An object claims the repository, now like this. News about its status
  /// that are older than our own write of it don't undo that.
  void claim(const claimant& who, instant now);

  /// An object does not claim it any more.
  void unclaim(const claim_key& who);

  /// Another repository lies at the location too, or none any more.
  void share(bool is_shared) {
    own().lease_is_shared = is_shared;
  }

  /// What lastingly fails, by subject.
  void trouble(std::map<std::string, write_failure> failing) {
    if (facts().troubles != failing)
      own().troubles = std::move(failing);
  }

  /// A place to run was given or is not needed any more.
  void grant(bool granted) {
    own().granted = granted;
  }

  /// The repository's other locations are these.
  void share(const std::vector<alias_fact>& aliases) {
    own().aliases = aliases;
  }

  /// A watch reports this; held back while an echo is owed for the object.
  /// False when it is the loss of something that is not known.
  bool see(const fact_ptr& what, instant now);

  /// This was read, uncached. What is known to be gone by now is dropped, and
  /// so is what is known to have changed since.
  void read(const fact& what, instant now);

  /// This write is about to be made.
  void begin(const repository_action& what);

  /// This write was refused before anything came of it.
  void refuse(const repository_action& what);

  /// The object of this write does not exist, says the server.
  void lack(const repository_action& what, instant now);

  /// This write was made; `seen` is what its answer showed.
  void finish(const repository_action& what,
              const std::vector<observation>& seen, instant now);

  /// Echoes that never came are given up, and what they held back counts.
  void give_up_echoes(instant now);

  /// What we made and no watch has told of, to be looked for.
  std::vector<loss> unheard(instant now) {
    return echoes_->is_unused() ? std::vector<loss>{}
                                : echoes_.use().unheard(now);
  }

  /// When the next echo is given up, or something is to be looked for.
  std::optional<instant> gives_up_at() const {
    return echoes_->gives_up_at();
  }

private:
  bool may_wait() const;
  void take(const claimant& who, bool counts);
  void take(const observation& what, instant now);
  bool knows(const object_uid& uid) const;
  resource_version known_version(const object_uid& uid) const;
  void fold(const fact& what);
  void fold(const loss& what, instant now);
  void lose_pod(const object_key& key, bool state_is_last, instant now);
  void fold_done(const repository_action& what, bool was_answered);
  void fold_cron_job(const cron_job_seen& seen);
  void lose_cron_job(const object_uid& uid);
  void set_cache(const object_key& key,
                 const shared_value<cache_claim_fact>& cache);
  void fold_left(const predecessor_seen& seen);
  void lose_left(const object_uid& uid);
  const predecessor* find_left(const object_uid& uid) const;
  void sort_out();
  cron_job_fact* find_cron_job(const object_uid& uid);
  const cron_job_fact* find_cron_job(const object_uid& uid) const;
  void mark_deleting(const object_uid& job);

  shared_value<cache_claim_fact> newest_cache(const claimant& told,
                                              const claimant* known);

  /// The facts, to be changed.
  repository_facts& own() {
    return all().facts;
  }

  const repository_memory& look() const;
  /// The same, to be changed.
  repository_memory& all();

  /// Null while it rests.
  mutable std::unique_ptr<repository_memory> memory_;
  /// As it was before it was opened, as long as nothing has changed.
  folded<repository_memory> at_rest_;
  bool is_changed_ = true;
  /// What was told since, while nobody asked. A start tells a dozen facts and
  /// claims of each repository before anything can be decided.
  mutable unread_news news_;
  std::string_view operator_namespace_;
  seldom<echoes> echoes_;
};

} // namespace holystone::actors
