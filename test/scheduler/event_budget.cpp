#include "scheduler/event_budget.hpp"

#include <catch2/catch.hpp>

using namespace holystone;
using namespace holystone::scheduler;

namespace {

const instant noon = *parse_rfc3339("2026-11-21T12:00:00Z");

int taken(event_budget& budget, instant now, int wishes) {
  int count = 0;
  for (int i = 0; i < wishes; ++i)
    count += budget.take(now) ? 1 : 0;
  return count;
}

} // namespace

TEST_CASE("R-30: an object gets 25 Events at once, then one in 300 s") {
  event_budget budget;
  CHECK(taken(budget, noon, 100) == 25);
  CHECK(taken(budget, noon + seconds{299}, 100) == 0);
  CHECK(taken(budget, noon + seconds{300}, 100) == 1);
  CHECK(taken(budget, noon + seconds{599}, 100) == 0);
  CHECK(taken(budget, noon + seconds{600}, 100) == 1);
  CHECK(taken(budget, noon + seconds{300 * 12}, 100) == 10);
  CHECK(taken(budget, noon + std::chrono::days{30}, 100) == 25);
}

TEST_CASE("a clock that is set back neither blocks nor refills Events") {
  event_budget budget;
  CHECK(taken(budget, noon, 10) == 10);
  CHECK(taken(budget, noon - std::chrono::hours{1}, 100) == 15);
  CHECK(taken(budget, noon - std::chrono::hours{1}, 100) == 0);
  CHECK(taken(budget, noon + seconds{300}, 100) == 1);
}
