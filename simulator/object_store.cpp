#include "simulator/object_store.hpp"

#include "simulator/object_edit.hpp"

namespace holystone::simulator {

namespace json = boost::json;

namespace {

stored_ptr freeze(json::value& object, std::uint64_t version) {
  auto out = std::make_shared<stored>();
  field(object, {"metadata", "resourceVersion"}) = std::to_string(version);
  out->key = key_of(object);
  out->uid = uid_of(object);
  out->version = version;
  out->text = json::serialize(object);
  for (auto& owner : k8s_io::items_at(object, "metadata", "ownerReferences"))
    out->owners.push_back(k8s_io::text_at(owner, "uid"));
  return out;
}

} // namespace

json::value stored::value() const {
  // It was read from YAML perhaps, which may nest deeper than the default.
  json::parse_options options;
  options.max_depth = 1000;
  return json::parse(text, {}, options);
}

stored_ptr object_store::find(const std::string& kind_id,
                              const object_key& key) const {
  auto kind = collections_.find(kind_id);
  if (kind == collections_.end())
    return nullptr;
  auto found = kind->second.objects.find(key);
  return found == kind->second.objects.end() ? nullptr : found->second;
}

stored_ptr object_store::put(const std::string& kind_id, json::value& object) {
  auto after = freeze(object, ++version_);
  auto& kind = of(kind_id);
  auto& slot = kind.objects[after->key];
  auto before = std::exchange(slot, after);
  index(kind_id, before.get(), after.get());
  remember(kind, {version_, false, std::move(before), after});
  return after;
}

void object_store::erase(const std::string& kind_id, json::value last) {
  auto after = freeze(last, ++version_);
  auto& kind = of(kind_id);
  auto found = kind.objects.find(after->key);
  if (found == kind.objects.end())
    return;
  auto before = found->second;
  kind.objects.erase(found);
  index(kind_id, before.get(), nullptr);
  remember(kind, {version_, true, std::move(before), std::move(after)});
}

void object_store::compact() {
  for (auto& [id, kind] : collections_) {
    kind.history.clear();
    kind.compacted = version_;
  }
}

bool object_store::at(const std::string& kind_id, std::uint64_t version,
                      std::map<object_key, stored_ptr>& out) {
  auto& kind = of(kind_id);
  if (version < kind.compacted)
    return false;
  out = kind.objects;
  for (auto event = kind.history.rbegin();
       event != kind.history.rend() && event->version > version; ++event) {
    if (event->before)
      out[event->before->key] = event->before;
    else
      out.erase(event->after->key);
  }
  return true;
}

const object_place* object_store::place_of(std::string_view uid) const {
  auto found = places_.find(std::string{uid});
  return found == places_.end() ? nullptr : &found->second;
}

std::vector<object_place> object_store::owned_by(std::string_view uid) const {
  auto found = dependents_.find(std::string{uid});
  if (found == dependents_.end())
    return {};
  return {found->second.begin(), found->second.end()};
}

std::set<object_place> object_store::take_touched() {
  return std::exchange(touched_, {});
}

void object_store::index(const std::string& kind_id, const stored* before,
                         const stored* after) {
  object_place place{kind_id, after != nullptr ? after->key : before->key};
  touched_.insert(place);
  if (before != nullptr) {
    for (auto& uid : before->owners) {
      // An owner may wait for this dependent to go.
      if (auto owner = place_of(uid))
        touched_.insert(*owner);
      if (auto found = dependents_.find(uid); found != dependents_.end()) {
        found->second.erase(place);
        if (found->second.empty())
          dependents_.erase(found);
      }
    }
    if (after == nullptr || after->uid != before->uid)
      places_.erase(before->uid);
  }
  if (after != nullptr) {
    for (auto& uid : after->owners)
      dependents_[uid].insert(place);
    places_[after->uid] = place;
  } else {
    for (auto& each : owned_by(before->uid))
      touched_.insert(each);
  }
}

void object_store::remember(collection& kind, write_event event) {
  kind.history.push_back(std::move(event));
  if (kind.history.size() > window_) {
    kind.compacted = kind.history.front().version;
    kind.history.pop_front();
  }
}

} // namespace holystone::simulator
