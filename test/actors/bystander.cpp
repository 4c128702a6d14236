// Who stands by says of a cluster what its leader says, and writes nothing. The
// process around it is tested in test/cli/why.cpp.

#include "inspection.hpp"

#include <catch2/catch.hpp>

using namespace holystone;
using namespace holystone::actors;
using namespace std::chrono_literals;

namespace {

void one_at_a_time(root_setup& setup) {
  setup.registry.limits.in_all = 1;
}

void only_look(root_setup& setup) {
  one_at_a_time(setup);
  setup.stands_by = true;
}

std::string why(stage& s, const std::string& path) {
  auto answer = ask(s, "/v1/why/" + path);
  INFO(path << ": " << answer->body);
  CHECK(answer->status == 200);
  return text_at(boost::json::parse(answer->body), "why");
}

/// Two repositories, each with a Job by hand; the names of the Jobs.
std::vector<std::string> two_jobs(simulated_world& world) {
  for (std::size_t i = 0; i < 2; ++i)
    world.call("POST", home + "jobs",
               boost::json::serialize(a_job(world, "volsync-system",
                                            fmt::format("by-hand-{}", i), i)));
  return {"job/volsync-system/by-hand-0", "job/volsync-system/by-hand-1"};
}

} // namespace

TEST_CASE("who stands by gives the leader's answers and writes nothing") {
  simulated_world world;
  add_source(world, "app", "one");
  add_source(world, "web", "two");
  stage leader{world, one_at_a_time};
  leader.pass(20s);
  auto jobs = two_jobs(world);
  leader.pass(5s);
  auto written = world.writes.size();
  stage bystander{world, only_look};
  bystander.settle();
  std::set<std::string> said;
  for (const auto& one : jobs) {
    CHECK(why(bystander, one) == why(leader, one));
    said.insert(why(bystander, one).substr(0, 9));
  }
  CHECK(said == std::set<std::string>{"Job volsy", "the limit"});
  CHECK(why(bystander, "replicationsource/app/data")
        == why(leader, "replicationsource/app/data"));
  CHECK(ask(bystander, "/v1/repositories")->body
        == ask(leader, "/v1/repositories")->body);
  CHECK(world.writes.size() == written);
}

TEST_CASE("who stands by without a leader says what one would do, within the "
          "limit") {
  simulated_world world;
  add_source(world, "app", "one");
  add_source(world, "web", "two");
  {
    stage leader{world, one_at_a_time};
    leader.pass(20s);
  }
  auto jobs = two_jobs(world);
  auto written = world.writes.size();
  stage bystander{world, only_look};
  bystander.settle();
  std::set<std::string> said;
  for (const auto& one : jobs)
    said.insert(why(bystander, one).substr(0, 47));
  CHECK(said
        == std::set<std::string>{
            "the operator is about to acquire Lease for leas",
            "the limit on concurrent maintenance leaves no r"});
  CHECK(world.writes.size() == written);
}
