#include "simulator/cel_rules.hpp"

#include "k8s_io/fields.hpp"
#include "k8s_io/quantity.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string>
#include <vector>

namespace holystone::simulator {

namespace json = boost::json;

namespace {

struct known_rule {
  std::string text;
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

// spec.kopia.policyConfig: the files come from one place.
bool secret_or_config_map(const json::value& self, const json::value*) {
  return !(is_set(self, "secretName") && is_set(self, "configMapName"));
}

// -- KopiaMaintenance spec.resources ------------------------------------------

enum class side { limits, requests };

enum class resource { memory, cpu };

constexpr std::string_view name_of(side where) {
  return where == side::limits ? "limits" : "requests";
}

constexpr std::string_view name_of(resource what) {
  return what == resource::memory ? "memory" : "cpu";
}

// 100Gi and 32 cores: the most that the fork takes.
constexpr double most_of(resource what) {
  return what == resource::memory ? 100.0 * 1024 * 1024 * 1024 : 32.0;
}

constexpr std::string_view most_text(resource what) {
  return what == resource::memory ? "100Gi" : "32";
}

std::optional<double> amount(const json::value& self, side where,
                             resource what) {
  auto given = k8s_io::find(self, name_of(where), name_of(what));
  return given ? k8s_io::amount_of(*given) : std::nullopt;
}

template <side where, resource what>
bool positive(const json::value& self, const json::value*) {
  auto given = k8s_io::find(self, name_of(where), name_of(what));
  return given == nullptr || amount(self, where, what).value_or(0) > 0;
}

template <side where>
bool supported(const json::value& self, const json::value*) {
  constexpr std::array<std::string_view, 3> known{"cpu", "memory",
                                                  "ephemeral-storage"};
  const auto& members = k8s_io::members_at(self, name_of(where));
  return std::all_of(members.begin(), members.end(), [&](const auto& each) {
    std::string_view name = each.key();
    return std::find(known.begin(), known.end(), name) != known.end()
           || name.starts_with("hugepages-");
  });
}

template <resource what>
bool not_too_much(const json::value& self, const json::value*) {
  return amount(self, side::limits, what).value_or(0) <= most_of(what);
}

template <resource what>
bool request_in_limit(const json::value& self, const json::value*) {
  auto limit = amount(self, side::limits, what);
  auto request = amount(self, side::requests, what);
  return !limit || !request || *request <= *limit;
}

std::string given_text(side where, resource what) {
  return fmt::format("(has(self.{0})&&'{1}'inself.{0})", name_of(where),
                     name_of(what));
}

std::string amount_text(side where, resource what) {
  return fmt::format("quantity(string(self.{}['{}']))", name_of(where),
                     name_of(what));
}

template <side where, resource what>
known_rule positive_rule() {
  return {fmt::format("!{}||{}.isGreaterThan(quantity('0'))",
                      given_text(where, what), amount_text(where, what)),
          positive<where, what>};
}

template <side where>
void add_rules_of_side(std::vector<known_rule>& out) {
  out.push_back(positive_rule<where, resource::memory>());
  out.push_back(positive_rule<where, resource::cpu>());
  out.push_back({fmt::format("!has(self.{0})||self.{0}.all(n,nin['cpu',"
                             "'memory','ephemeral-storage']||"
                             "n.startsWith('hugepages-'))",
                             name_of(where)),
                 supported<where>});
}

template <resource what>
void add_rules_of_resource(std::vector<known_rule>& out) {
  auto limit = amount_text(side::limits, what);
  out.push_back(
      {fmt::format("!{}||!{}.isGreaterThan(quantity('{}'))",
                   given_text(side::limits, what), limit, most_text(what)),
       not_too_much<what>});
  out.push_back({fmt::format("!{}||!{}||!{}.isGreaterThan({})",
                             given_text(side::limits, what),
                             given_text(side::requests, what),
                             amount_text(side::requests, what), limit),
                 request_in_limit<what>});
}

const std::vector<known_rule>& rules() {
  static const auto all = [] {
    std::vector<known_rule> out{
        {"!(has(self.schedule)&&self.schedule!=''&&has(self.manual)"
         "&&self.manual!='')",
         schedule_or_manual},
        {"!(has(self.secretName)&&self.secretName!=''"
         "&&has(self.configMapName)&&self.configMapName!='')",
         secret_or_config_map}};
    add_rules_of_side<side::limits>(out);
    add_rules_of_side<side::requests>(out);
    add_rules_of_resource<resource::memory>(out);
    add_rules_of_resource<resource::cpu>(out);
    return out;
  }();
  return all;
}

} // namespace

rule_check equivalent_of(std::string_view rule) {
  std::string text;
  for (auto c : rule)
    if (c != ' ' && c != '\n' && c != '\t')
      text += c;
  for (auto& each : rules())
    if (each.text == text)
      return each.holds;
  return nullptr;
}

} // namespace holystone::simulator
