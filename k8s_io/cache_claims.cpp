#include "k8s_io/cache_claims.hpp"

#include "k8s_io/fields.hpp"
#include "k8s_io/manifests.hpp"
#include "k8s_io/names.hpp"
#include "k8s_io/objects.hpp"
#include "scheduler/object_names.hpp"

namespace holystone::k8s_io {

namespace json = boost::json;

namespace {

/// A number is a quantity, too.
std::string quantity_at(const json::value& object) {
  const auto* found = find(object, "spec", "resources", "requests", "storage");
  if (!found)
    return {};
  const auto* text = found->if_string();
  return text ? std::string{*text} : json::serialize(*found);
}

} // namespace

request apply(const apply_cache_claim& what,
              std::string_view operator_namespace) {
  const auto& wanted = what.wanted;
  json::object metadata{
      {"name", wanted.key.name},
      {"namespace", wanted.key.ns},
      {"labels",
       {{names::kopia_maintenance, "true"},
        {names::maintenance_name, shortened(wanted.maintenance, longest_label)},
        {names::operator_namespace, operator_namespace}}},
      {"ownerReferences",
       json::array{owner_reference(wanted.maintenance, wanted.owner)}}};
  if (what.uid)
    metadata["uid"] = what.uid.value;
  json::object spec{
      {"accessModes",
       json::array(wanted.access_modes.begin(), wanted.access_modes.end())},
      {"resources", {{"requests", {{"storage", wanted.capacity}}}}}};
  if (!wanted.storage_class.empty())
    spec["storageClassName"] = wanted.storage_class;
  request apply;
  apply.what = verb::apply;
  apply.kind = resources::claims;
  apply.ns = wanted.key.ns;
  apply.name = wanted.key.name;
  apply.body = json::serialize(json::object{{"apiVersion", "v1"},
                                            {"kind", "PersistentVolumeClaim"},
                                            {"metadata", std::move(metadata)},
                                            {"spec", std::move(spec)}});
  return apply;
}

request remove(const delete_cache_claim& what) {
  return remove(resources::claims, what.key, what.uid, {},
                propagation::background);
}

cache_claim_fact read_cache_claim(const json::value& object) {
  auto meta = read_meta(object);
  cache_claim_fact found;
  found.key = meta.key;
  found.uid = meta.uid;
  found.deleting = meta.deleting;
  found.maintenance = label_of(object, names::maintenance_name);
  for (const auto& owner : items_at(object, "metadata", "ownerReferences"))
    if (text_at(owner, "kind") == "KopiaMaintenance"
        && text_at(owner, "apiVersion").starts_with("volsync.backube/")) {
      found.maintenance = text_at(owner, "name");
      found.owner = {text_at(owner, "uid")};
    }
  found.capacity = quantity_at(object);
  found.storage_class = text_at(object, "spec", "storageClassName");
  for (const auto& mode : items_at(object, "spec", "accessModes"))
    if (const auto* text = mode.if_string())
      found.access_modes.emplace_back(*text);
  return found;
}

} // namespace holystone::k8s_io
