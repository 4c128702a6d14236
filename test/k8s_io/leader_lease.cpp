#include "k8s_io/leader_lease.hpp"

#include "k8s_io/fields.hpp"

#include <catch2/catch.hpp>

using namespace holystone;
using namespace holystone::k8s_io;
using namespace holystone::scheduler;
namespace json = boost::json;

namespace {

const instant now = *parse_rfc3339("2026-11-21T12:00:00Z");

lease_request a_step(lease_verb what) {
  return {what, 1, {"me", seconds{15}, "", "", 4, {"77"}}};
}

json::value body_of(lease_verb what) {
  return json::parse(
      to_request(a_step(what), "ns", "holystone", now).body.text());
}

} // namespace

TEST_CASE("A-7: the operator's Lease is read, created and patched, never put") {
  auto verb_of = [](lease_verb what) {
    return to_request(a_step(what), "ns", "holystone", now).what;
  };
  CHECK(verb_of(lease_verb::read) == verb::get);
  CHECK(verb_of(lease_verb::create) == verb::create);
  for (auto what :
       {lease_verb::acquire, lease_verb::renew, lease_verb::release}) {
    CHECK(verb_of(what) == verb::merge_patch);
    CHECK(text_at(body_of(what), "metadata", "resourceVersion") == "77");
  }
}

TEST_CASE("an acquisition writes holder, both times, duration, transitions") {
  auto taken = read_leader(json::serialize(body_of(lease_verb::acquire)));
  REQUIRE(taken);
  CHECK(taken->holder == "me");
  CHECK(taken->duration == seconds{15});
  CHECK(taken->acquire_time == "2026-11-21T12:00:00.000000Z");
  CHECK(taken->renew_time == "2026-11-21T12:00:00.000000Z");
  CHECK(taken->transitions == 4);
}

TEST_CASE("a renewal leaves the acquire time alone, a release has no holder") {
  CHECK_FALSE(find(body_of(lease_verb::renew), "spec", "acquireTime"));
  CHECK_FALSE(find(body_of(lease_verb::renew), "spec", "leaseTransitions"));
  CHECK(
      text_at(body_of(lease_verb::release), "spec", "holderIdentity").empty());
  CHECK(integer_at(body_of(lease_verb::release), "spec", "leaseDurationSeconds")
        == 1);
}

TEST_CASE("what is no Lease is not read as one") {
  CHECK_FALSE(read_leader(""));
  CHECK_FALSE(read_leader(R"({"kind":"Status"})"));
  CHECK(read_leader(R"({"kind":"Lease"})")->holder.empty());
}
