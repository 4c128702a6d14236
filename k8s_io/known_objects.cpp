#include "k8s_io/known_objects.hpp"

#include "scheduler/folded_bytes.hpp"

#include <algorithm>
#include <cstring>
#include <stdexcept>
#include <utility>

namespace holystone::k8s_io {

namespace {

constexpr std::size_t first_size = 16;
constexpr std::size_t uuid_size = 16;

// 2^18 blocks of 2^14 bytes.
constexpr unsigned place_bits = 14;
constexpr std::size_t block_size = 1 << place_bits;

// What a head has room for. Kubernetes' names and UIDs are far shorter.
constexpr std::size_t longest_uid = (1 << 12) - 1;
constexpr std::size_t longest_shared = (1 << 12) - 1;
constexpr std::size_t longest_rest = (1 << 24) - 1;

/// How many letters both begin with.
std::size_t alike(std::string_view one, std::string_view other) {
  auto differs = std::ranges::mismatch(one, other).in1;
  return std::min(static_cast<std::size_t>(differs - one.begin()),
                  longest_shared);
}

} // namespace

char* known_objects::at(address where) const {
  --where;
  return blocks_[where >> place_bits].bytes.get() + where % block_size;
}

known_objects::head known_objects::head_of(address where) const {
  head found;
  std::memcpy(&found, at(where), sizeof found);
  return found;
}

std::pair<std::string_view, std::string_view>
known_objects::parts_of(address where) const {
  auto found = head_of(where);
  const std::string_view first = blocks_[(where - 1) >> place_bits].first;
  auto uid = uid_bytes_of(where);
  return {first.substr(0, found.shared),
          {uid.data() + uid.size(), found.rest_length}};
}

std::string known_objects::key_of(address where) const {
  auto [begin, rest] = parts_of(where);
  return std::string{begin}.append(rest);
}

bool known_objects::has_key(address where, std::string_view key) const {
  auto [begin, rest] = parts_of(where);
  return key.size() == begin.size() + rest.size() && key.starts_with(begin)
         && key.ends_with(rest);
}

std::string_view known_objects::uid_bytes_of(address where) const {
  auto length = head_of(where).uid_length;
  return {at(where) + sizeof(head), length == 0 ? uuid_size : length};
}

std::string known_objects::uid_of(address where) const {
  auto bytes = uid_bytes_of(where);
  return head_of(where).uid_length == 0 ? scheduler::spell_uuid(bytes)
                                        : std::string{bytes};
}

object_identity known_objects::identity_of(address where) const {
  auto key = key_of(where);
  auto slash = key.find('/');
  return {{key.substr(0, slash), key.substr(slash + 1)}, {uid_of(where)}};
}

std::size_t known_objects::size_of(address where) const {
  return sizeof(head) + uid_bytes_of(where).size() + head_of(where).rest_length;
}

known_objects::address known_objects::make(std::string_view key,
                                           std::string_view uid, head made) {
  auto size_after = [&](std::size_t shared) {
    return sizeof made + uid.size() + key.size() - shared;
  };
  auto shared = blocks_.empty() ? 0 : alike(key, blocks_.back().first);
  if (blocks_.empty() || used_ + size_after(shared) > block_size) {
    shared = alike(key, key);
    blocks_.push_back({std::make_unique_for_overwrite<char[]>(
                           std::max(size_after(shared), block_size)),
                       std::string{key}});
    used_ = 0;
  }
  auto size = size_after(shared);
  auto where
      = static_cast<address>((blocks_.size() - 1) * block_size + used_ + 1);
  made.shared = shared & longest_shared;
  made.rest_length = (key.size() - shared) & longest_rest;
  auto* whole = at(where);
  std::memcpy(whole, &made, sizeof made);
  uid.copy(whole + sizeof made, uid.size());
  key.substr(shared).copy(whole + sizeof made + uid.size(), key.size());
  // Behind one that is larger than a block nothing fits.
  used_ += size;
  lived_in_ += size;
  return where;
}

void known_objects::mark(address where) {
  auto seen = head_of(where);
  seen.round = round_;
  std::memcpy(at(where), &seen, sizeof seen);
}

void known_objects::waste(address where) {
  auto size = size_of(where);
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
    slot = make(before.key_of(slot), before.uid_bytes_of(slot),
                before.head_of(slot));
  }
}

std::size_t known_objects::place_of(std::string_view key) const {
  auto last = slots_.size() - 1;
  auto place = std::hash<std::string_view>{}(key)&last;
  while (slots_[place] != 0 && !has_key(slots_[place], key))
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
  auto key = to_string(object.key);
  if (object.uid.value.size() > longest_uid || key.size() > longest_rest)
    throw std::length_error("an object's name or UID is longer than any");
  if ((size_ + 1) * 4 > slots_.size() * 3)
    grow();
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
  auto short_uid = scheduler::uuid_bytes(object.uid.value);
  const auto& uid = short_uid ? *short_uid : object.uid.value;
  head made;
  made.round = round_;
  if (!short_uid)
    made.uid_length = uid.size() & longest_uid;
  slot = make(key, uid, made);
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
