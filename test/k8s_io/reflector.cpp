#include "reflector_harness.hpp"

using namespace holystone;
using namespace holystone::k8s_io;
using namespace holystone::test;
using namespace std::chrono_literals;

using strings = std::vector<std::string>;

namespace {

watch_end refused(int code, std::string body = {},
                  std::optional<seconds> retry_after = {}) {
  return {code, std::move(body), code == 0 ? "refused" : "", retry_after};
}

watch_end cut() {
  return {200, {}, "connection reset", {}};
}

watch_end regular() {
  return {200, {}, {}, {}};
}

} // namespace

TEST_CASE("R-01: the first list may be of any age") {
  harness it;
  it.start();
  REQUIRE(it.listing());
  CHECK(it.listing()->call.what == verb::list);
  CHECK(it.listing()->call.resource_version == "0");
}

TEST_CASE("R-01: a relist is not older than what was seen") {
  harness it;
  it.sync({}, "5");
  it.now += 5s;
  it.lines({bookmark("9")});
  // Three barren watches in a row are what it takes without a 410.
  for (auto i = 0; i < 3; ++i) {
    it.now += 5s;
    it.end(cut());
    REQUIRE(it.sleeping());
    it.wake();
  }
  REQUIRE(it.listing());
  CHECK(it.listing()->call.resource_version == "9");
  CHECK(it.listing()->call.limit == 0);
}

TEST_CASE("R-01: after 410 the newest is asked for") {
  harness it;
  it.sync({}, "5");
  it.end(refused(410, status(410, "Expired")));
  REQUIRE(it.listing());
  CHECK_FALSE(it.listing()->call.resource_version);
}

TEST_CASE("R-01: too large a version makes the next list the newest") {
  harness it;
  it.start();
  it.list(refusal(504, status(504, "Timeout", "ResourceVersionTooLarge")));
  REQUIRE(it.sleeping());
  it.wake();
  REQUIRE(it.listing());
  CHECK_FALSE(it.listing()->call.resource_version);
}

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

TEST_CASE("R-03: failing lists wait longer and longer") {
  harness it;
  it.start();
  auto expected = 800ms;
  for (auto i = 0; i < 6; ++i) {
    it.list(refusal(500));
    REQUIRE(it.sleeping());
    CHECK(it.sleeping()->time == expected);
    it.now += it.sleeping()->time;
    expected = std::min<milliseconds>(expected * 2, 30s);
    it.wake();
    REQUIRE(it.listing());
  }
}

TEST_CASE("R-04: the newest is listed in pages of 500") {
  harness it;
  it.start();
  CHECK(it.listing()->call.limit == 500);
  it.list(page({job("a", "1", "1")}, "7", "next"));
  REQUIRE(it.listing());
  CHECK(it.listing()->call.limit == 500);
  CHECK(it.listing()->call.continue_token == "next");
  CHECK_FALSE(it.machine.is_synced());
  it.list(page({job("b", "2", "2")}, "7"));
  REQUIRE(it.opened());
  CHECK(it.find<reflector::synced>());
  CHECK(it.opened()->order.resource_version == "7");
  CHECK(it.seen.objects.size() == 2);
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

TEST_CASE("R-11: versions are handed back as they came") {
  harness it;
  it.sync({}, "opaque");
  it.lines({event("ADDED", job("a", "1", "zz")),
            event("ADDED", job("b", "2", "aa"))});
  it.now += 5s;
  it.end(regular());
  CHECK(it.opened()->order.resource_version == "aa");
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

TEST_CASE("R-16: an outlived continue token starts the list from scratch") {
  harness it;
  it.start();
  it.list(page({job("a", "1", "1")}, "7", "next"));
  it.list(refusal(410, status(410, "Expired")));
  REQUIRE(it.listing());
  CHECK(it.listing()->call.continue_token.empty());
  CHECK_FALSE(it.listing()->call.resource_version);
  it.list(page({job("b", "2", "8")}, "8"));
  CHECK(it.seen.objects.size() == 1);
  CHECK(it.seen.objects.count("n/b") == 1);
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

TEST_CASE("messages with an old ticket are ignored") {
  harness it;
  it.sync({}, "5");
  auto old = it.ticket;
  it.now += 5s;
  it.end(regular());
  REQUIRE(it.ticket != old);
  it.step(reflector::lines{old, {event("ADDED", job("a", "1", "6"))}});
  it.step(reflector::ended{old, refused(410)});
  it.step(reflector::woken{old});
  it.step(reflector::listed{old, page({}, "1")});
  CHECK(it.out.empty());
  CHECK(it.seen.log.empty());
}

TEST_CASE("a kind that is not installed is asked for with patience") {
  harness it;
  it.start();
  for (auto i = 0; i < 3; ++i) {
    it.list(refusal(404, "404 page not found"));
    REQUIRE(it.sleeping());
    auto* told = it.find<reflector::report>();
    REQUIRE(told);
    CHECK(told->message.find("jobs.batch") != std::string::npos);
    it.wake();
    REQUIRE(it.listing());
  }
  // Removed later, what it had stays in view until a list says otherwise.
  it.list(page({job("a", "1", "1")}, "5"));
  it.end(refused(404));
  it.wake();
  it.list(refusal(404));
  CHECK(it.seen.objects.size() == 1);
}

namespace {

response too_long() {
  auto answer = refusal(0);
  answer.is_too_long = true;
  return answer;
}

} // namespace

TEST_CASE("an answer too long to take is asked for in smaller and smaller "
          "pages") {
  harness it;
  it.start();
  for (auto limit : {500u, 250u, 125u}) {
    it.list(too_long());
    REQUIRE(it.listing());
    CHECK(it.find<reflector::report>());
    CHECK_FALSE(it.listing()->call.resource_version);
    CHECK(it.listing()->call.limit == limit);
  }
  it.list(page({job("a", "1", "1")}, "7", "next"));
  REQUIRE(it.listing());
  CHECK(it.listing()->call.limit == 125);
  // A later page may be the long one.
  it.list(too_long());
  REQUIRE(it.listing());
  CHECK(it.listing()->call.continue_token == "next");
  CHECK(it.listing()->call.limit == 62);
  it.list(page({job("b", "2", "2")}, "7"));
  CHECK(it.opened());
  CHECK(it.seen.objects.size() == 2);
  // The next list does not begin with an answer that is too long again.
  it.end(refused(410));
  REQUIRE(it.listing());
  CHECK(it.listing()->call.limit == 124);
  CHECK_FALSE(it.listing()->call.resource_version);
}

TEST_CASE("one object that is too long to take is told and waited for") {
  harness it;
  it.start();
  auto lists = 0;
  for (auto until = it.now + 600s; it.now < until; ++lists) {
    it.list(too_long());
    if (it.sleeping()) {
      it.now += it.sleeping()->time;
      it.wake();
    }
    REQUIRE(it.listing());
  }
  CHECK(it.listing()->call.limit == 1);
  CHECK(lists < 40);
}
