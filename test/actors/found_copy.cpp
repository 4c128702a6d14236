#include "stage.hpp"

#include <catch2/catch.hpp>

#include <algorithm>

using namespace holystone;
using namespace holystone::actors;
using namespace std::chrono_literals;

namespace {

constexpr const char* copies = "/api/v1/namespaces/volsync-system/secrets/";

/// Orders a copy of app/kopia from somebody who knows of none, as after an
/// answer that got lost.
void order_copy(stage& s, const boost::json::value& source,
                const std::string& repository) {
  write_copy what;
  what.source.key = {"app", "kopia"};
  what.source_uid = {text_at(source, "metadata", "uid")};
  what.source_version = text_at(source, "metadata", "resourceVersion");
  auto order = std::make_shared<copy_order>();
  order->repository = repository;
  order->what = std::make_shared<const write_copy>(what);
  caf::anon_send(caf::actor_cast<secret_mirror_actor>(
                     s.inside().core.at("secret-mirror").handle),
                 copy_atom::value, copy_order_ptr{order});
}

} // namespace

TEST_CASE("a copy whose creation's answer was lost is found and kept (R-28)") {
  simulated_world world;
  add_source(world, "app", "bucket");
  stage s{world};
  s.pass(20s);
  auto before
      = world.call("GET", std::string{copies} + "maintenance-app-kopia");
  REQUIRE(before.is_object());
  auto repository = std::string{
      text_at(before, "metadata", "labels", "volsync.backube/repository-hash")};
  REQUIRE(repository.size() == 16);
  world.writes.clear();
  order_copy(s, world.call("GET", "/api/v1/namespaces/app/secrets/kopia"),
             repository);
  s.pass(1s);
  // One is refused, and no second is made beside it.
  CHECK(std::count(world.writes.begin(), world.writes.end(), "create secrets")
        == 1);
  CHECK(
      std::count(world.writes.begin(), world.writes.end(), "json_patch secrets")
      == 1);
  auto after = world.call("GET", std::string{copies} + "maintenance-app-kopia");
  CHECK(text_at(after, "metadata", "uid")
        == text_at(before, "metadata", "uid"));
  auto all = world.call("GET", copies);
  CHECK(items_at(all, "items").size() == 1);
}
