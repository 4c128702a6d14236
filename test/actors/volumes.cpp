#include "volume_stage.hpp"

#include <catch2/catch.hpp>

using namespace holystone;
using namespace holystone::actors;

TEST_CASE("a claim on a volume waits until that is bound and says so") {
  simulated_world world;
  add_disk_source(world, "app", on_claim);
  stage s{world};
  s.pass(5s);
  CHECK(condition_of(world, "app")
        == "Waiting: PersistentVolumeClaim app/disk does not exist; create it");
  add_volume(world, "pv1", "nfs: {server: nas, path: /export}");
  add_claim(world, "app", "pv1");
  s.pass(20s);
  CHECK(condition_of(world, "app").find("not bound (phase: Pending)")
        != std::string::npos);
  auto none = cron_jobs(world);
  CHECK(items_at(none, "items").empty());
  bind(world, "app");
  s.pass(20s);
  auto made = cron_jobs(world);
  REQUIRE(items_at(made, "items").size() == 1);
  CHECK(location_of(items_at(made, "items").at(0))
        == R"({"backend":"filesystem","path":"/export/kopia",)"
           R"("server":"nas","volume":"nfs"})");
}

TEST_CASE("A-20: an export that is reached inline and by a claim is one "
          "repository, in the operator's namespace") {
  simulated_world world;
  add_volume(world, "pv1", "nfs: {server: nas, path: /export}");
  add_disk_source(world, "app", on_claim);
  add_claim(world, "app", "pv1");
  bind(world, "app");
  add_disk_source(world, "web", on_nfs);
  stage s{world};
  s.pass(10s);
  auto made = cron_jobs(world);
  REQUIRE(items_at(made, "items").size() == 1);
  const auto& one = items_at(made, "items").at(0);
  CHECK(text_at(one, "metadata", "namespace") == "volsync-system");
  CHECK(text_at(one, "metadata", "annotations", names::source_namespaces)
        == "app_web");
  // What is not news is not written.
  world.writes.clear();
  s.pass(660s);
  CHECK(distinct(world.writes) == only_the_lease);
}

TEST_CASE(
    "a claim that was made anew on another volume is another repository") {
  simulated_world world;
  add_volume(world, "pv1", "nfs: {server: nas, path: /one}");
  add_volume(world, "pv2", "nfs: {server: nas, path: /two}");
  add_disk_source(world, "app", on_claim);
  add_claim(world, "app", "pv1");
  bind(world, "app");
  stage s{world};
  s.pass(10s);
  world.call("DELETE", claims_of("app") + "/disk");
  add_claim(world, "app", "pv2");
  bind(world, "app");
  s.pass(660s);
  auto made = cron_jobs(world);
  REQUIRE(items_at(made, "items").size() == 1);
  CHECK(location_of(items_at(made, "items").at(0)).find("/two/kopia")
        != std::string::npos);
}
