// `perturb`: plays every plan of every family, or one of them with a
// transcript. Each worker is a process of its own, so that a crash is one more
// finding and not the end.

#include "family.hpp"
#include "workers.hpp"

#include "metrics/log.hpp"

#include <fmt/format.h>

#include <charconv>
#include <cstdio>
#include <fstream>
#include <string>

namespace {

using namespace holystone;
using namespace holystone::perturb;

constexpr const char* usage
    = "perturb [--family NAME]... [--jobs N] [--sample N] [--json FILE], "
      "perturb --replay \"LINE\", or perturb --list";

/// What was asked for.
struct options {
  std::vector<std::string> families;
  unsigned jobs = 2;
  unsigned sample = 0;
  std::string json;
  std::string replay;
  bool list = false;
};

int refuse(const std::string& why) {
  fmt::print(stderr, "perturb: {}; usage: {}\n", why, usage);
  return 2;
}

std::optional<unsigned> to_number(const std::string& text) {
  unsigned value = 0;
  auto end = text.data() + text.size();
  auto told = std::from_chars(text.data(), end, value);
  if (told.ec != std::errc{} || told.ptr != end || value == 0)
    return std::nullopt;
  return value;
}

/// What is wrong with the arguments; empty: nothing.
std::string parse(int count, char** words, options& into) {
  for (int i = 1; i < count; ++i) {
    std::string word = words[i];
    if (word == "--list") {
      into.list = true;
      continue;
    }
    if (i + 1 == count)
      return fmt::format("{} is unknown or lacks its value", word);
    std::string value = words[++i];
    if (word == "--family") {
      if (!find_family(value))
        return fmt::format("there is no family {}", value);
      into.families.push_back(value);
    } else if (word == "--jobs" || word == "--sample") {
      auto number = to_number(value);
      if (!number || (word == "--jobs" && *number > 256))
        return fmt::format("{} takes a number from 1 on, not {}", word, value);
      (word == "--jobs" ? into.jobs : into.sample) = *number;
    } else if (word == "--json") {
      into.json = value;
    } else if (word == "--replay") {
      into.replay = value;
    } else {
      return fmt::format("{} is unknown", word);
    }
  }
  return {};
}

int replay(const std::string& line) {
  auto what = parse_plan(line);
  if (!what)
    return refuse(fmt::format("\"{}\" is no plan", line));
  const auto* of = find_family(what->family);
  if (!of)
    return refuse(fmt::format("there is no family {}", what->family));
  if (!find_story(what->story))
    return refuse(fmt::format("there is no story {}", what->story));
  auto end = play_plan(*of, *what, true);
  for (const auto& said : end.transcript)
    fmt::print("{}\n", said);
  for (const auto& broken : end.violations)
    fmt::print("VIOLATION {}\n", broken);
  fmt::print("{}: {} faults, {} violations\n", line, end.faults,
             end.violations.size());
  return end.violations.empty() ? 0 : 1;
}

int list_families() {
  for (const auto& row : all_families())
    fmt::print("{:12} {}{}\n", row.name, row.about,
               row.left_out.empty() ? "" : " (not here: " + row.left_out + ")");
  return 0;
}

} // namespace

int main(int count, char** words) {
  options wanted;
  if (auto why = parse(count, words, wanted); !why.empty())
    return refuse(why);
  metrics::set_log_level(metrics::log_level::error);
  std::ofstream nowhere{"/dev/null"};
  metrics::redirect_log(&nowhere);
  if (wanted.list)
    return list_families();
  if (!wanted.replay.empty())
    return replay(wanted.replay);
  totals total;
  try {
    total = play_all({wanted.families, wanted.jobs, wanted.sample}, stdout);
  } catch (const std::exception& why) {
    // A story that breaks without any fault.
    fmt::print("VIOLATION of {}\n", why.what());
    return 1;
  }
  print_table(total, stdout);
  if (!wanted.json.empty()
      && !(std::ofstream{wanted.json} << to_json(total) << "\n"))
    return refuse(fmt::format("{} can't be written", wanted.json));
  return total.violations == 0 ? 0 : 1;
}
