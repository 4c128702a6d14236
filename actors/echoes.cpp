#include "actors/echoes.hpp"

#include "actors/projections.hpp"
#include "k8s_io/version_order.hpp"

#include <utility>

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
  auto& owed = owed_[uid.value];
  owed.version = version;
  owed.since = now;
  owed.held = nullptr;
}

void echoes::owe_new(const loss& object, const resource_version& version,
                     instant now) {
  owed_[object.which.uid.value]
      = {version, now, nullptr, object, now + longest_echo};
}

bool echoes::counts(const object_uid& uid, const resource_version& told,
                    instant now) {
  // A loss of it was none: it came from a selection by labels.
  lost_.erase(uid.value);
  auto i = owed_.find(uid.value);
  if (i == owed_.end())
    return true;
  auto& owed = i->second;
  // The watch knows it, and will tell its loss.
  owed.made.reset();
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
  auto is_late = [now](const echo& owed) {
    return now > owed.since + longest_echo;
  };
  for (auto& [uid, owed] : owed_)
    if (is_late(owed) && owed.held)
      late.push_back(std::exchange(owed.held, nullptr));
  std::erase_if(owed_, [&](const auto& entry) {
    return is_late(entry.second) && !entry.second.made;
  });
  return late;
}

std::vector<loss> echoes::unheard(instant now) {
  std::vector<loss> all;
  for (auto& [uid, owed] : owed_)
    if (owed.made && now > owed.look_at) {
      all.push_back(*owed.made);
      owed.look_at = now + (now - owed.since);
    }
  return all;
}

std::optional<instant> echoes::gives_up_at() const {
  std::optional<instant> first;
  for (const auto& [uid, owed] : owed_) {
    if (owed.held)
      first = earlier(first, owed.since + longest_echo + seconds{1});
    if (owed.made)
      first = earlier(first, owed.look_at + seconds{1});
  }
  return first;
}

} // namespace holystone::actors
