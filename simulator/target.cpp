#include "simulator/target.hpp"

#include "scheduler/percent_coding.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

namespace holystone::simulator {

namespace {

// A name or value of a query, where a blank may be a plus.
std::string query_decoded(std::string_view text) {
  std::string blanked{text};
  std::ranges::replace(blanked, '+', ' ');
  return percent_decoded(blanked);
}

template <class Fun>
void split(std::string_view text, char at, Fun each) {
  while (!text.empty()) {
    auto end = text.find(at);
    each(text.substr(0, end));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
}

void read_query(std::string_view text, target& out) {
  split(text, '&', [&](std::string_view item) {
    auto equals = item.find('=');
    auto value = equals == std::string_view::npos ? std::string_view{}
                                                  : item.substr(equals + 1);
    out.query.try_emplace(query_decoded(item.substr(0, equals)),
                          query_decoded(value));
  });
  out.watch = out.watch || out.flag("watch");
}

// The parts after the version: [watch] [namespaces NS] PLURAL [NAME [SUB]].
bool read_parts(std::vector<std::string> parts, target& out) {
  if (!parts.empty() && parts.front() == "watch") {
    out.watch = true;
    parts.erase(parts.begin());
  }
  // `namespaces/NAME` and its own subresources name the Namespace itself.
  bool own
      = parts.size() == 3 && (parts[2] == "status" || parts[2] == "finalize");
  if (parts.size() >= 3 && parts[0] == "namespaces" && !own) {
    out.ns = parts[1];
    parts.erase(parts.begin(), parts.begin() + 2);
  }
  if (parts.empty() || parts.size() > 3)
    return false;
  out.plural = parts[0];
  if (parts.size() > 1)
    out.name = parts[1];
  if (parts.size() > 2)
    out.subresource = parts[2];
  return true;
}

} // namespace

std::string_view target::parameter(std::string_view which) const {
  auto found = query.find(which);
  return found == query.end() ? std::string_view{} : found->second;
}

bool target::flag(std::string_view which) const {
  auto found = query.find(which);
  return found != query.end() && found->second != "false"
         && found->second != "0";
}

std::optional<target> parse_target(std::string_view line) {
  target out;
  auto question = line.find('?');
  auto path = line.substr(0, question);
  std::vector<std::string> parts;
  split(path.substr(path.empty() ? 0 : 1), '/',
        [&](std::string_view part) { parts.push_back(percent_decoded(part)); });
  std::size_t used = 0;
  if (parts.size() >= 3 && parts[0] == "api") {
    out.version = parts[1];
    used = 2;
  } else if (parts.size() >= 4 && parts[0] == "apis") {
    out.group = parts[1];
    out.version = parts[2];
    used = 3;
  } else {
    return std::nullopt;
  }
  parts.erase(parts.begin(), parts.begin() + static_cast<std::ptrdiff_t>(used));
  if (!read_parts(std::move(parts), out))
    return std::nullopt;
  if (question != std::string_view::npos)
    read_query(line.substr(question + 1), out);
  return out;
}

std::string encode_query(std::string_view text) {
  std::string out;
  for (auto c : text) {
    bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')
                 || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
    if (plain)
      out += c;
    else
      out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return out;
}

} // namespace holystone::simulator
