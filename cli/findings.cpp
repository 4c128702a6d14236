#include "cli/findings.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "cli/printable.hpp"
#include "k8s_io/fields.hpp"

namespace holystone::cli {

namespace {

namespace json = boost::json;

std::string_view word_for(verdict how) {
  switch (how) {
    case verdict::ok:
      return "ok";
    case verdict::warning:
      return "warning";
    case verdict::failed:
      break;
  }
  return "failed";
}

auto count(const findings& all, verdict how) {
  return std::ranges::count(all, how, &finding::how);
}

} // namespace

bool has_failed(const findings& all) {
  return count(all, verdict::failed) > 0;
}

json::value to_json(const findings& all) {
  json::array checks;
  for (const auto& one : all)
    checks.push_back({{"check", one.check},
                      {"verdict", word_for(one.how)},
                      {"what", one.what},
                      {"advice", one.advice}});
  return {{"checks", std::move(checks)},
          {"failed", count(all, verdict::failed)},
          {"warnings", count(all, verdict::warning)}};
}

std::string findings_text(const json::value& all) {
  using k8s_io::text_at;
  std::string text;
  for (const auto& one : k8s_io::items_at(all, "checks")) {
    text += fmt::format("{:<8} {:<11} {}\n", text_at(one, "verdict"),
                        text_at(one, "check"), printable(text_at(one, "what")));
    if (auto advice = text_at(one, "advice"); !advice.empty())
      text += fmt::format("{:<20} -> {}\n", "", printable(advice));
  }
  return text;
}

} // namespace holystone::cli
