#include "k8s_io/cache_claims.hpp"

#include "k8s_io/fields.hpp"
#include "k8s_io/names.hpp"
#include "test/simulator/test_cluster.hpp"

#include <catch2/catch.hpp>

using namespace holystone;
using namespace holystone::k8s_io;
namespace json = boost::json;

namespace {

const object_key nightly{"default", "nightly"};

cache_wishes twenty() {
  cache_wishes cache;
  cache.where = cache_wishes::place::own_claim;
  cache.capacity = "20Gi";
  return cache;
}

/// What an API server makes of it.
json::value applied(simulator::test_cluster& cluster,
                    const apply_cache_claim& what) {
  auto call = apply(what, "volsync-system");
  REQUIRE(call.what == verb::apply);
  auto answer = cluster.apply("/api/v1/namespaces/" + call.ns
                                  + "/persistentvolumeclaims/" + call.name,
                              call.body.text(), "holystone", true);
  INFO(json::serialize(answer.body));
  REQUIRE((answer.status == 200 || answer.status == 201));
  return answer.body;
}

} // namespace

TEST_CASE("the claim for a cache belongs to its KopiaMaintenance and is found "
          "by this operator") {
  simulator::test_cluster cluster;
  auto wanted = wanted_cache_claim(nightly, {"km"}, twenty(), nullptr);
  auto stored = applied(cluster, {wanted, {}});
  CHECK(text_at(stored, "metadata", "labels", names::operator_namespace)
        == "volsync-system");
  CHECK(text_at(stored, "metadata", "labels", names::kopia_maintenance)
        == "true");
  CHECK(text_at(stored, "metadata", "labels", names::maintenance_name)
        == "nightly");
  auto owner = items_at(stored, "metadata", "ownerReferences").at(0);
  CHECK(text_at(owner, "uid") == "km");
  CHECK(flag_at(owner, "controller") == true);
  CHECK(text_at(stored, "spec", "resources", "requests", "storage") == "20Gi");
  CHECK_FALSE(find(stored, "spec", "storageClassName"));
}

TEST_CASE("what was applied for a cache reads back as wanted, also when it "
          "grew") {
  simulator::test_cluster cluster;
  auto wanted = wanted_cache_claim(nightly, {"km"}, twenty(), nullptr);
  auto found = read_cache_claim(applied(cluster, {wanted, {}}));
  CHECK(found.key == wanted.key);
  CHECK(found.maintenance == "nightly");
  CHECK(is_like(found, wanted));
  auto more = twenty();
  more.capacity = "30Gi";
  auto grown = wanted_cache_claim(nightly, {"km"}, more, &found);
  CHECK_FALSE(is_like(found, grown));
  auto after = read_cache_claim(applied(cluster, {grown, found.uid}));
  CHECK(after.uid == found.uid);
  CHECK(after.capacity == "30Gi");
  CHECK(is_like(after, grown));
}

TEST_CASE("who lost its owner is still known by its label") {
  simulator::test_cluster cluster;
  auto wanted = wanted_cache_claim(nightly, {"km"}, twenty(), nullptr);
  auto stored = applied(cluster, {wanted, {}});
  stored.at("metadata").as_object().erase("ownerReferences");
  auto found = read_cache_claim(stored);
  CHECK(found.maintenance == "nightly");
  CHECK_FALSE(is_like(found, wanted));
}

TEST_CASE("a claim for a cache is removed by its UID") {
  auto gone = remove(delete_cache_claim{{"shop", "cache"}, {"pvc"}});
  CHECK(gone.what == verb::remove);
  CHECK(gone.kind == resources::claims);
  CHECK(gone.uid == object_uid{"pvc"});
}
