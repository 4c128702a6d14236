#include "k8s_io/manifest_file.hpp"

#include "k8s_io/base64.hpp"

#include <fmt/format.h>
#include <yaml-cpp/yaml.h>

#include <optional>

namespace holystone::k8s_io {

namespace {

std::string text_of(const YAML::Node& node) {
  return node && node.IsScalar() ? node.Scalar() : std::string{};
}

result<secret_manifest> to_secret(const YAML::Node& document) {
  secret_manifest out;
  const auto metadata = document["metadata"];
  if (metadata && metadata.IsMap()) {
    out.ns = text_of(metadata["namespace"]);
    out.name = text_of(metadata["name"]);
  }
  for (const char* field : {"data", "stringData"}) {
    const auto entries = document[field];
    if (!entries || entries.IsNull())
      continue;
    if (!entries.IsMap())
      return error{
          fmt::format("{}: it must be a map of keys to values", field)};
    const bool encoded = std::string_view{field} == "data";
    for (const auto& entry : entries) {
      const auto key = text_of(entry.first);
      if (!entry.second.IsScalar() && !entry.second.IsNull())
        return error{fmt::format("{}.{}: it must be a string", field, key)};
      auto bytes = encoded ? from_base64(text_of(entry.second))
                           : std::optional{text_of(entry.second)};
      if (!bytes)
        return error{fmt::format("{}.{}: it is not base64; plain text goes "
                                 "into stringData",
                                 field, key)};
      out.data[key] = secret_bytes{std::move(*bytes)};
    }
  }
  return out;
}

} // namespace

result<secret_manifest> read_secret_manifest(std::string_view text) {
  std::vector<YAML::Node> documents;
  try {
    documents = YAML::LoadAll(std::string{text});
  } catch (const YAML::Exception& why) {
    // Its message may quote the text, which is secret.
    return error{fmt::format("line {}: this is neither YAML nor JSON",
                             why.mark.line + 1)};
  }
  std::erase_if(documents, [](const YAML::Node& document) {
    return !document.IsMap() || text_of(document["kind"]) != "Secret";
  });
  if (documents.empty())
    return error{"there is no object of kind Secret in it"};
  if (documents.size() > 1)
    return error{
        fmt::format("there are {} Secrets in it; leave one", documents.size())};
  return to_secret(documents.front());
}

} // namespace holystone::k8s_io
