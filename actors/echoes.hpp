#pragma once

// Which of the news about an object count, when two sources tell of it. What
// our own write was answered is newer than what the watch still has to tell,
// so such news are held back until the write's echo has come; and what an
// answer tells after the object's loss is older than that. Plain memory that
// takes `now`; kept by observed.hpp.

#include "actors/messages.hpp"

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace holystone::actors {

/// Is `a` surely newer than `b`? Versions that are no numbers can't be
/// compared.
bool is_newer(const resource_version& a, const resource_version& b);

/// Echoes that watches owe us, and losses that answers may not undo.
class echoes {
public:
  /// A write begins; what was lost before is no matter of its answer.
  void begin() {
    lost_.clear();
  }

  /// A write was answered with this version; the watch will tell so.
  void owe(const object_uid& uid, const resource_version& version, instant now);

  /// The write has made this object. When its echo never comes, it may have
  /// gone between two lists, and no watch ever tells its loss.
  void owe_new(const loss& object, const resource_version& version,
               instant now);

  /// The watch tells of the object. False while that is older, or may be
  /// older, than our write.
  bool counts(const object_uid& uid, const resource_version& told, instant now);

  /// The same; what may be older is kept until the echo is given up.
  bool counts(const fact& told, const fact_ptr& whole, instant now);

  /// The object is gone.
  void lose(const object_uid& uid);

  /// Is the object of an answer gone by now?
  bool is_lost(const object_uid& uid) const {
    return lost_.count(uid.value) > 0;
  }

  /// Gives up echoes that never came; what they held back counts now.
  std::vector<fact_ptr> give_up(instant now);

  /// What was made and is to be looked for, because no watch has told of it;
  /// then again after twice the time.
  std::vector<loss> unheard(instant now);

  /// When the next echo that holds something back is given up, or what was made
  /// is to be looked for.
  std::optional<instant> gives_up_at() const;

  /// Is none owed, and was nothing lost?
  bool is_unused() const {
    return owed_.empty() && lost_.empty();
  }

private:
  /// An echo that the watch still owes us.
  struct echo {
    resource_version version;
    instant since;
    fact_ptr held;
    /// What was made, and when it is to be looked for.
    std::optional<loss> made;
    instant look_at;
  };

  /// By the object's UID.
  std::map<std::string, echo> owed_;
  /// UIDs of what was lost since the last write began; none ever comes back.
  std::set<std::string> lost_;
};

} // namespace holystone::actors
