#include "k8s_io/object_head.hpp"

#include <fmt/format.h>

#include <string_view>

namespace holystone::k8s_io {

namespace {

namespace json = boost::json;

std::string text_of(const json::object& from, std::string_view name) {
  auto* found = from.if_contains(name);
  auto* text = found ? found->if_string() : nullptr;
  return text ? std::string{text->data(), text->size()} : std::string{};
}

const json::object& metadata_of(const json::object& object) {
  static const json::object none;
  auto* found = object.if_contains("metadata");
  auto* metadata = found ? found->if_object() : nullptr;
  return metadata ? *metadata : none;
}

std::string api_version_of(const resource& kind) {
  return kind.group.empty() ? std::string{kind.version}
                            : fmt::format("{}/{}", kind.group, kind.version);
}

} // namespace

object_identity identity_of(const json::object& object) {
  auto& metadata = metadata_of(object);
  return {{text_of(metadata, "namespace"), text_of(metadata, "name")},
          {text_of(metadata, "uid")}};
}

std::string version_of(const json::object& object) {
  return text_of(metadata_of(object), "resourceVersion");
}

bool is_of_kind(const json::object& object, const resource& kind,
                bool metadata_only, bool is_item) {
  auto told = text_of(object, "kind");
  if (is_item && told.empty())
    return true;
  auto version = text_of(object, "apiVersion");
  if (metadata_only)
    return told == "PartialObjectMetadata" && version == "meta.k8s.io/v1";
  return told == kind.kind && version == api_version_of(kind);
}

} // namespace holystone::k8s_io
