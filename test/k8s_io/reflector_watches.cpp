// How watches are opened, resumed and given up (R-02, R-05 to to
//

#include "reflector_harness.hpp"

using namespace holystone;
using namespace holystone::k8s_io;
using namespace holystone::test;
using namespace std::chrono_literals;

TEST_CASE("R-02: a watch asks for five to ten minutes at random") {
  harness it;
  it.sync({}, "1");
  CHECK(it.opened()->order.timeout == 300s);
  it.now += 300s;
  it.random = 0.999;
  it.end(regular());
  REQUIRE(it.opened());
  CHECK(it.opened()->order.timeout == 599s);
}

TEST_CASE("R-05: a bookmark moves the version, its absence does not matter") {
  harness it;
  it.sync({}, "5");
  it.now += 300s;
  it.end(regular());
  CHECK(it.opened()->order.resource_version == "5");
  it.lines({bookmark("8")});
  it.now += 300s;
  it.end(regular());
  CHECK(it.opened()->order.resource_version == "8");
  CHECK(it.seen.log.empty());
}

TEST_CASE("R-06: 410 as an answer and as an event are one relist, no alarm") {
  for (auto as_event : {false, true}) {
    harness it;
    it.sync({job("a", "1", "1")}, "5");
    if (as_event)
      it.lines({event("ERROR", status(410, "Expired"))});
    else
      it.end(refused(410, status(410, "Expired")));
    REQUIRE(it.listing());
    CHECK_FALSE(it.find<reflector::report>());
    CHECK_FALSE(it.sleeping());
    CHECK(bool(it.find<reflector::close_watch>()) == as_event);
    CHECK(it.machine.counts().relists == 1);
    it.list(page({job("a", "1", "1")}, "6"));
    CHECK(it.opened());
    CHECK(it.machine.counts().failures == 0);
  }
}

TEST_CASE("R-06: a server that always answers 410 is not asked hotly") {
  harness it;
  it.sync({}, "5");
  auto lists = 0;
  auto until = it.now + 600s;
  while (it.now < until) {
    it.end(refused(410));
    if (it.sleeping()) {
      it.now += it.sleeping()->time;
      it.wake();
    }
    REQUIRE(it.listing());
    it.list(page({}, "5"));
    ++lists;
  }
  CHECK(lists < 30);
}

TEST_CASE("R-06: what a watch brings before its 410 excuses no hot loop") {
  for (auto as_event : {false, true}) {
    harness it;
    it.sync({}, "5");
    auto lists = 0;
    auto version = 5;
    for (auto until = it.now + 600s; it.now < until; ++lists) {
      it.now += 1500ms;
      auto next = std::to_string(++version);
      it.lines({bookmark(next), event("ADDED", job("a", "1", next))});
      if (as_event)
        it.lines({event("ERROR", status(410, "Expired"))});
      else
        it.end(refused(410));
      if (it.sleeping()) {
        it.now += it.sleeping()->time;
        it.wake();
      }
      REQUIRE(it.listing());
      it.list(page({job("a", "1", next)}, next));
    }
    CHECK(lists < 30);
  }
}

TEST_CASE("R-06: a 410 long after a list is answered at once again") {
  harness it;
  it.sync({}, "5");
  for (auto i = 0; i < 3; ++i) {
    it.now += 300s;
    it.end(regular());
    it.end(refused(410));
    REQUIRE(it.listing());
    it.list(page({}, "6"));
  }
  CHECK(it.machine.counts().failures == 0);
}

TEST_CASE("R-08: watches that end after an event each are not opened hotly") {
  harness it;
  it.sync({}, "5");
  auto watches = 0;
  auto version = 5;
  for (auto until = it.now + 600s; it.now < until; ++watches) {
    it.now += 40ms;
    it.lines({event("MODIFIED", job("a", "1", std::to_string(++version)))});
    it.end(regular());
    if (it.sleeping()) {
      it.now += it.sleeping()->time;
      it.wake();
    }
    REQUIRE(it.opened());
    CHECK(it.opened()->order.resource_version == std::to_string(version));
  }
  CHECK(watches < 30);
  // One that lasts is the end of it.
  it.now += 300s;
  it.end(regular());
  REQUIRE(it.opened());
  it.lines({event("MODIFIED", job("a", "1", "9000"))});
  it.end(regular());
  CHECK(it.opened());
}

TEST_CASE("R-07: a 429 on the watch request backs off and resumes at the same "
          "version") {
  harness it;
  it.sync({}, "5");
  for (auto code : {429, 500, 503, 0}) {
    it.end(refused(code));
    REQUIRE(it.sleeping());
    CHECK_FALSE(it.listing());
    it.now += it.sleeping()->time;
    it.wake();
    REQUIRE(it.opened());
    CHECK(it.opened()->order.resource_version == "5");
  }
  CHECK(it.machine.counts().relists == 0);
}

TEST_CASE("R-07: an hour of refused connections causes no relist") {
  harness it;
  it.sync({}, "5");
  for (auto until = it.now + 1h; it.now < until;) {
    it.end(refused(0));
    REQUIRE(it.sleeping());
    it.now += it.sleeping()->time;
    it.wake();
    REQUIRE(it.opened());
  }
  CHECK(it.machine.counts().relists == 0);
}

TEST_CASE("R-08: a watch that ends at once without an event is a failure") {
  harness it;
  it.sync({}, "5");
  it.now += 900ms;
  it.end(regular());
  REQUIRE(it.sleeping());
  CHECK(it.machine.counts().failures == 1);
  it.wake();
  REQUIRE(it.opened());
  // One that brought something is none, nor is one that lasted.
  it.lines({event("ADDED", job("a", "1", "6"))});
  it.end(regular());
  REQUIRE(it.opened());
  it.now += 1s;
  it.end(regular());
  CHECK(it.opened());
}

TEST_CASE("R-08: bookmarks alone do not excuse a watch that ends at once") {
  harness it;
  it.sync({}, "5");
  it.lines({bookmark("6")});
  it.end(regular());
  CHECK(it.sleeping());
}

TEST_CASE("R-12: synthetic events do not tell a version") {
  harness it;
  it.sync({}, "0"); // a server whose lists have no version of their own
  CHECK(it.opened()->order.resource_version == "0");
  it.lines({event("ADDED", job("a", "1", "50")),
            event("ADDED", job("b", "2", "40"))});
  it.now += 5s;
  it.end(regular());
  CHECK(it.opened()->order.resource_version == "0");
  it.lines({event("ADDED", job("a", "1", "50")), bookmark("60"),
            event("ADDED", job("c", "3", "61"))});
  it.now += 5s;
  it.end(regular());
  CHECK(it.opened()->order.resource_version == "61");
}

TEST_CASE("R-14: hours without events cause no traffic but watches") {
  harness it;
  it.sync({job("a", "1", "1")}, "5");
  it.seen.log.clear();
  for (auto i = 0; i < 100; ++i) {
    it.now += 300s;
    it.end(regular());
    REQUIRE(it.out.size() == 1);
    REQUIRE(it.opened());
  }
  CHECK(it.seen.log.empty());
  CHECK(it.machine.counts().lists == 1);
}

TEST_CASE("R-15: a watch ahead of its server goes back to the newest list") {
  harness it;
  it.sync({}, "500");
  it.end(refused(504, status(504, "Timeout", "ResourceVersionTooLarge")));
  REQUIRE(it.sleeping());
  it.wake();
  REQUIRE(it.listing());
  CHECK_FALSE(it.listing()->call.resource_version);
}

TEST_CASE("R-18: a watch that the server closes early is opened again") {
  harness it;
  it.sync({}, "5");
  it.now += 30s;
  it.end(regular());
  REQUIRE(it.opened());
  it.now += 30s;
  it.lines({event("ADDED", job("a", "1", "6"))});
  it.end(cut());
  REQUIRE(it.opened());
  CHECK(it.opened()->order.resource_version == "6");
}

TEST_CASE("R-23: a refused watch waits as long as the server asked") {
  harness it;
  it.sync({}, "5");
  it.end(refused(429, "", 32s));
  REQUIRE(it.sleeping());
  CHECK(it.sleeping()->time == 32s);
}

TEST_CASE("a line that is no event ends the watch, and the third time lists") {
  harness it;
  it.sync({}, "5");
  for (auto i = 0; i < 3; ++i) {
    it.lines({"<html>", event("ADDED", job("a", "1", "6"))});
    CHECK(it.find<reflector::close_watch>());
    REQUIRE(it.sleeping());
    it.wake();
  }
  CHECK(it.listing());
  CHECK(it.seen.log.empty());
}

TEST_CASE("events in the wrong order are a reason to list again") {
  harness it;
  it.sync({job("a", "1", "5")}, "5");
  it.lines({event("MODIFIED", job("a", "1", "8")),
            event("MODIFIED", job("a", "1", "7")),
            event("MODIFIED", job("a", "1", "6"))});
  // The older ones are not believed.
  CHECK(it.seen.objects.at("n/a").version == "8");
  CHECK(it.find<reflector::close_watch>());
  REQUIRE(it.sleeping());
  it.wake();
  REQUIRE(it.listing());
  CHECK(it.listing()->call.resource_version == "8");
}

TEST_CASE("R-11: versions that can't be compared are in any order") {
  harness it;
  it.sync({job("a", "1", "x5")}, "x5");
  it.lines({event("MODIFIED", job("a", "1", "x8")),
            event("MODIFIED", job("a", "1", "x7")),
            event("MODIFIED", job("a", "1", "x7"))});
  CHECK(it.seen.objects.at("n/a").version == "x7");
  CHECK_FALSE(it.find<reflector::close_watch>());
}
