#include "k8s_io/secret_content.hpp"

#include "k8s_io/base64.hpp"
#include "k8s_io/fields.hpp"
#include "k8s_io/names.hpp"
#include "k8s_io/objects.hpp"

#include <fmt/format.h>

namespace holystone::k8s_io {

namespace json = boost::json;
using namespace scheduler;

namespace {

std::string_view word_for(copy_source::kind what) {
  switch (what) {
    case copy_source::kind::ca_secret:
      return "ca-secret";
    case copy_source::kind::ca_config_map:
      return "ca-config-map";
    case copy_source::kind::secret:
      break;
  }
  return "secret";
}

} // namespace

result<secret_data> read_content(std::string_view object) {
  boost::system::error_code failed;
  auto parsed = json::parse(object, failed);
  if (failed)
    return error{"the API server's answer is no JSON"};
  secret_data content;
  // Text of a ConfigMap, bytes of a Secret.
  auto is_secret = text_at(parsed, "kind") != "ConfigMap";
  for (const auto& [key, value] : members_at(parsed, "data")) {
    const auto* text = value.if_string();
    if (!text)
      continue;
    auto bytes
        = is_secret ? from_base64(*text) : std::optional{std::string{*text}};
    if (!bytes)
      return error{fmt::format("key {} is not base64", std::string_view{key})};
    content.emplace(key, secret_bytes{std::move(*bytes)});
  }
  return content;
}

copy_fact read_copy(const json::value& object) {
  auto annotation = [&](std::string_view name) {
    return text_at(object, "metadata", "annotations", name);
  };
  auto meta = read_meta(object);
  auto kind = annotation(names::source_kind);
  copy_fact copy;
  copy.key = meta.key;
  copy.uid = meta.uid;
  copy.version = meta.version;
  copy.deleting = meta.deleting;
  copy.source.what = kind == "ca-secret" ? copy_source::kind::ca_secret
                     : kind == "ca-config-map"
                         ? copy_source::kind::ca_config_map
                         : copy_source::kind::secret;
  copy.source.key
      = {annotation(names::source_namespace), annotation(names::source_secret)};
  copy.source.data_key = annotation(names::source_key);
  copy.source_uid = {annotation(names::source_uid)};
  copy.source_version = annotation(names::source_version);
  copy.resync = annotation(names::resync);
  return copy;
}

std::string copy_name(const copy_source& source, std::string_view repository,
                      bool suffixed) {
  auto plain = fmt::format("maintenance-{}-{}", source.key.ns, source.key.name);
  if (plain.size() <= 63 && !suffixed)
    return plain;
  // The hash of the source as a whole, the same the identity uses.
  auto hash = identify(location{"copy",
                                {{"kind", std::string{word_for(source.what)}},
                                 {"key", source.data_key},
                                 {"namespace", source.key.ns},
                                 {"name", source.key.name},
                                 {"repository", std::string{repository}}}});
  auto head = plain.substr(0, 63 - 17);
  while (!head.empty() && (head.back() == '-' || head.back() == '.'))
    head.pop_back();
  return fmt::format("{}-{}", head, hash.hex);
}

result<request>
copy_request(const write_copy& what, std::string_view repository,
             std::string_view operator_namespace, std::string_view name,
             const object_uid& source_uid, std::string_view source_version,
             const secret_data& content) {
  const auto& source = what.source;
  json::object data;
  if (source.what == copy_source::kind::secret) {
    for (const auto& [key, bytes] : content)
      if (is_repository_key(key))
        data[key] = to_base64(bytes.reveal());
  } else {
    auto i = content.find(source.data_key);
    if (i == content.end())
      return error{fmt::format(
          "{} {} has no key {} with a CA certificate; set "
          "customCA.key",
          source.what == copy_source::kind::ca_secret ? "Secret" : "ConfigMap",
          to_string(source.key), source.data_key)};
    data["ca.crt"] = to_base64(i->second.reveal());
  }
  json::object annotations{{names::source_namespace, source.key.ns},
                           {names::source_secret, source.key.name},
                           {names::source_uid, source_uid.value},
                           {names::source_version, source_version},
                           {names::source_kind, word_for(source.what)},
                           {names::source_key, source.data_key}};
  if (!what.resync.empty())
    annotations[names::resync] = what.resync;
  json::object metadata{{"name", name},
                        {"namespace", operator_namespace},
                        {"labels",
                         {{names::secret_copy, "true"},
                          {names::repository_hash, repository},
                          {names::source_namespace, source.key.ns},
                          {names::velero_exclude, "true"}}},
                        {"annotations", std::move(annotations)}};
  request write;
  write.kind = resources::secrets;
  write.ns = operator_namespace;
  write.name = name;
  if (!what.existing.uid) {
    // A create never overwrites what somebody else put there.
    write.what = verb::create;
    write.body = json::serialize(json::object{{"apiVersion", "v1"},
                                              {"kind", "Secret"},
                                              {"type", "Opaque"},
                                              {"metadata", metadata},
                                              {"data", data}});
    return write;
  }
  write.what = verb::json_patch;
  // Added, because somebody may have emptied any of them; it replaces, too.
  json::array steps{{{"op", "test"},
                     {"path", "/metadata/uid"},
                     {"value", what.existing.uid.value}},
                    {{"op", "add"}, {"path", "/data"}, {"value", data}}};
  for (auto part : {"labels", "annotations"})
    steps.push_back({{"op", "add"},
                     {"path", fmt::format("/metadata/{}", part)},
                     {"value", metadata[part]}});
  write.body = json::serialize(steps);
  return write;
}

} // namespace holystone::k8s_io
