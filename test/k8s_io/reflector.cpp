// How a view is listed: from which version, in which pages, and what comes
// when a list fails. Watches are in reflector_watches.cpp, what a view reports
// in reflector_objects.cpp.

#include "reflector_harness.hpp"

using namespace holystone;
using namespace holystone::k8s_io;
using namespace holystone::test;
using namespace std::chrono_literals;

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

TEST_CASE("R-11: versions are handed back as they came") {
  harness it;
  it.sync({}, "opaque");
  it.lines({event("ADDED", job("a", "1", "zz")),
            event("ADDED", job("b", "2", "aa"))});
  it.now += 5s;
  it.end(regular());
  CHECK(it.opened()->order.resource_version == "aa");
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
