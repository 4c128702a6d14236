#pragma once

// One experiment as a line of text: `PERTURB-1 farewell applied=yes write=7`.
// The family says what goes wrong, the story what people do meanwhile, the
// words after them where and how. A plan says everything: the same line gives
// the same run for ever. Made by the families, read by `perturb --replay`.

#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace holystone::perturb {

/// Family, story and particulars.
struct plan {
  std::string family;
  std::string story;
  std::map<std::string, std::string> how = {};

  /// A particular; empty when the plan doesn't name it.
  std::string text(const std::string& key) const;

  /// A particular that is a number; 0 when the plan doesn't name it.
  unsigned number(const std::string& key) const;
};

/// The plan as a line.
std::string to_line(const plan& what);

/// The line as a plan; nothing when it isn't one.
std::optional<plan> parse_plan(std::string_view line);

} // namespace holystone::perturb
