#include "migration_stage.hpp"

using namespace holystone;
using namespace holystone::actors;
using namespace std::chrono_literals;

namespace {

/// Five seconds after the fork's CronJob has fired.
void fire_fork(simulated_world& world, seconds run_takes) {
  world.fork_runs_take = run_takes;
  world.now = *parse_rfc3339("2026-11-22T01:59:50Z");
  pass_alone(world, 15s);
  REQUIRE(running_movers(world) == 1);
}

std::string uid_of_only_cron_job(simulated_world& world) {
  auto all = all_cron_jobs(world);
  REQUIRE(all.size() == 1);
  return text_at(all[0], "metadata", "uid");
}

} // namespace

TEST_CASE("what each generation of the fork left is replaced without a gap and "
          "without a run") {
  for (auto of : generations) {
    INFO("generation " << static_cast<int>(of));
    simulated_world world;
    add_old_claim(world, of);
    stage s{world};
    pass_safely(s, 150s);
    CHECK(left_of_fork(world).empty());
    CHECK(our_cron_jobs(world).size() == 1);
    CHECK(all_cron_jobs(world).size() == 1);
    CHECK(event_reasons(world, "app").contains("Migrated"));
    CHECK(our_runs(world) == 0);
    world.writes.clear();
    s.pass(2min);
    CHECK(distinct(world.writes) == only_the_lease);
  }
}

TEST_CASE("a running Job of each generation is waited for, and its slot does "
          "not run again") {
  for (auto of : generations) {
    INFO("generation " << static_cast<int>(of));
    simulated_world world;
    add_old_claim(world, of);
    fire_fork(world, 10min);
    stage s{world};
    pass_safely(s, 30s);
    REQUIRE(our_cron_jobs(world).size() == 1);
    // One that a user asks for waits, too.
    auto ns = is_g2(of) ? "app" : "volsync-system";
    std::size_t ours = 0;
    auto list = world.call("GET", batch(ns, "cronjobs"));
    for (const auto& one : items_at(list, "items")) {
      if (read_cron_job(one).ours)
        break;
      ++ours;
    }
    world.call("POST", batch(ns, "jobs"),
               boost::json::serialize(a_job(world, ns, "by-hand", ours)));
    pass_safely(s, 9min);
    CHECK(our_runs(world) == 0);
    CHECK(running_movers(world) == 1);
    pass_safely(s, 10min);
    CHECK(our_runs(world) == 1);
    CHECK(left_of_fork(world).empty());
    world.now = *parse_rfc3339("2026-11-23T01:59:50Z");
    pass_safely(s, 5min);
    CHECK(our_runs(world) == 2);
  }
}

TEST_CASE("a claim in another namespace takes over from a copy whose source is "
          "gone (BUG-27)") {
  simulated_world world;
  add_source(world, "app", "one");
  add_fork_cron_job(world, generation::g1b);
  add_source(world, "web", "one");
  world.call("DELETE", group + "app/replicationsources/data");
  world.call("DELETE", "/api/v1/namespaces/app/secrets/kopia");
  fire_fork(world, 5min);
  stage s{world};
  pass_safely(s, 4min);
  CHECK(left_of_fork(world).size() >= 3);
  pass_safely(s, 5min);
  CHECK(left_of_fork(world).empty());
  CHECK(our_cron_jobs(world).size() == 1);
  CHECK(event_reasons(world, "web").contains("Migrated"));
}

TEST_CASE("an old CronJob beside its source goes, whatever hash the fork gave "
          "it (BUG-28)") {
  simulated_world world;
  add_source(world, "app", "one");
  auto old = fork::cron_job_g1a("app");
  old["metadata"].as_object()["name"] = "kopia-maintenance-0000000000000000";
  add_cron_job(world, old);
  add_fork_cron_job(world, generation::g1b);
  stage s{world};
  pass_safely(s, 150s);
  CHECK(left_of_fork(world).empty());
  CHECK(our_cron_jobs(world).size() == 1);
}

TEST_CASE("what no claim wants any more goes after its last run") {
  for (auto of : {generation::g1a, generation::s0, generation::g1b}) {
    INFO("generation " << static_cast<int>(of));
    simulated_world world;
    add_old_claim(world, of);
    world.call("DELETE", group + "app/replicationsources/data");
    fire_fork(world, 5min);
    stage s{world};
    s.pass(4min);
    CHECK(running_movers(world) == 1);
    for (const auto& one : all_cron_jobs(world))
      CHECK(flag_at(one, "spec", "suspend") == true);
    s.pass(5min);
    CHECK(left_of_fork(world).empty());
    CHECK(all_cron_jobs(world).empty());
  }
}

TEST_CASE("what no claim wants goes even if nobody can tell its repository") {
  simulated_world world;
  add_source(world, "app", "one");
  add_fork_cron_job(world, generation::g1b);
  add_fork_cron_job(world, generation::g1a);
  world.call("DELETE", group + "app/replicationsources/data");
  world.call("DELETE", "/api/v1/namespaces/app/secrets/kopia");
  world.call("DELETE", "/api/v1/namespaces/volsync-system/secrets/"
                       "maintenance-app-kopia");
  add_source(world, "web", "two");
  stage s{world};
  pass_safely(s, 150s);
  CHECK(left_of_fork(world).empty());
  CHECK(our_cron_jobs(world).size() == 1);
}

TEST_CASE("while its claim can't be served the fork's CronJob goes on") {
  simulated_world world;
  add_old_claim(world, generation::g1b);
  world.call("DELETE", "/api/v1/namespaces/app/secrets/kopia");
  world.call("DELETE", "/api/v1/namespaces/volsync-system/secrets/"
                       "maintenance-app-kopia");
  stage s{world};
  pass_safely(s, 150s);
  CHECK(left_of_fork(world) == std::vector{fork::name_g1b});
}

TEST_CASE("a user's own CronJob with the fork's labels is left alone") {
  simulated_world world;
  add_source(world, "app", "one");
  for (auto object :
       {fork::cron_job_g1a("app"), fork::cron_job_s0("volsync-system")}) {
    auto& spec = object["spec"].as_object()["jobTemplate"].as_object();
    auto& pod = spec["spec"].as_object()["template"].as_object();
    auto& one = pod["spec"].as_object()["containers"].as_array()[0].as_object();
    one["args"] = boost::json::array{"kopia maintenance run"};
    add_cron_job(world, object);
  }
  stage s{world};
  s.pass(150s);
  auto all = all_cron_jobs(world);
  CHECK(all.size() == 3);
  for (const auto& one : all)
    CHECK(flag_at(one, "spec", "suspend") == false);
}

TEST_CASE("a CronJob of the fork's that its user makes his own is left alone "
          "from then on") {
  for (auto of : {generation::g1a, generation::g1b}) {
    INFO("generation " << static_cast<int>(of));
    simulated_world world;
    add_old_claim(world, of);
    world.call("DELETE", "/api/v1/namespaces/app/secrets/kopia");
    world.call("DELETE", "/api/v1/namespaces/volsync-system/secrets/"
                         "maintenance-app-kopia");
    stage s{world};
    s.pass(20s);
    auto cron_job = all_cron_jobs(world).at(0);
    world.call("PATCH",
               batch(text_at(cron_job, "metadata", "namespace"), "cronjobs")
                   + "/" + text_at(cron_job, "metadata", "name"),
               R"([{"op":"replace","path":"/spec/jobTemplate/spec/template/)"
               R"(spec/containers/0/args",)"
               R"("value":["kopia maintenance run"]}])",
               "application/json-patch+json");
    s.pass(5s);
    add_secret(world, "app", "one");
    s.pass(2min);
    world.writes.clear();
    s.pass(10min);
    CHECK(distinct(world.writes) == only_the_lease);
    CHECK(our_cron_jobs(world).size() == 1);
    for (const auto& one : all_cron_jobs(world))
      CHECK(flag_at(one, "spec", "suspend") == false);
  }
}

TEST_CASE("a CronJob of the fork's beside the operator goes, also if somebody "
          "takes its labels on the way") {
  simulated_world world;
  add_old_claim(world, generation::g1b);
  stage s{world};
  auto old = batch("volsync-system", "cronjobs") + "/" + fork::name_g1b;
  for (int i = 0; i < 60; ++i)
    if (flag_at(world.call("GET", old), "spec", "suspend") == false)
      s.pass(1s);
  REQUIRE(flag_at(world.call("GET", old), "spec", "suspend") == true);
  world.call("PATCH", old, R"({"metadata":{"labels":null}})",
             "application/merge-patch+json");
  pass_safely(s, 150s);
  CHECK(left_of_fork(world).empty());
  CHECK(our_cron_jobs(world).size() == 1);
}

TEST_CASE("A-16: a KopiaMaintenance's CronJob is adopted in place, without a "
          "leftover") {
  simulated_world world;
  add_old_claim(world, generation::g2);
  auto before = uid_of_only_cron_job(world);
  stage s{world};
  pass_safely(s, 30s);
  CHECK(uid_of_only_cron_job(world) == before);
  auto adopted = boost::json::serialize(all_cron_jobs(world)[0]);
  simulated_world fresh;
  add_repository(fresh, "app", "one");
  add_maintenance(fresh, "app", "daily", "trigger: {schedule: '0 2 * * *'}");
  stage other{fresh};
  other.pass(30s);
  auto ours = all_cron_jobs(fresh)[0];
  auto spec = [](const boost::json::value& object) {
    return boost::json::serialize(*find(object, "spec"));
  };
  CHECK(read_cron_job(all_cron_jobs(world)[0]).ours);
  auto as_is = all_cron_jobs(world)[0];
  // What a CronJob of ours has, and nothing else.
  for (auto word :
       {"entry.sh", "DIRECTION", "envFrom", "fork", "\"manager\":\"manager\""})
    CHECK_THAT(adopted, !Catch::Contains(word));
  CHECK(find(as_is, "metadata", "labels")->as_object().size()
        == find(ours, "metadata", "labels")->as_object().size());
  CHECK(spec(as_is).size() == spec(ours).size());
  CHECK(event_reasons(world, "app").contains("Migrated"));
}

TEST_CASE("what was adopted beside the operator is not the fork's any more, "
          "and no repository is told so when it starts again") {
  simulated_world world;
  const std::string ns = "volsync-system";
  add_secret(world, ns, "one");
  add_maintenance(world, ns, "daily", "trigger: {schedule: '0 2 * * *'}");
  add_cron_job(
      world,
      fork::cron_job_g2(
          ns, maintenance_cron_job_name({ns, "daily"}, maintenance_kind::full),
          "daily",
          text_at(maintenance(world, ns, "daily"), "metadata", "uid")));
  stage s{world};
  pass_safely(s, 30s);
  REQUIRE(distinct(world.writes).contains("json_patch cronjobs"));
  CHECK(our_cron_jobs(world).size() == 1);
  CHECK(s.registry().left.empty());
}

TEST_CASE("a manual Job of the fork's holds the lock, and goes when it has "
          "ended") {
  simulated_world world;
  add_repository(world, "app", "one");
  add_maintenance(world, "app", "daily", "trigger: {schedule: '0 3 * * *'}");
  world.fork_runs_take = 5min;
  by_fork(world, batch("app", "jobs"), fork::manual_job("app", "daily"));
  pass_alone(world, 10s);
  REQUIRE(running_movers(world) == 1);
  stage s{world};
  s.pass(20s);
  REQUIRE(our_cron_jobs(world).size() == 1);
  world.call("POST", batch("app", "jobs"),
             boost::json::serialize(a_job(world, "app", "by-hand")));
  pass_safely(s, 4min);
  CHECK(our_runs(world) == 0);
  pass_safely(s, 6min);
  CHECK(our_runs(world) == 1);
  CHECK(left_of_fork(world).empty());
}

TEST_CASE("whichever write of a migration is lost, and if the operator dies "
          "with it, the end is the same") {
  for (auto of : {generation::g1a, generation::g1b, generation::g2})
    for (auto what : {fate::not_sent, fate::reply_lost})
      for (unsigned k = 1; k <= 10; ++k) {
        INFO("generation " << static_cast<int>(of) << ", write " << k
                           << (what == fate::not_sent ? " not sent" : ""));
        simulated_world world;
        add_old_claim(world, of);
        unsigned writes = 0;
        world.decide = [&](const request& call) {
          auto is_write = call.what != verb::get && call.what != verb::list
                          && call.kind != resources::leases;
          return is_write && ++writes == k ? what : fate::done;
        };
        {
          stage s{world};
          for (int i = 0; i < 90 && writes < k; ++i)
            s.pass(1s);
        }
        world.now += 40s;
        stage s{world};
        s.pass(150s);
        CHECK(left_of_fork(world).empty());
        CHECK(our_cron_jobs(world).size() == 1);
        CHECK(all_cron_jobs(world).size() == 1);
        CHECK(our_runs(world) == 0);
      }
}
