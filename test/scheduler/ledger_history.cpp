#include "scheduler/ledger.hpp"

#include <catch2/catch.hpp>

#include <fmt/format.h>

#include <random>
#include <vector>

using namespace holystone;
using namespace holystone::scheduler;

namespace {

struct run {
  object_uid job;
  run_outcome outcome;
  std::string secret;
};

/// Histories of every kind of run, as a repository may see them in a year.
std::vector<run> some_history(std::mt19937& dice) {
  auto roll = [&](int sides) {
    return static_cast<int>(dice() % static_cast<unsigned>(sides));
  };
  std::vector<run> history;
  auto at = instant{seconds{1'000'000}};
  for (int i = 0, n = 1 + roll(40); i < n; ++i) {
    run_outcome end;
    end.succeeded = roll(3) > 0;
    end.kind = roll(4) == 0 ? maintenance_kind::quick : maintenance_kind::full;
    at += seconds{roll(100'000)};
    end.started = at;
    at += seconds{roll(1'000)};
    end.ended = at;
    if (!end.succeeded) {
      end.why = static_cast<failure_class>(
          1 + roll(static_cast<int>(failure_class::unknown)));
      end.message = fmt::format("trouble {} \"=,;\n\xc3\xa4", roll(9));
    }
    if (roll(3) == 0)
      end.unique_id = "id";
    history.push_back({{fmt::format("job-{}", i)},
                       end,
                       fmt::format("app/kopia@{}", roll(3))});
  }
  return history;
}

ledger summary_of(const std::vector<run>& history) {
  ledger known;
  for (const auto& each : history)
    known = record(known, each.job, each.outcome, each.secret);
  return known;
}

} // namespace

TEST_CASE("a lost answer or a crash at any run changes no history") {
  std::mt19937 dice{20261121};
  for (int round = 0; round < 500; ++round) {
    CAPTURE(round);
    auto history = some_history(dice);
    // Each result is written, read back and perhaps written again.
    ledger known;
    for (const auto& each : history)
      for (auto again = 1 + dice() % 3; again > 0; --again) {
        known = record(known, each.job, each.outcome, each.secret);
        known = ledger_from_annotations(to_annotations(known));
      }
    REQUIRE(known == summary_of(history));
  }
}

TEST_CASE("the ledger says what the list of all runs says") {
  std::mt19937 dice{7};
  for (int round = 0; round < 500; ++round) {
    CAPTURE(round);
    auto history = some_history(dice);
    auto known = summary_of(history);
    int streak = 0;
    std::optional<instant> last;
    for (const auto& [job, end, secret] : history) {
      if (end.kind == maintenance_kind::quick)
        continue;
      streak = end.succeeded ? 0 : streak + 1;
      if (end.succeeded)
        last = end.ended;
    }
    REQUIRE(known.failures == streak);
    REQUIRE(known.success_ended == last);
    REQUIRE((known.failure == failure_class::none) == (streak == 0));
    REQUIRE(known.counted == history.back().job);
  }
}
