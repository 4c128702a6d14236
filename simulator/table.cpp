#include "simulator/crd.hpp"
#include "simulator/reads.hpp"
#include "simulator/table_columns.hpp"

#include "k8s_io/fields.hpp"

#include <fmt/format.h>

// Tables for `kubectl get`: the columns of the real server for built-in kinds,
// those of the definition for custom kinds.

namespace holystone::simulator {

namespace json = boost::json;

namespace {

// Follows `.a.b[?(@.type=="X")].c`, which is what definitions use.
const json::value* follow(const json::value& object, std::string_view path) {
  auto at = &object;
  while (!path.empty() && at != nullptr) {
    if (path.front() == '.') {
      auto end = path.find_first_of(".[", 1);
      auto name = path.substr(
          1, end == std::string_view::npos ? std::string_view::npos : end - 1);
      at = k8s_io::find(*at, name);
      path.remove_prefix(1 + name.size());
      continue;
    }
    auto end = path.find(']');
    auto equals = path.find("==");
    if (end == std::string_view::npos || equals == std::string_view::npos
        || !path.starts_with("[?(@."))
      return nullptr;
    auto field = path.substr(5, equals - 5);
    auto open = path.find_first_of("\"'");
    auto close = path.find_first_of("\"'", open + 1);
    auto wanted = path.substr(open + 1, close - open - 1);
    const json::value* found = nullptr;
    if (auto items = at->if_array())
      for (auto& each : *items)
        if (found == nullptr && text_of(each, {field}) == wanted)
          found = &each;
    at = found;
    path.remove_prefix(end + 1);
  }
  return at;
}

std::vector<column> custom_columns(const custom_kind& custom) {
  std::vector<column> out;
  for (auto& each : custom.columns)
    out.push_back(
        {each.name, each.type, each.format, each.priority,
         [path = each.path, type = each.type](const json::value& object,
                                              instant now) -> json::value {
           auto found = follow(object, path);
           if (found == nullptr)
             return nullptr;
           if (type == "date" && found->is_string())
             return json::value(age_of(std::string{found->as_string()}, now));
           return *found;
         }});
  return out;
}

column
field_column(std::string name, std::string format,
             std::function<json::value(const json::value&, instant)> cell) {
  return {std::move(name), "string", std::move(format), 0, std::move(cell)};
}

// A kind that names no columns has a name and an age.
std::vector<column> columns_of(const kind_info& kind) {
  if (kind.custom == nullptr)
    return built_in_columns(kind);
  std::vector<column> out;
  out.push_back(
      field_column("Name", "name", [](const json::value& each, instant) {
        return json::value(text_of(each, {"metadata", "name"}));
      }));
  for (auto& each : custom_columns(*kind.custom))
    out.push_back(std::move(each));
  if (kind.custom->columns.empty())
    out.push_back(
        field_column("Age", "", [](const json::value& each, instant now) {
          return json::value(
              age_of(text_of(each, {"metadata", "creationTimestamp"}), now));
        }));
  return out;
}

} // namespace

json::object table_of(const kind_info& kind,
                      const std::vector<json::value>& objects, bool columns,
                      rendering form, instant now) {
  auto all = columns_of(kind);
  json::array definitions;
  for (auto& each : all)
    definitions.emplace_back(json::object{{"name", each.name},
                                          {"type", each.type},
                                          {"format", each.format},
                                          {"description", ""},
                                          {"priority", each.priority}});
  json::array rows;
  for (auto& object : objects) {
    json::array cells;
    for (auto& each : all)
      cells.push_back(each.cell(object, now));
    json::value shown;
    if (form == rendering::table_of_objects)
      shown = object;
    else if (form == rendering::table)
      shown = metadata_of(object);
    rows.emplace_back(
        json::object{{"cells", std::move(cells)}, {"object", shown}});
  }
  json::object metadata;
  if (objects.size() == 1)
    metadata["resourceVersion"]
        = text_of(objects.front(), {"metadata", "resourceVersion"});
  return {
      {"kind", "Table"},
      {"apiVersion", "meta.k8s.io/v1"},
      {"metadata", std::move(metadata)},
      {"columnDefinitions", columns ? std::move(definitions) : json::array{}},
      {"rows", std::move(rows)}};
}

} // namespace holystone::simulator
