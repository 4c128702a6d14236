#include "actors/echoes.hpp"

#include "actors/projections.hpp"
#include "k8s_io/version_order.hpp"

namespace holystone::actors {

namespace {

/// An echo that never comes must not blind us.
constexpr seconds longest_echo{30};

} // namespace

bool is_newer(const resource_version& a, const resource_version& b) {
  return k8s_io::is_newer(a.value, b.value);
}

void echoes::owe(const object_uid& uid, const resource_version& version,
                 instant now) {
  owed_[uid.value] = {version, now, nullptr};
}

bool echoes::counts(const object_uid& uid, const resource_version& told,
                    instant now) {
  // A loss of it was none: it came from a selection by labels.
  lost_.erase(uid.value);
  auto i = owed_.find(uid.value);
  if (i == owed_.end())
    return true;
  const auto& owed = i->second;
  if (told != owed.version && !is_newer(told, owed.version)
      && now <= owed.since + longest_echo)
    return false;
  owed_.erase(i);
  return true;
}

bool echoes::counts(const fact& told, const fact_ptr& whole, instant now) {
  const auto& uid = uid_of(told);
  if (counts(uid, version_of(told), now))
    return true;
  auto& owed = owed_.at(uid.value);
  // What is surely older is of no use any more.
  if (!is_newer(owed.version, version_of(told)))
    owed.held = whole;
  return false;
}

void echoes::lose(const object_uid& uid) {
  owed_.erase(uid.value);
  lost_.insert(uid.value);
}

std::vector<fact_ptr> echoes::give_up(instant now) {
  std::vector<fact_ptr> late;
  std::erase_if(owed_, [&](const auto& entry) {
    const auto& owed = entry.second;
    auto is_late = now > owed.since + longest_echo;
    if (is_late && owed.held)
      late.push_back(owed.held);
    return is_late;
  });
  return late;
}

std::optional<instant> echoes::gives_up_at() const {
  std::optional<instant> first;
  for (const auto& [uid, owed] : owed_) {
    if (!owed.held)
      continue;
    auto at = owed.since + longest_echo + seconds{1};
    first = std::min(first.value_or(at), at);
  }
  return first;
}

} // namespace holystone::actors
