#include "inspection.hpp"

#include <catch2/catch.hpp>

using namespace holystone;
using namespace holystone::actors;
using namespace std::chrono_literals;

namespace {

/// The sentence about an object; with another status, the refusal.
std::string why(stage& s, const std::string& path, int status = 200) {
  auto answer = ask(s, "/v1/why/" + path);
  INFO(path << ": " << answer->body);
  CHECK(answer->status == status);
  auto told = boost::json::parse(answer->body);
  return text_at(told, status == 200 ? "why" : "error");
}

} // namespace

TEST_CASE("why nothing runs: a claim that is served waits for its slot") {
  simulated_world world;
  add_source(world, "app", "one");
  stage s{world};
  s.pass(20s);
  CHECK_THAT(why(s, "replicationsource/app/data"),
             Catch::StartsWith("nothing is due until 20"));
  CHECK(why(s, "RS/app/data") == why(s, "ReplicationSources/app/data"));
}

TEST_CASE("why nothing runs: a claim's own trouble is told") {
  simulated_world world;
  add_source(world, "app", "one");
  world.call("DELETE", "/api/v1/namespaces/app/secrets/kopia");
  stage s{world};
  s.pass(20s);
  CHECK_THAT(why(s, "replicationsource/app/data"),
             Catch::Contains("kopia") && Catch::Contains("Secret"));
}

TEST_CASE("why nothing runs: who came second is told who came first") {
  simulated_world world;
  add_claims(world);
  stage s{world};
  s.pass(20s);
  CHECK(why(s, "replicationsource/web/data")
        == "ReplicationSource app/data claimed the repository first, and its "
           "schedule holds");
}

TEST_CASE("why nothing runs: objects of the operator lead to the repository") {
  simulated_world world;
  add_source(world, "app", "one");
  stage s{world};
  s.pass(20s);
  auto cron_jobs = world.call("GET", batch("volsync-system", "cronjobs"));
  auto name = text_at(items_at(cron_jobs, "items").front(), "metadata", "name");
  auto said = why(s, "replicationsource/app/data");
  CHECK(why(s, "cronjob/volsync-system/" + name) == said);
  CHECK(why(s, "secret/app/kopia") == said);
}

TEST_CASE("why nothing runs: something does") {
  simulated_world world;
  add_source(world, "app", "one");
  stage s{world};
  s.pass(20s);
  create_job(world, "by-hand");
  s.pass(10s);
  CHECK(why(s, "job/volsync-system/by-hand")
        == "Job volsync-system/by-hand maintains the repository");
}

TEST_CASE("why nothing runs: what the last run failed of") {
  simulated_world world;
  add_source(world, "app", "one");
  stage s{world};
  s.pass(20s);
  create_job(world, "by-hand");
  auto job = world.call("GET", home + "jobs/by-hand");
  world.repository(text_at(job, "metadata", "labels", names::location_hash))
      .failing
      = failure_class::network;
  s.pass(10min);
  for (auto path : {"replicationsource/app/data", "job/volsync-system/by-hand"})
    CHECK_THAT(why(s, path), Catch::Contains("failed (network): ")
                                 && Catch::Contains(std::string{
                                     hint_of(failure_class::network)}));
  CHECK_THAT(why(s, "replicationsource/app/data"),
             Catch::StartsWith("The last run failed")
                 && Catch::Contains(". Nothing is due until 20"));
  auto list = boost::json::parse(ask(s, "/v1/repositories")->body);
  CHECK_THAT(text_at(items_at(list, "items").at(0), "reason"),
             Catch::StartsWith("The last run failed (network): "));
}

TEST_CASE("why nothing runs: what nobody knows, and what is no question") {
  simulated_world world;
  add_source(world, "app", "one");
  stage s{world};
  s.pass(20s);
  CHECK_THAT(why(s, "replicationsource/app/other", 404),
             Catch::Contains("app/other"));
  CHECK_THAT(why(s, "pod/app/other", 404), Catch::Contains("app/other"));
  for (auto path : {"", "replicationsource", "replicationsource/app",
                    "replicationsource/app/data/more", "node/app/data"}) {
    INFO(path);
    CHECK_THAT(why(s, path, 400), Catch::Contains("KIND"));
  }
}
