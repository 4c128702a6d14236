#include "plan.hpp"

#include <charconv>
#include <sstream>

namespace holystone::perturb {

std::string plan::text(const std::string& key) const {
  auto i = how.find(key);
  return i == how.end() ? std::string{} : i->second;
}

unsigned plan::number(const std::string& key) const {
  auto digits = text(key);
  unsigned value = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), value);
  return value;
}

std::string to_line(const plan& what) {
  auto line = what.family + " " + what.story;
  for (const auto& [key, value] : what.how)
    line += " " + key + "=" + value;
  return line;
}

std::optional<plan> parse_plan(std::string_view line) {
  std::istringstream words{std::string{line}};
  plan found;
  if (!(words >> found.family >> found.story))
    return std::nullopt;
  for (std::string word; words >> word;) {
    auto at = word.find('=');
    if (at == word.npos || at == 0)
      return std::nullopt;
    found.how[word.substr(0, at)] = word.substr(at + 1);
  }
  return found;
}

} // namespace holystone::perturb
