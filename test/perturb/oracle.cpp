#include "oracle.hpp"

#include "k8s_io/fields.hpp"
#include "k8s_io/names.hpp"

#include <fmt/format.h>

#include <malloc.h>

#include <algorithm>
#include <cctype>

namespace holystone::perturb {

namespace json = boost::json;
using namespace k8s_io;

namespace {

/// The objects' words by UID.
using uid_names = std::map<std::string, std::string, std::less<>>;

bool matches(std::string_view text, std::string_view shape) {
  if (text.size() < shape.size())
    return false;
  for (std::size_t i = 0; i < shape.size(); ++i) {
    auto c = static_cast<unsigned char>(text[i]);
    if (shape[i] == '0'   ? !std::isdigit(c)
        : shape[i] == 'x' ? !std::isxdigit(c)
                          : text[i] != shape[i])
      return false;
  }
  return true;
}

constexpr std::string_view time_shape = "0000-00-00T00:00:00";
constexpr std::string_view uid_shape = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";

/// The text with every time as `T` and every UID as its object.
std::string plain(std::string_view text, const uid_names& uids) {
  std::string out;
  while (!text.empty()) {
    if (matches(text, time_shape)) {
      text.remove_prefix(time_shape.size());
      while (!text.empty()
             && (text[0] == '.' || text[0] == 'Z'
                 || std::isdigit(static_cast<unsigned char>(text[0]))))
        text.remove_prefix(1);
      out += "T";
    } else if (matches(text, uid_shape)) {
      auto i = uids.find(text.substr(0, uid_shape.size()));
      out += "{" + (i == uids.end() ? std::string{"gone"} : i->second) + "}";
      text.remove_prefix(uid_shape.size());
    } else {
      out += text[0];
      text.remove_prefix(1);
    }
  }
  return out;
}

std::string name_of(const json::value& object) {
  return text_at(object, "kind") + " "
         + text_at(object, "metadata", "namespace") + "/"
         + text_at(object, "metadata", "name");
}

/// A Job's status says on which ways it came to its end; only that counts.
json::value with_end(json::value object) {
  if (text_at(object, "kind") != "Job")
    return object;
  std::string end = "none";
  for (const auto& one : items_at(object, "status", "conditions"))
    if ((text_at(one, "type") == "Complete" || text_at(one, "type") == "Failed")
        && text_at(one, "status") == "True")
      end = text_at(one, "type") + " " + text_at(one, "reason");
  object.as_object()["status"] = {{"end", end}};
  return object;
}

/// What tells of versions and moments only.
bool is_passing(std::string_view path) {
  static const std::set<std::string_view> names{
      "/metadata/resourceVersion",
      "/metadata/managedFields",
      "/metadata/creationTimestamp",
      "/metadata/generation",
      "/metadata/uid",
      "/status/lastReconcileTime",
      "/status/lastSuccessfulTime",
      "/metadata/annotations/volsync.backube/source-version"};
  return names.contains(path) || path.ends_with("/observedGeneration");
}

void spread(const json::value& value, const std::string& name,
            const std::string& path, const uid_names& uids, picture& into) {
  if (is_passing(path))
    return;
  if (const auto* members = value.if_object())
    for (const auto& [key, of] : *members)
      spread(of, name, path + "/" + std::string{key}, uids, into);
  else if (const auto* items = value.if_array())
    for (std::size_t i = 0; i < items->size(); ++i)
      spread((*items)[i], name, fmt::format("{}/{}", path, i), uids, into);
  else
    into[name + path] = plain(json::serialize(value), uids);
}

} // namespace

bool is_operators_lease(const json::value& object) {
  return text_at(object, "kind") == "Lease"
         && !text_at(object, "metadata", "name")
                 .starts_with("kopia-repository-");
}

picture picture_of(const std::vector<json::value>& contents) {
  static const std::set<std::string> kinds{
      "CronJob",           "Secret",        "Lease",
      "ReplicationSource", "Job",           "PersistentVolumeClaim",
      "KopiaMaintenance",  "ServiceAccount"};
  uid_names uids;
  for (const auto& object : contents)
    uids[text_at(object, "metadata", "uid")] = name_of(object);
  picture all;
  for (const auto& object : contents)
    if (kinds.contains(text_at(object, "kind")) && !is_operators_lease(object))
      spread(with_end(object), name_of(object), "", uids, all);
  return all;
}

std::string difference(const picture& found, const picture& wanted,
                       const std::set<std::string>& ignored, std::size_t most) {
  std::string text;
  std::size_t lines = 0;
  auto is_ignored = [&](const std::string& path) {
    return std::ranges::any_of(ignored, [&](const std::string& part) {
      return part.ends_with(' ') ? path.starts_with(part)
                                 : path.find(part) != path.npos;
    });
  };
  auto tell = [&](const std::string& line) {
    if (++lines <= most)
      text += line + "\n";
  };
  for (const auto& [path, value] : found) {
    if (is_ignored(path))
      continue;
    if (auto other = wanted.find(path); other == wanted.end())
      tell(path + ": " + value + " is there, and not without the fault");
    else if (other->second != value)
      tell(path + ": " + value + ", but " + other->second
           + " without the fault");
  }
  for (const auto& [path, value] : wanted)
    if (!found.contains(path) && !is_ignored(path))
      tell(path + ": " + value + " is missing");
  if (lines > most)
    text += fmt::format("... and {} more\n", lines - most);
  return text;
}

std::size_t heap_in_use() {
  auto told = ::mallinfo2();
  return told.uordblks + told.hblkhd;
}

std::string excess(const write_counts& found, const write_counts& wanted,
                   unsigned slack) {
  std::string text;
  for (const auto& [kind, times] : found) {
    auto i = wanted.find(kind);
    auto usual = i == wanted.end() ? 0U : i->second;
    if (times > usual + slack)
      text += fmt::format("{} {} times instead of {}; ", kind, times, usual);
  }
  return text;
}

} // namespace holystone::perturb
