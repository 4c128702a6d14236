#include "cli/nearest.hpp"

#include <algorithm>
#include <limits>
#include <numeric>

namespace holystone::cli {

std::size_t edit_distance(std::string_view from, std::string_view to) {
  // Three rows of the table; a swap looks two rows back.
  std::vector<std::size_t> older;
  std::vector<std::size_t> above(to.size() + 1);
  std::iota(above.begin(), above.end(), std::size_t{0});
  for (std::size_t i = 1; i <= from.size(); ++i) {
    std::vector<std::size_t> row(to.size() + 1);
    row[0] = i;
    for (std::size_t j = 1; j <= to.size(); ++j) {
      auto is_same = from[i - 1] == to[j - 1];
      row[j] = std::min(
          {above[j] + 1, row[j - 1] + 1, above[j - 1] + (is_same ? 0U : 1U)});
      if (i > 1 && j > 1 && from[i - 1] == to[j - 2]
          && from[i - 2] == to[j - 1])
        row[j] = std::min(row[j], older[j - 2] + 1);
    }
    older = std::move(above);
    above = std::move(row);
  }
  return above.back();
}

std::string nearest(std::string_view typed,
                    const std::vector<std::string>& words) {
  // No flag is longer; a huge argument must not cost a huge table.
  typed = typed.substr(0, 64);
  std::string best;
  auto least = std::numeric_limits<std::size_t>::max();
  for (auto& word : words)
    if (auto distance = edit_distance(typed, word); distance < least) {
      least = distance;
      best = word;
    }
  return best;
}

} // namespace holystone::cli
