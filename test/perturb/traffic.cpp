#include "traffic.hpp"

#include <fmt/format.h>

#include <array>

namespace holystone::perturb {

std::string open_watch::name() const {
  auto text = std::string{what.kind.plural};
  if (!what.ns.empty())
    return text + "/" + what.ns;
  if (what.label_selector.empty())
    return text;
  auto sum = 0U;
  for (char c : what.label_selector)
    sum = (sum * 31 + static_cast<unsigned char>(c)) % 997;
  return fmt::format("{}/{}", text, sum);
}

bool is_own_lease(const request& what) {
  return what.kind.plural == "leases"
         && !what.name.starts_with("kopia-repository-");
}

bool is_write(const request& what) {
  return what.what != verb::get && what.what != verb::list
         && what.what != verb::watch && !is_own_lease(what);
}

std::string words_of(const request& what) {
  static constexpr std::array<std::string_view, 8> words{
      "get",   "list",        "watch",      "create",
      "apply", "merge_patch", "json_patch", "remove"};
  return fmt::format("{} {}{}", words[static_cast<std::size_t>(what.what)],
                     what.kind.plural,
                     what.subresource.empty() ? "" : "/" + what.subresource);
}

} // namespace holystone::perturb
