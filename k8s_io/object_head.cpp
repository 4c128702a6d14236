#include "k8s_io/object_head.hpp"

#include "k8s_io/fields.hpp"

#include <fmt/format.h>

namespace holystone::k8s_io {

namespace {

namespace json = boost::json;

std::string api_version_of(const resource& kind) {
  return kind.group.empty() ? std::string{kind.version}
                            : fmt::format("{}/{}", kind.group, kind.version);
}

} // namespace

object_identity identity_of(const json::object& object) {
  return {{text_at(object, "metadata", "namespace"),
           text_at(object, "metadata", "name")},
          {text_at(object, "metadata", "uid")}};
}

std::string version_of(const json::object& object) {
  return text_at(object, "metadata", "resourceVersion");
}

bool is_of_kind(const json::object& object, const resource& kind,
                bool metadata_only, bool is_item) {
  auto told = text_at(object, "kind");
  if (is_item && told.empty())
    return true;
  auto version = text_at(object, "apiVersion");
  if (metadata_only)
    return told == "PartialObjectMetadata" && version == "meta.k8s.io/v1";
  return told == kind.kind && version == api_version_of(kind);
}

} // namespace holystone::k8s_io
