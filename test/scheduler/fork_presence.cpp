#include "scheduler/fork_presence.hpp"

#include <catch2/catch.hpp>

using namespace holystone;
using namespace holystone::scheduler;
using namespace std::chrono_literals;

namespace {

steady_instant at(std::chrono::milliseconds since) {
  return steady_instant{since};
}

lease_record held(std::string renewed, std::string holder = "volsync-7d9f_1") {
  return {std::move(holder), 137s, "t0", std::move(renewed), 3, {"7"}};
}

} // namespace

TEST_CASE("without a Lease there is no fork, and nothing to wait for") {
  fork_presence fork;
  CHECK(fork.at(at(0s)) == presence::absent);
  CHECK_FALSE(fork.changes_at(at(0s)));
  CHECK(to_notice(fork, "volsync-system", at(0s)).empty());
}

TEST_CASE("a held Lease is undecided until it changes or its term is over") {
  fork_presence fork;
  // Hours old or of tomorrow: another's clock says nothing.
  for (auto renewed : {"2001-01-01T00:00:00Z", "2099-01-01T00:00:00Z"}) {
    fork = {};
    fork.seen(held(renewed), at(10s));
    CHECK(fork.at(at(10s)) == presence::undecided);
    CHECK(fork.changes_at(at(10s)) == at(147s));
    CHECK(fork.at(at(147s) - 1ms) == presence::undecided);
    CHECK(fork.at(at(147s)) == presence::absent);
    CHECK_FALSE(fork.changes_at(at(147s)));
  }
}

TEST_CASE("a Lease that is renewed shows the fork, until it is renewed no "
          "more") {
  fork_presence fork;
  fork.seen(held("r0"), at(0s));
  for (auto n = 1; n <= 10; ++n) {
    auto when = at(n * 107s);
    CHECK(fork.at(when) != presence::absent);
    fork.seen(held("r" + std::to_string(n)), when);
    CHECK(fork.at(when) == presence::present);
    CHECK(fork.changes_at(when) == when + 137s);
  }
  CHECK(fork.at(at(1070s + 137s) - 1ms) == presence::present);
  CHECK(fork.at(at(1070s + 137s)) == presence::absent);
  // It comes back: a change is enough.
  fork.seen(held("later"), at(5000s));
  CHECK(fork.at(at(5000s)) == presence::present);
}

TEST_CASE("what is told again without a change is no sign of life") {
  fork_presence fork;
  fork.seen(held("r0"), at(0s));
  auto relabelled = held("r0");
  relabelled.version = {"8"};
  fork.seen(relabelled, at(100s));
  CHECK(fork.at(at(100s)) == presence::undecided);
  CHECK(fork.at(at(137s)) == presence::absent);
  fork.seen(relabelled, at(200s));
  CHECK(fork.at(at(200s)) == presence::absent);
}

TEST_CASE("a released Lease is nobody's at once") {
  fork_presence fork;
  fork.seen(held("r0"), at(0s));
  fork.seen(held("r1"), at(26s));
  REQUIRE(fork.at(at(26s)) == presence::present);
  fork.seen(held("r2", ""), at(27s));
  CHECK(fork.at(at(27s)) == presence::absent);
  CHECK_FALSE(fork.changes_at(at(27s)));
  // The next leader shows itself by taking it.
  fork.seen(held("r3", "volsync-7d9f_2"), at(28s));
  CHECK(fork.at(at(28s)) == presence::present);
}

TEST_CASE("a Lease with any term counts for the fork's own 137 s at most") {
  for (auto term : {0s, -5s, 1'000'000s}) {
    fork_presence fork;
    auto record = held("r0");
    record.duration = term;
    fork.seen(record, at(0s));
    CHECK(fork.at(at(136s)) == presence::undecided);
    CHECK(fork.at(at(137s)) == presence::absent);
  }
  fork_presence fork;
  auto record = held("r0");
  record.duration = 15s;
  fork.seen(record, at(0s));
  CHECK(fork.at(at(15s)) == presence::absent);
}

TEST_CASE("people are told who holds the Lease, where, and what to do") {
  fork_presence fork;
  fork.seen(held("r0"), at(0s));
  CHECK(to_notice(fork, "ns", at(0s))
        == "KopiaMaintenance objects are left to the fork of VolSync: "
           "volsync-7d9f_1 may still renew Lease ns/b95b3104.backube; when "
           "you need its backups no more, scale its Deployment to 0 and they "
           "are maintained here. Upstream VolSync has a Lease of that name, "
           "too: it must lie in another namespace");
  fork.seen(held("r1"), at(1s));
  CHECK(to_notice(fork, "ns", at(1s)).find("volsync-7d9f_1 renews Lease")
        != std::string::npos);
  CHECK(to_notice(fork, "ns", at(138s)).empty());
}
