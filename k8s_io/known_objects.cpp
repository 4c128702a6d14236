#include "k8s_io/known_objects.hpp"

namespace holystone::k8s_io {

std::optional<object_uid> known_objects::note(const object_identity& object) {
  auto key = to_string(object.key);
  std::optional<object_uid> replaced;
  if (auto found = entries_.find(std::string_view{key});
      found != entries_.end()) {
    if (found->uid() == object.uid.value) {
      found->round = round_;
      return {};
    }
    replaced = object_uid{std::string{found->uid()}};
    entries_.erase(found);
  }
  auto length = static_cast<std::uint32_t>(key.size());
  std::string text;
  text.reserve(key.size() + 1 + object.uid.value.size());
  text.append(key).append(1, '/').append(object.uid.value);
  entries_.insert(entry{std::move(text), length, round_});
  return replaced;
}

bool known_objects::forget(const object_identity& object) {
  auto found = entries_.find(std::string_view{to_string(object.key)});
  if (found == entries_.end() || found->uid() != object.uid.value)
    return false;
  entries_.erase(found);
  return true;
}

std::optional<object_uid> known_objects::forget(const object_key& name) {
  auto found = entries_.find(std::string_view{to_string(name)});
  if (found == entries_.end())
    return {};
  object_uid was{std::string{found->uid()}};
  entries_.erase(found);
  return was;
}

void known_objects::end_round(
    const std::function<void(const object_identity&)>& lost) {
  for (auto i = entries_.begin(); i != entries_.end();)
    if (i->round == round_) {
      ++i;
    } else {
      lost(identity_of(*i));
      i = entries_.erase(i);
    }
}

object_identity known_objects::identity_of(const entry& what) {
  auto key = what.key();
  auto slash = key.find('/');
  return {
      {std::string{key.substr(0, slash)}, std::string{key.substr(slash + 1)}},
      {std::string{what.uid()}}};
}

} // namespace holystone::k8s_io
