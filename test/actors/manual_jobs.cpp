#include "manual_stage.hpp"
#include "migration_stage.hpp"

using namespace holystone;
using namespace holystone::actors;
using namespace std::chrono_literals;

TEST_CASE("BUG-9: a manual Job is what the CronJob of that KopiaMaintenance "
          "would make, and its own") {
  simulated_world world;
  add_repository(world, "app", "one");
  auto common = "resources: {limits: {memory: 3Gi}}";
  add_by_hand(world, "first", common);
  add_maintenance(world, "app", "daily", common);
  stage s{world};
  REQUIRE(comes_true(s, [&] { return !jobs_of(world, "app").empty(); }));
  auto made = job(world, "first");
  auto cron_job = world.call("GET", batch("app", "cronjobs"));
  REQUIRE(items_at(cron_job, "items").size() == 1);
  const auto& from
      = *find(items_at(cron_job, "items").front(), "spec", "jobTemplate");
  for (auto field :
       {"parallelism", "completions", "backoffLimit", "podReplacementPolicy",
        "activeDeadlineSeconds", "ttlSecondsAfterFinished"}) {
    const auto* theirs = find(from, "spec", field);
    const auto* ours = find(made, "spec", field);
    INFO(field);
    CHECK((ours ? *ours : nullptr) == (theirs ? *theirs : nullptr));
  }
  CHECK(*find(made, "spec", "template", "spec", "containers")
        == *find(from, "spec", "template", "spec", "containers"));
  CHECK(*find(made, "spec", "template", "spec", "volumes")
        == *find(from, "spec", "template", "spec", "volumes"));
  CHECK(text_at(made, "metadata", "labels", names::kopia_maintenance)
        == "true");
  CHECK(text_at(made, "metadata", "labels", names::maintenance_type)
        == "manual");
  CHECK(text_at(made, "spec", "template", "metadata", "labels",
                names::kopia_maintenance)
        == "true");
  const auto& owners = items_at(made, "metadata", "ownerReferences");
  REQUIRE(owners.size() == 1);
  CHECK(text_at(owners[0], "kind") == "KopiaMaintenance");
  CHECK(text_at(owners[0], "uid")
        == text_at(maintenance(world, "app", "hand"), "metadata", "uid"));
}

TEST_CASE("an operator that dies before the answer to a Job's creation finds "
          "its Job") {
  simulated_world world;
  add_repository(world, "app", "one");
  add_by_hand(world, "first");
  world.decide = [](const request& what) {
    return what.what == verb::create && what.kind == resources::jobs
               ? fate::reply_lost
               : fate::done;
  };
  stage s{world};
  REQUIRE(comes_true(
      s, [&] { return status(world, "lastManualSync") == "first"; }));
  CHECK(runs(world, "first") == 1);
  CHECK(jobs_of(world, "app").size() == 1);
}

TEST_CASE("manual Jobs that ended stay as the history limits say") {
  for (std::size_t limit : {0, 1, 3}) {
    simulated_world world;
    add_repository(world, "app", "one");
    add_by_hand(world, "t0",
                fmt::format("successfulJobsHistoryLimit: {}", limit));
    stage s{world};
    for (int i = 0; i < 5; ++i) {
      auto tag = fmt::format("t{}", i);
      ask(world, tag);
      REQUIRE(comes_true(
          s, [&] { return status(world, "lastManualSync") == tag; }));
    }
    s.pass(30s);
    CHECK(jobs_of(world, "app").size() == limit);
    CHECK(status(world, "lastManualSync") == "t4");
    if (limit > 0)
      CHECK(text_at(job(world, "t4"), "kind") == "Job");
  }
}

TEST_CASE("a manual Job that waits is made anew when its spec is edited, and "
          "goes when its tag is") {
  simulated_world world;
  add_repository(world, "app", "one");
  add_by_hand(world, "warm");
  stage s{world};
  auto place = warm_up(s);
  world.runs_take(place, 10min);
  ask(world, "long");
  REQUIRE(comes_true(
      s, [&] { return ready(world) == "Ready=True ManualRunning"; }));
  ask(world, "a");
  s.pass(20s);
  REQUIRE(jobs_of(world, "app").size() == 3);
  CHECK(ready(world) == "Ready=True ManualPending");
  auto first = read_job(job(world, "a"));
  CHECK(first.state == job_state::waiting);
  patch_spec(world, R"("resources":{"limits":{"memory":"5Gi"}})");
  s.pass(20s);
  auto second = read_job(job(world, "a"));
  CHECK(second.state == job_state::waiting);
  CHECK(second.uid != first.uid);
  ask(world, "b");
  s.pass(20s);
  CHECK(read_job(job(world, "a")).uid == object_uid{});
  CHECK(read_job(job(world, "b")).state == job_state::waiting);
  world.runs_take(place, 20s);
  REQUIRE(comes_true(
      s, [&] { return status(world, "lastManualSync") == "b"; }, 20min));
  // Those of "warm", "long" and "b".
  CHECK(runs(world, "b") == 3);
}

TEST_CASE("a KopiaMaintenance that is deleted takes its run along, and nothing "
          "else starts before its pod has ended") {
  simulated_world world;
  add_repository(world, "app", "one");
  add_by_hand(world, "first");
  stage s{world};
  REQUIRE(comes_true(
      s, [&] { return ready(world) == "Ready=True ManualRunning"; }));
  world.call("DELETE", group + "app/kopiamaintenances/hand");
  add_maintenance(world, "app", "other", "trigger: {manual: x}");
  REQUIRE(comes_true(s, [&] {
    return text_at(maintenance(world, "app", "other"), "status",
                   "lastManualSync")
           == "x";
  }));
  CHECK(read_job(job(world, "first")).uid == object_uid{});
}

TEST_CASE("manual runs and scheduled ones of a repository take turns") {
  simulated_world world;
  add_source(world, "web", "one", "* * * * *");
  add_repository(world, "app", "one");
  add_by_hand(world, "t0");
  stage s{world};
  for (int i = 0; i < 8; ++i) {
    auto tag = fmt::format("t{}", i);
    ask(world, tag);
    REQUIRE(
        comes_true(s, [&] { return status(world, "lastManualSync") == tag; }));
  }
  auto source = world.call("GET", group + "web/replicationsources/data");
  CHECK(text_at(source, "status", "kopia", "kopiaMaintenance").empty());
  for (const auto& one : items_at(source, "status", "conditions"))
    CHECK(text_at(one, "reason") == "Scheduled");
  CHECK(completed(world) > 0);
  CHECK(runs(world, "t7") > 8);
  CHECK(cron_jobs_of(world, "volsync-system").size() == 1);
}

TEST_CASE("a KopiaMaintenance that changes from a schedule to a tag loses its "
          "CronJob, and gets it back") {
  simulated_world world;
  add_repository(world, "app", "one");
  add_maintenance(world, "app", "hand", "trigger: {schedule: '0 3 * * *'}");
  stage s{world};
  s.pass(20s);
  REQUIRE(cron_jobs_of(world, "app").size() == 1);
  patch_spec(world, R"("trigger":{"schedule":null,"manual":"now"})");
  REQUIRE(
      comes_true(s, [&] { return status(world, "lastManualSync") == "now"; }));
  s.pass(20s);
  CHECK(cron_jobs_of(world, "app").empty());
  CHECK(status(world, "activeCronJob").empty());
  patch_spec(world, R"("trigger":{"manual":null,"schedule":"0 3 * * *"})");
  s.pass(30s);
  CHECK(cron_jobs_of(world, "app").size() == 1);
  CHECK(ready(world) == "Ready=True MaintenanceActive");
  CHECK(status(world, "lastManualSync") == "now");
}

TEST_CASE("a manual Job that can't be made is told, and made when it can") {
  simulated_world world;
  add_repository(world, "app", "one");
  add_by_hand(world, "first");
  world.decide = [](const request& what) {
    return what.what == verb::create && what.kind == resources::jobs
               ? fate::forbidden
               : fate::done;
  };
  stage s{world};
  s.pass(30s);
  CHECK(ready(world) == "Ready=False ReconcileFailed");
  CHECK_THAT(told(world, "app", "hand", "Error"),
             Catch::Contains(name_of("first")));
  CHECK(event_reasons(world, "app").contains("JobCreationFailed"));
  world.decide = {};
  REQUIRE(comes_true(
      s, [&] { return status(world, "lastManualSync") == "first"; }, 10min));
}

TEST_CASE("somebody else's Job under the name of a manual one is left alone") {
  simulated_world world;
  add_repository(world, "app", "one");
  world.install(fmt::format(R"(
apiVersion: batch/v1
kind: Job
metadata: {{name: {}, namespace: app}}
spec:
  suspend: true
  template:
    spec:
      restartPolicy: Never
      containers: [{{name: c, image: busybox}}]
)",
                            name_of("first")));
  add_by_hand(world, "first");
  stage s{world};
  s.pass(3min);
  CHECK(ready(world) == "Ready=False ReconcileFailed");
  CHECK_THAT(told(world, "app", "hand"), Catch::Contains("delete it"));
  CHECK(flag_at(job(world, "first"), "spec", "suspend") == true);
  ask(world, "second");
  REQUIRE(comes_true(
      s, [&] { return status(world, "lastManualSync") == "second"; }));
}

TEST_CASE("what looks like the VolSync fork's under the name of a manual Job "
          "is told, and harms nobody else") {
  simulated_world world;
  add_repository(world, "app", "one");
  auto object = fork::manual_job("app", "hand");
  auto& metadata = object["metadata"].as_object();
  metadata["name"] = name_of("first");
  // Then no watch tells of it.
  metadata.erase("labels");
  object["spec"].as_object()["suspend"] = true;
  by_fork(world, batch("app", "jobs"), object);
  add_by_hand(world, "first");
  stage s{world};
  s.pass(3min);
  CHECK(ready(world) == "Ready=False ReconcileFailed");
  CHECK_THAT(told(world, "app", "hand"), Catch::Contains("delete it"));
  ask(world, "second");
  REQUIRE(comes_true(
      s, [&] { return status(world, "lastManualSync") == "second"; }));
}

TEST_CASE("a Job that a KopiaMaintenance left behind is told to the next of "
          "its name, also after a restart") {
  simulated_world world;
  add_repository(world, "app", "one");
  add_by_hand(world, "first");
  {
    stage s{world};
    REQUIRE(comes_true(
        s, [&] { return status(world, "lastManualSync") == "first"; }));
  }
  world.call("DELETE", group + "app/kopiamaintenances/hand",
             R"({"propagationPolicy":"Orphan"})");
  pass_alone(world, 30s);
  REQUIRE(read_job(job(world, "first")).state == job_state::complete);
  add_by_hand(world, "first");
  stage s{world};
  s.pass(3min);
  CHECK(ready(world) == "Ready=False ReconcileFailed");
  CHECK_THAT(told(world, "app", "hand"), Catch::Contains("delete it"));
  world.call("DELETE", batch("app", "jobs") + "/" + name_of("first"));
  REQUIRE(comes_true(
      s, [&] { return status(world, "lastManualSync") == "first"; }));
}
