#include "simulator/pod_needs.hpp"

#include "k8s_io/fields.hpp"
#include "simulator/object_edit.hpp"

#include <fmt/format.h>

#include <string_view>

namespace holystone::simulator {

namespace json = boost::json;
namespace resources = k8s_io::resources;
using k8s_io::find;
using k8s_io::flag_at;
using k8s_io::items_at;
using k8s_io::text_at;

namespace {

bool is_optional(const json::value& reference) {
  return flag_at(reference, "optional").value_or(false);
}

bool has_key(const json::value& object, std::string_view key) {
  return find(object, "data", key) != nullptr
         || find(object, "stringData", key) != nullptr
         || find(object, "binaryData", key) != nullptr;
}

/// What is missing of a Secret or ConfigMap that a pod refers to.
class reference_check {
public:
  reference_check(const store& view, std::string ns)
      : view_(view), ns_(std::move(ns)) {
    // nop
  }

  /// `word` is how the kubelet calls the kind.
  std::optional<std::string> object(const k8s_io::resource& kind,
                                    std::string_view word,
                                    const std::string& name,
                                    const json::value& reference,
                                    std::vector<std::string> keys) const {
    auto found = view_.get(kind, {ns_, name});
    if (!found) {
      if (is_optional(reference))
        return std::nullopt;
      return fmt::format("{} \"{}\" not found", word, name);
    }
    for (auto& key : keys)
      if (!has_key(*found, key) && !is_optional(reference))
        return fmt::format("references non-existent {} key: {}",
                           word == "secret" ? "secret" : "config", key);
    return std::nullopt;
  }

  /// A `secret` or `configMap` of a volume or of a projected source.
  std::optional<std::string> source(const json::value& volume) const {
    if (const auto* secret = find(volume, "secret")) {
      auto name = text_at(*secret, "secretName");
      if (name.empty())
        name = text_at(*secret, "name");
      return object(resources::secrets, "secret", name, *secret,
                    keys_of(*secret));
    }
    if (const auto* map = find(volume, "configMap"))
      return object(resources::config_maps, "configmap", text_at(*map, "name"),
                    *map, keys_of(*map));
    for (auto& part : items_at(volume, "projected", "sources"))
      if (auto missing = source(part))
        return missing;
    return std::nullopt;
  }

  /// An entry of `env` or `envFrom`.
  std::optional<std::string> variable(const json::value& entry) const {
    if (const auto* from = find(entry, "valueFrom", "secretKeyRef"))
      return object(resources::secrets, "secret", text_at(*from, "name"), *from,
                    {text_at(*from, "key")});
    if (const auto* from = find(entry, "valueFrom", "configMapKeyRef"))
      return object(resources::config_maps, "configmap", text_at(*from, "name"),
                    *from, {text_at(*from, "key")});
    if (const auto* from = find(entry, "secretRef"))
      return object(resources::secrets, "secret", text_at(*from, "name"), *from,
                    {});
    if (const auto* from = find(entry, "configMapRef"))
      return object(resources::config_maps, "configmap", text_at(*from, "name"),
                    *from, {});
    return std::nullopt;
  }

private:
  static std::vector<std::string> keys_of(const json::value& source) {
    std::vector<std::string> keys;
    for (auto& item : items_at(source, "items"))
      keys.push_back(text_at(item, "key"));
    return keys;
  }

  const store& view_;
  std::string ns_;
};

} // namespace

std::optional<std::string> missing_claim(const store& view,
                                         const json::value& pod) {
  for (auto& volume : items_at(pod, "spec", "volumes")) {
    auto name = text_at(volume, "persistentVolumeClaim", "claimName");
    if (!name.empty() && !view.get(resources::claims, {key_of(pod).ns, name}))
      return fmt::format("persistentvolumeclaim \"{}\" not found", name);
  }
  return std::nullopt;
}

std::optional<std::string> missing_mount(const store& view,
                                         const json::value& pod) {
  reference_check check{view, key_of(pod).ns};
  for (auto& volume : items_at(pod, "spec", "volumes"))
    if (auto missing = check.source(volume))
      return fmt::format("MountVolume.SetUp failed for volume \"{}\" : {}",
                         text_at(volume, "name"), *missing);
  return std::nullopt;
}

std::optional<std::string> missing_environment(const store& view,
                                               const json::value& pod) {
  reference_check check{view, key_of(pod).ns};
  for (auto& container : items_at(pod, "spec", "containers"))
    for (auto list : {"env", "envFrom"})
      for (auto& entry : items_at(container, list))
        if (auto missing = check.variable(entry))
          return missing;
  return std::nullopt;
}

} // namespace holystone::simulator
