#include "k8s_io/known_objects.hpp"

#include "scheduler/folded_bytes.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

namespace holystone::k8s_io {

namespace {

constexpr std::size_t first_size = 16;
constexpr std::size_t uuid_size = 16;

// 2^18 blocks of 2^14 bytes.
constexpr unsigned place_bits = 14;
constexpr std::size_t block_size = 1 << place_bits;

} // namespace

char* known_objects::at(address where) const {
  --where;
  return blocks_[where >> place_bits].get() + where % block_size;
}

known_objects::head known_objects::head_of(address where) const {
  head found;
  std::memcpy(&found, at(where), sizeof found);
  return found;
}

std::string_view known_objects::key_of(address where) const {
  auto found = head_of(where);
  auto uid = found.uid_length == 0 ? uuid_size : found.uid_length;
  return {at(where) + sizeof found + uid, found.key_length};
}

std::string known_objects::uid_of(address where) const {
  auto length = head_of(where).uid_length;
  const auto* text = at(where) + sizeof(head);
  return length == 0 ? scheduler::spell_uuid({text, uuid_size})
                     : std::string{text, length};
}

object_identity known_objects::identity_of(address where) const {
  auto key = key_of(where);
  auto slash = key.find('/');
  return {
      {std::string{key.substr(0, slash)}, std::string{key.substr(slash + 1)}},
      {uid_of(where)}};
}

char* known_objects::make_room(std::size_t size, address& where) {
  if (blocks_.empty() || used_ + size > block_size) {
    blocks_.push_back(
        std::make_unique_for_overwrite<char[]>(std::max(size, block_size)));
    used_ = 0;
  }
  where = static_cast<address>((blocks_.size() - 1) * block_size + used_ + 1);
  // Behind one that is larger than a block nothing fits.
  used_ += size;
  lived_in_ += size;
  return at(where);
}

known_objects::address known_objects::make(std::string_view key,
                                           const object_uid& uid) {
  auto short_uid = scheduler::uuid_bytes(uid.value);
  const auto& text = short_uid ? *short_uid : uid.value;
  head made{round_, static_cast<std::uint16_t>(short_uid ? 0 : text.size()),
            static_cast<std::uint32_t>(key.size())};
  address where = 0;
  auto* whole = make_room(sizeof made + text.size() + key.size(), where);
  std::memcpy(whole, &made, sizeof made);
  text.copy(whole + sizeof made, text.size());
  key.copy(whole + sizeof made + text.size(), key.size());
  return where;
}

void known_objects::mark(address where) {
  std::memcpy(at(where), &round_, sizeof round_);
}

void known_objects::waste(address where) {
  auto key = key_of(where);
  auto size = static_cast<std::size_t>(key.data() + key.size() - at(where));
  lived_in_ -= size;
  wasted_ += size;
}

void known_objects::move_together() {
  if (wasted_ <= lived_in_ + block_size)
    return;
  known_objects before;
  std::swap(before.blocks_, blocks_);
  used_ = lived_in_ = wasted_ = 0;
  for (auto& slot : slots_) {
    if (slot == 0)
      continue;
    auto key = before.key_of(slot);
    const auto* from = before.at(slot);
    auto size = static_cast<std::size_t>(key.data() + key.size() - from);
    std::memcpy(make_room(size, slot), from, size);
  }
}

std::size_t known_objects::place_of(std::string_view key) const {
  auto last = slots_.size() - 1;
  auto place = std::hash<std::string_view>{}(key)&last;
  while (slots_[place] != 0 && key_of(slots_[place]) != key)
    place = (place + 1) & last;
  return place;
}

void known_objects::grow() {
  auto before = std::exchange(slots_, {});
  slots_.resize(before.empty() ? first_size : before.size() * 2);
  for (auto one : before)
    if (one != 0)
      slots_[place_of(key_of(one))] = one;
}

void known_objects::erase(std::size_t place) {
  waste(slots_[place]);
  slots_[place] = 0;
  --size_;
  // Who stands behind a place that was taken moves up.
  auto last = slots_.size() - 1;
  for (auto next = (place + 1) & last; slots_[next] != 0;
       next = (next + 1) & last) {
    auto moved = std::exchange(slots_[next], 0);
    slots_[place_of(key_of(moved))] = moved;
  }
  move_together();
}

std::optional<object_uid> known_objects::note(const object_identity& object) {
  if ((size_ + 1) * 4 > slots_.size() * 3)
    grow();
  auto key = to_string(object.key);
  auto& slot = slots_[place_of(key)];
  std::optional<object_uid> replaced;
  if (slot != 0) {
    auto before = uid_of(slot);
    if (before == object.uid.value) {
      mark(slot);
      return {};
    }
    replaced = object_uid{std::move(before)};
    waste(slot);
  } else {
    ++size_;
  }
  slot = make(key, object.uid);
  move_together();
  return replaced;
}

bool known_objects::forget(const object_identity& object) {
  if (slots_.empty())
    return false;
  auto place = place_of(to_string(object.key));
  if (slots_[place] == 0 || uid_of(slots_[place]) != object.uid.value)
    return false;
  erase(place);
  return true;
}

std::optional<object_uid> known_objects::forget(const object_key& name) {
  if (slots_.empty())
    return {};
  auto place = place_of(to_string(name));
  if (slots_[place] == 0)
    return {};
  object_uid was{uid_of(slots_[place])};
  erase(place);
  return was;
}

void known_objects::end_round(
    const std::function<void(const object_identity&)>& lost) {
  std::vector<object_identity> gone;
  for (auto one : slots_)
    if (one != 0 && head_of(one).round != round_)
      gone.push_back(identity_of(one));
  for (const auto& one : gone) {
    forget(one);
    lost(one);
  }
}

} // namespace holystone::k8s_io
