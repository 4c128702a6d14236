#include "scheduler/lease.hpp"

#include <catch2/catch.hpp>

using namespace holystone;
using namespace holystone::scheduler;
using namespace std::chrono_literals;
using std::chrono::milliseconds;

namespace {

steady_instant at(milliseconds since) {
  return steady_instant{since};
}

lease_record held_by(std::string holder, std::string renewed,
                     std::chrono::seconds duration = 15s) {
  return {std::move(holder), duration, "t0", std::move(renewed), 3, {"7"}};
}

// What the API server answers to a write that worked.
lease_record written(const lease_request& request, std::string renewed = "r") {
  auto record = request.record;
  record.renew_time = std::move(renewed);
  record.version.value += "'";
  return record;
}

// A candidate that took a free Lease at `now`.
election leader(steady_instant now, const std::string& name = "a") {
  election race{name, {}};
  auto read = race.tick(now, 0);
  auto create = race.lacked(read->serial, now);
  CHECK(!race.found(create->serial, written(*create), now));
  return race;
}

} // namespace

TEST_CASE(
    "R-32: terms are 15 s, 10 s and 2 s, and others must keep the order") {
  election_terms terms;
  CHECK(terms.lease == 15s);
  CHECK(terms.deadline == 10s);
  CHECK(terms.retry == 2s);
  CHECK(check_terms(terms));
  CHECK(!check_terms({10s, 10s, 2s}));
  CHECK(!check_terms({15s, 2400ms, 2s}));
  CHECK(!check_terms({15s, 10s, 0s}));
}

TEST_CASE("R-32: attempts are 2 s apart, up to 1.2 times that for candidates") {
  for (auto [jitter, pause] :
       {std::pair{0.0, 2000ms}, {0.5, 2200ms}, {1.0, 2400ms}, {7.0, 2400ms}}) {
    election race{"b", {}};
    auto read = race.tick(at(0s), jitter);
    REQUIRE(read);
    race.found(read->serial, held_by("a", "r1"), at(1ms));
    CHECK(race.next_tick(at(1ms)) == at(pause));
    CHECK(!race.tick(at(pause - 1ms), 0));
    CHECK(race.tick(at(pause), 0));
  }
}

TEST_CASE("an absent Lease is created and led from then on") {
  election race{"a", {}};
  auto read = race.tick(at(0s), 0);
  REQUIRE(read);
  CHECK(read->verb == lease_verb::read);
  auto create = race.lacked(read->serial, at(10ms));
  REQUIRE(create);
  CHECK(create->verb == lease_verb::create);
  CHECK(create->record.holder == "a");
  CHECK(create->record.duration == 15s);
  CHECK(create->record.transitions == 0);
  CHECK(!race.leads(at(10ms)));
  CHECK(!race.found(create->serial, written(*create), at(20ms)));
  CHECK(race.leads(at(20ms)));
  CHECK(race.holder() == "a");
}

TEST_CASE("a leader renews under the version it saw, with one request each") {
  auto race = leader(at(0s));
  auto renew = race.tick(at(2s), 0);
  REQUIRE(renew);
  CHECK(renew->verb == lease_verb::renew);
  CHECK(renew->record.version.value == "'");
  CHECK(renew->record.transitions == 0);
  CHECK(!race.tick(at(3s), 0));
  CHECK(!race.found(renew->serial, written(*renew, "r2"), at(3s)));
  auto again = race.tick(at(4s), 0);
  REQUIRE(again);
  CHECK(again->verb == lease_verb::renew);
  CHECK(again->record.version.value == "''");
}

TEST_CASE("R-33: only the time since the record last changed here counts") {
  election race{"b", {}};
  milliseconds now = 0s;
  auto poll = [&](std::string renewed) {
    auto read = race.tick(at(now), 0);
    REQUIRE(read);
    auto record = held_by("a", std::move(renewed));
    // Timestamps of any kind change nothing.
    record.acquire_time = "1970-01-01T00:00:00.000000Z";
    auto next = race.found(read->serial, record, at(now));
    now += 2s;
    return next;
  };
  // First sight starts the count, however old the timestamps are.
  for (auto i = 0; i < 7; ++i)
    CHECK(!poll("2001-01-01T00:00:00.000000Z"));
  // A change starts it again: first seen at 14 s.
  for (auto i = 0; i < 8; ++i)
    CHECK(!poll("2001-01-01T00:00:00.000001Z"));
  auto acquire = poll("2001-01-01T00:00:00.000001Z");
  REQUIRE(acquire);
  CHECK(acquire->verb == lease_verb::acquire);
  CHECK(acquire->record.holder == "b");
  CHECK(acquire->record.transitions == 4);
  CHECK(acquire->record.version.value == "7");
}

TEST_CASE("R-33: a new version without a new term is no sign of life") {
  election race{"b", {}};
  std::optional<lease_request> next;
  for (milliseconds now = 0s; now <= 16s; now += 2s) {
    auto read = race.tick(at(now), 0);
    REQUIRE(read);
    auto record = held_by("a", "same");
    record.version.value = std::to_string(now.count());
    next = race.found(read->serial, record, at(now));
  }
  REQUIRE(next);
  CHECK(next->verb == lease_verb::acquire);
  CHECK(next->record.version.value == "16000");
}

TEST_CASE("R-34: whoever was stopped knows on its first look that it may not") {
  auto race = leader(at(0s));
  CHECK(race.leads(at(9999ms)));
  // No tick came in between: SIGSTOP, a frozen machine.
  CHECK(!race.leads(at(10s)));
  CHECK(!race.leads(at(1h)));
  auto read = race.tick(at(1h), 0);
  REQUIRE(read);
  CHECK(read->verb == lease_verb::read);
  CHECK(!race.found(read->serial, held_by("b", "r9"), at(1h)));
  CHECK(!race.leads(at(1h)));
}

TEST_CASE("R-32: one tick does for a renewal, and a late answer has one more") {
  auto race = leader(at(0s));
  auto renew = race.tick(at(2s), 0);
  REQUIRE(renew);
  // Whether or not the answer is there.
  CHECK(race.next_tick(at(2s)) == at(4s));
  CHECK(!race.tick(at(4s), 0));
  CHECK(race.next_tick(at(4s)) == at(7s));
  race.found(renew->serial, held_by("a", "r3"), at(5s));
  CHECK(race.next_tick(at(5s)) <= at(5s));
}

TEST_CASE(
    "R-35: a leader that cannot renew steps down before others may take") {
  auto race = leader(at(0s));
  for (milliseconds now = 2s; now < 10s; now += 2s) {
    CHECK(race.leads(at(now)));
    auto request = race.tick(at(now), 0);
    REQUIRE(request);
    race.failed(request->serial, at(now + 10ms));
  }
  CHECK(race.leads(at(9999ms)));
  CHECK(race.next_tick(at(9999ms)) <= at(10s));
  CHECK(!race.leads(at(10s)));
}

TEST_CASE("R-35: the deadline counts from the sending, not from the answer") {
  auto race = leader(at(0s));
  auto renew = race.tick(at(2s), 0);
  REQUIRE(renew);
  // The answer took 4 s.
  CHECK(!race.found(renew->serial, written(*renew, "r2"), at(6s)));
  CHECK(race.leads(at(11999ms)));
  CHECK(!race.leads(at(12s)));
}

TEST_CASE(
    "R-35: a failed renewal is followed by a read, and a lost Lease seen") {
  auto race = leader(at(0s));
  auto renew = race.tick(at(2s), 0);
  REQUIRE(renew);
  race.failed(renew->serial, at(2100ms));
  auto read = race.tick(at(4s), 0);
  REQUIRE(read);
  CHECK(read->verb == lease_verb::read);
  CHECK(!race.found(read->serial, held_by("b", "r9"), at(4100ms)));
  CHECK(!race.leads(at(4100ms)));
  CHECK(race.holder() == "b");
}

TEST_CASE("R-35: release writes no holder and a duration of 1 s, once") {
  auto race = leader(at(0s));
  auto release = race.release(at(1s));
  REQUIRE(release);
  CHECK(!race.leads(at(1s)));
  CHECK(!race.is_over());
  CHECK(release->verb == lease_verb::release);
  CHECK(release->record.holder.empty());
  CHECK(release->record.duration == 1s);
  CHECK(release->record.version.value == "'");
  CHECK(!race.found(release->serial, written(*release), at(1100ms)));
  CHECK(race.is_over());
  CHECK(!race.tick(at(20s), 0));
  CHECK(!race.release(at(20s)));
}

TEST_CASE("R-35: a release waits for the renewal under way") {
  auto race = leader(at(0s));
  auto renew = race.tick(at(2s), 0);
  REQUIRE(renew);
  CHECK(!race.release(at(2100ms)));
  CHECK(!race.is_over());
  auto release = race.found(renew->serial, written(*renew), at(2200ms));
  REQUIRE(release);
  CHECK(release->verb == lease_verb::release);
  CHECK(release->record.version.value == "''");
  race.failed(release->serial, at(3s));
  CHECK(race.is_over());
}

TEST_CASE("R-35: a release whose version is unknown reads first") {
  auto race = leader(at(0s));
  auto renew = race.tick(at(2s), 0);
  race.failed(renew->serial, at(2100ms));
  auto read = race.release(at(2200ms));
  REQUIRE(read);
  CHECK(read->verb == lease_verb::read);
  auto release = race.found(read->serial, held_by("a", "r2"), at(2300ms));
  REQUIRE(release);
  CHECK(release->verb == lease_verb::release);
  CHECK(release->record.version.value == "7");
}

TEST_CASE("a follower's release sends nothing") {
  election race{"b", {}};
  auto read = race.tick(at(0s), 0);
  race.found(read->serial, held_by("a", "r1"), at(0s));
  CHECK(!race.release(at(1s)));
  CHECK(race.is_over());
}

TEST_CASE("a released Lease is taken at the next look") {
  election race{"b", {}};
  auto read = race.tick(at(0s), 0);
  REQUIRE(read);
  auto acquire = race.found(read->serial, held_by("", "r1", 1s), at(0s));
  REQUIRE(acquire);
  CHECK(acquire->verb == lease_verb::acquire);
  CHECK(acquire->record.duration == 15s);
}

TEST_CASE("an answer to an older request is ignored, and a lost one waited for "
          "in vain only so long") {
  auto race = leader(at(0s));
  auto lost = race.tick(at(2s), 0);
  REQUIRE(lost);
  CHECK(!race.tick(at(6999ms), 0));
  auto read = race.tick(at(7s), 0);
  REQUIRE(read);
  CHECK(read->verb == lease_verb::read);
  CHECK(!race.found(lost->serial, held_by("b", "r5"), at(7s)));
  CHECK(race.leads(at(7s)));
}
