#include "stage.hpp"

#include <catch2/catch.hpp>

using namespace holystone;
using namespace holystone::actors;
using namespace std::chrono_literals;

namespace {

const std::vector<std::string> roles{
    "api-client",     "secret-mirror",   "volume-reader",
    "job-runner",     "registry",        "watcher/ReplicationSource",
    "watcher/Secret", "watcher/CronJob", "watcher/Job",
    "watcher/Pod",    "watcher/Lease",   "watcher/ServiceAccount",
    "elector",        "inspector",       "account-keeper"};

} // namespace

TEST_CASE("whichever answer is lost, before or after the write, the end is "
          "the same") {
  for (auto what : {fate::not_sent, fate::reply_lost})
    for (unsigned k = 1; k <= 24; ++k) {
      simulated_world world;
      add_claims(world);
      unsigned calls = 0;
      world.decide = [&](const request&) {
        return ++calls == k ? what : fate::done;
      };
      stage s{world};
      s.pass(70s);
      INFO("request " << k << (what == fate::not_sent ? " not sent" : ""));
      CHECK(picture(world) == usual_picture());
    }
}

TEST_CASE("every actor may be killed at the start, in the middle and at rest") {
  for (const auto& role : roles)
    for (auto when : {0s, 2s, 20s}) {
      simulated_world world;
      add_claims(world);
      stage s{world};
      s.pass(when);
      if (when == 20s)
        create_job(world, "run");
      s.kill(role);
      s.pass(100s);
      INFO(role << " killed after " << when.count() << " s");
      CHECK(picture(world) == usual_picture());
      if (when == 20s)
        CHECK(completed(world) == 1);
    }
}

TEST_CASE("a repository that falls is rebuilt and the others stay") {
  simulated_world world;
  add_claims(world);
  stage s{world};
  s.pass(20s);
  auto& all = s.registry().repositories.all();
  std::vector<std::string> hashes;
  for (const auto& [hash, entry] : all)
    if (auto text = hash.open(); text != lobby)
      hashes.push_back(text);
  REQUIRE(hashes.size() == 2);
  auto other = all.at(hashes[1]).actor;
  world.writes.clear();
  stage::crash(caf::actor_cast<caf::actor>(all.at(hashes[0]).actor));
  s.pass(10s);
  CHECK(s.registry().repositories.all().at(hashes[1]).actor == other);
  REQUIRE(s.registry().repositories.all().at(hashes[0]).actor);
  CHECK(picture(world) == usual_picture());
  CHECK(distinct(world.writes) == only_the_lease);
}

TEST_CASE("an actor that falls while a Job runs neither stops it nor starts "
          "another") {
  for (const auto& role : roles) {
    simulated_world world;
    add_source(world, "app", "one");
    stage s{world};
    s.pass(20s);
    create_job(world, "first");
    create_job(world, "second");
    s.pass(8s);
    s.kill(role);
    s.pass(5min);
    INFO(role);
    CHECK(completed(world) == 2);
  }
}

TEST_CASE("an operator that is replaced while a Job runs counts it once") {
  simulated_world world;
  add_source(world, "app", "one");
  {
    stage s{world};
    s.pass(20s);
    create_job(world, "run");
    s.pass(8s);
  }
  stage s{world};
  s.pass(3min);
  CHECK(completed(world) == 1);
  auto hash = s.registry().repositories.all().rbegin()->first.open();
  auto lease
      = read_lease(world.call("GET", "/apis/coordination.k8s.io/v1/namespaces/"
                                     "volsync-system/leases/kopia-repository-"
                                         + hash));
  CHECK_FALSE(lease.holder);
  CHECK(lease.known.failures == 0);
  CHECK(lease.known.success_ended);
}
