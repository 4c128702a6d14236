#include "simulator/cel_rules.hpp"

#include "k8s_io/fields.hpp"

#include <string>

namespace holystone::simulator {

namespace json = boost::json;

namespace {

struct known_rule {
  std::string_view text;
  rule_check holds;
};

bool is_set(const json::value& self, std::string_view field) {
  return !k8s_io::text_at(self, field).empty();
}

// KopiaMaintenance spec.trigger: a schedule and a manual tag exclude each
// other (S1).
bool schedule_or_manual(const json::value& self, const json::value*) {
  return !(is_set(self, "schedule") && is_set(self, "manual"));
}

constexpr known_rule rules[] = {
    {"!(has(self.schedule)&&self.schedule!=''&&has(self.manual)"
     "&&self.manual!='')",
     schedule_or_manual},
};

} // namespace

rule_check equivalent_of(std::string_view rule) {
  std::string text;
  for (auto c : rule)
    if (c != ' ' && c != '\n' && c != '\t')
      text += c;
  for (auto& each : rules)
    if (each.text == text)
      return each.holds;
  return nullptr;
}

} // namespace holystone::simulator
