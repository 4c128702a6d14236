#include "actors/kept_name.hpp"

#include "actors/claim_index.hpp"

#include <catch2/catch.hpp>

using namespace holystone;
using namespace holystone::actors;

namespace {

const object_key secret{"app", "kopia"};
const claim_key data{claim_kind::replication_source, {"app", "data"}};
const claim_key more{claim_kind::replication_source, {"app", "more"}};
const claim_key km{claim_kind::kopia_maintenance, {"app", "zoo"}};

} // namespace

TEST_CASE("a kept name is the name that it was made from") {
  for (const auto& who : {data, km, claim_key{}}) {
    kept kept_one{who};
    CHECK(kept_one.open() == who);
    CHECK(kept{kept_one} == who);
    CHECK(kept{who} == kept_one);
  }
  CHECK(kept{secret}.open() == secret);
  CHECK_FALSE(kept{data} == more);
}

TEST_CASE("kept names are in the order of the names") {
  std::vector<claim_key> all{{claim_kind::replication_source, {"a", "b"}},
                             {claim_kind::replication_source, {"ab", "a"}},
                             {claim_kind::replication_source, {"a", ""}},
                             {claim_kind::kopia_maintenance, {"z", "z"}},
                             {claim_kind::replication_source, {"", "ab"}}};
  for (const auto& a : all)
    for (const auto& b : all) {
      CHECK((kept{a} < kept{b}) == (a < b));
      CHECK((kept{a} < b) == (a < b));
      CHECK((a < kept{b}) == (a < b));
    }
}

TEST_CASE("an index of names is asked with names as they are written") {
  name_map<claim_key, int> all;
  all.insert_or_assign(more, 2);
  all.insert_or_assign(data, 1);
  CHECK(all.find(data)->second == 1);
  CHECK(all.find(km) == all.end());
  CHECK(all.contains(more));
}

TEST_CASE("who names an object is known until it does not") {
  claim_index index;
  index.add(secret, more);
  index.add(secret, data);
  index.add(secret, data);
  index.add(object_key{"app", "other"}, km);
  CHECK(index.naming(secret) == std::vector<claim_key>{data, more});
  index.remove(secret, data);
  index.remove(secret, km);
  CHECK(index.naming(secret) == std::vector<claim_key>{more});
  CHECK(index.naming({"app", "none"}).empty());
  auto seen = 0;
  index.visit([&](const object_key& named, const claim_key& who) {
    CHECK((who == km) == (named.name == "other"));
    ++seen;
  });
  CHECK(seen == 2);
}
