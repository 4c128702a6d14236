#include "actors/seldom.hpp"

#include "actors/troubled_subjects.hpp"

#include <catch2/catch.hpp>

using namespace holystone;
using namespace holystone::actors;

TEST_CASE("what nothing is up with takes a pointer and is as good as new") {
  seldom<troubled_subjects> troubles;
  CHECK(sizeof troubles == sizeof(void*));
  CHECK(troubles->failures("apply") == 0);
  instant now{seconds{1'795'000'000}};
  troubles.use().failed("apply", {}, now);
  troubles.rest(now);
  CHECK(troubles->failures("apply") == 1);
  troubles.use().succeeded("apply");
  CHECK(troubles->is_unused(now));
  troubles.rest(now);
  CHECK(troubles->failures("apply") == 0);
}

TEST_CASE("what was written is remembered for the time in which it counts") {
  seldom<troubled_subjects> troubles;
  instant now{seconds{1'795'000'000}};
  for (auto i = 0; i < 30; ++i) {
    CHECK(troubles.use().may_write("apply", now));
    troubles.rest(now);
  }
  CHECK_FALSE(troubles.use().may_write("apply", now));
  CHECK(troubles->is_unused(now + seconds{60}));
  troubles.rest(now + seconds{60});
  CHECK(troubles.use().may_write("apply", now + seconds{60}));
}
