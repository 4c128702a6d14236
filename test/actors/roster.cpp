#include "actors/roster.hpp"

#include <catch2/catch.hpp>

using namespace holystone;
using namespace holystone::actors;
using namespace std::chrono_literals;

namespace {

const steady_instant steady{};
const claim_key data{claim_kind::replication_source, {"app", "data"}};
const claim_key other{claim_kind::replication_source, {"app", "other"}};

} // namespace

TEST_CASE("a repository that nobody placed yet lies where its hash says") {
  roster all;
  CHECK(all.enter("one").where.location_id.open() == "one");
  CHECK(all.lying_at("one") == std::vector<std::string>{"one"});
  CHECK(all.find("two") == nullptr);
  CHECK_FALSE(all.actor_of("two"));
  CHECK(all.claims_of("two").empty());
  CHECK(all.endpoint_of("two").empty());
}

TEST_CASE("a Lease is shared with another repository only while that is "
          "claimed") {
  roster all;
  all.enter("one").where.location_id = "there";
  auto& two = all.enter("two");
  two.where.location_id = "there";
  all.claim(other, "three");
  CHECK_FALSE(all.is_shared("one"));
  all.claim(data, "two");
  CHECK(all.is_shared("one"));
  CHECK_FALSE(all.is_shared("two"));
  CHECK_FALSE(all.is_shared("three"));
  CHECK(all.lying_at("there") == std::vector<std::string>{"one", "two"});
}

TEST_CASE("a claim is at one place until it is nowhere") {
  roster all;
  CHECK_FALSE(all.place_of(data));
  CHECK(all.claim(data, "one"));
  CHECK_FALSE(all.claim(data, "one"));
  CHECK(all.claim(other, "one"));
  REQUIRE(all.place_of(data));
  CHECK(*all.place_of(data) == "one");
  CHECK(all.claims_of("one") == std::vector<claim_key>{data, other});
  all.unclaim(data);
  all.unclaim(data);
  CHECK_FALSE(all.place_of(data));
  CHECK(all.claims_of("one") == std::vector<claim_key>{other});
  CHECK(all.claim(data, "two"));
  CHECK(*all.place_of(data) == "two");
}

TEST_CASE("an actor that falls again waits twice as long") {
  roster all;
  CHECK(all.fell("one", steady) == 1s);
  CHECK(all.fell("two", steady) == 1s);
  CHECK(all.fell("two", steady) == 2s);
  CHECK(all.find("one")->is_down);
  CHECK_FALSE(all.enter("three").is_down);
}
