#include "cluster.hpp"

using namespace holystone;
using namespace holystone::simulator;

namespace {

using texts = std::vector<std::string>;

/// A Job with one container that nothing slows down.
json::value job(bool suspended = false) {
  return {{"metadata", {{"name", "j"}}},
          {"spec",
           {{"suspend", suspended},
            {"backoffLimit", 1},
            {"template",
             {{"metadata", {{"labels", {{"tier", "a"}}}}},
              {"spec",
               {{"restartPolicy", "Never"},
                {"containers",
                 json::array{{{"name", "main"}, {"image", "i"}}}}}}}}}}};
}

void make(virtual_cluster& cluster, const json::value& object) {
  cluster.make(resources::jobs, json::serialize(object));
  cluster.settle();
}

json::value the_job(virtual_cluster& cluster) {
  return cluster.get(resources::jobs, "j");
}

json::value the_pod(virtual_cluster& cluster) {
  auto pods = cluster.pods();
  REQUIRE(pods.size() == 1);
  return pods.front();
}

texts true_conditions(const json::value& object) {
  texts found;
  for (auto& condition : items_at(object, "status", "conditions"))
    if (text_at(condition, "status") == "True")
      found.push_back(text_at(condition, "type"));
  return found;
}

void run_for_ever(virtual_cluster& cluster) {
  cluster.behave = [](auto&, auto&, instant) {
    return container_run{.duration = std::nullopt, .patience = seconds{5}};
  };
}

void delete_pod(virtual_cluster& cluster, const json::value& pod) {
  REQUIRE(cluster.view().remove(resources::pods, key_of(pod)));
  cluster.settle();
}

} // namespace

TEST_CASE("a suspended Job has no pod, no start time and says so") {
  virtual_cluster cluster;
  make(cluster, job(true));
  cluster.run_for(seconds{1800});
  CHECK(cluster.pods().empty());
  CHECK(true_conditions(the_job(cluster)) == texts{"Suspended"});
  CHECK(text_at(the_job(cluster), "status", "startTime").empty());
  CHECK(cluster.events("Suspended") == texts{"Job suspended"});
}

TEST_CASE("a resumed Job starts one pod and its clock") {
  virtual_cluster cluster;
  make(cluster, job(true));
  cluster.run_for(seconds{3600});
  cluster.patch(resources::jobs, "j", R"({"spec":{"suspend":false}})");
  cluster.settle();
  auto found = the_job(cluster);
  CHECK(text_at(found, "status", "startTime") == "2026-11-21T01:00:00Z");
  CHECK(integer_at(found, "status", "active") == 1);
  CHECK(true_conditions(found).empty());
  CHECK(cluster.events("Resumed") == texts{"Job resumed"});
}

TEST_CASE("a pod carries the Job's labels, finalizer and owner") {
  virtual_cluster cluster;
  make(cluster, job());
  auto pod = the_pod(cluster);
  auto uid = uid_of(the_job(cluster));
  for (auto label : {"batch.kubernetes.io/controller-uid", "controller-uid"})
    CHECK(text_at(pod, "metadata", "labels", label) == uid);
  for (auto label : {"batch.kubernetes.io/job-name", "job-name"})
    CHECK(text_at(pod, "metadata", "labels", label) == "j");
  CHECK(text_at(pod, "metadata", "labels", "tier") == "a");
  CHECK(has_finalizer(pod, "batch.kubernetes.io/job-tracking"));
  REQUIRE(controller_of(pod) != nullptr);
  CHECK(text_at(*controller_of(pod), "uid") == uid);
  CHECK(key_of(pod).name.starts_with("j-"));
}

TEST_CASE("R-63 SuccessCriteriaMet is written before Complete") {
  virtual_cluster cluster;
  make(cluster, job());
  auto watching
      = cluster.view().server().handle({.method = "GET",
                                        .target = "/apis/batch/v1/jobs?watch=1",
                                        .content_type = {},
                                        .accept = {},
                                        .body = {},
                                        .user = "admin",
                                        .user_agent = {}},
                                       cluster.now());
  REQUIRE(watching.watch);
  cluster.run_for(seconds{10});
  auto events = cluster.view().server().pull(*watching.watch).lines;
  auto met = events.find("SuccessCriteriaMet");
  auto complete = events.find("\"Complete\"");
  REQUIRE(met != std::string::npos);
  REQUIRE(complete != std::string::npos);
  CHECK(events.substr(met, complete - met).find('\n') != std::string::npos);
  auto found = the_job(cluster);
  CHECK(true_conditions(found) == texts{"SuccessCriteriaMet", "Complete"});
  CHECK(text_at(*condition_of(found, "Complete"), "reason")
        == "CompletionsReached");
  CHECK(integer_at(found, "status", "succeeded") == 1);
  CHECK(text_at(found, "status", "completionTime") == "2026-11-21T00:00:02Z");
  CHECK_FALSE(
      has_finalizer(the_pod(cluster), "batch.kubernetes.io/job-tracking"));
}

TEST_CASE("R-64 a failed pod is tried again after ten seconds") {
  virtual_cluster cluster;
  cluster.behave = [](auto&, auto&, instant) {
    return container_run{.exit_code = 1};
  };
  make(cluster, job());
  cluster.run_to(at("00:00:11"));
  CHECK(cluster.pods().size() == 1);
  cluster.run_to(at("00:00:12"));
  CHECK(cluster.pods().size() == 2);
}

TEST_CASE("R-66 backoffLimit and one more failures end in "
          "BackoffLimitExceeded") {
  virtual_cluster cluster;
  cluster.behave = [](auto&, auto&, instant) {
    return container_run{.exit_code = 1};
  };
  make(cluster, job());
  cluster.run_for(seconds{3600});
  auto found = the_job(cluster);
  CHECK(true_conditions(found) == texts{"FailureTarget", "Failed"});
  CHECK(text_at(*condition_of(found, "Failed"), "reason")
        == "BackoffLimitExceeded");
  CHECK(integer_at(found, "status", "failed") == 2);
  CHECK(text_at(found, "status", "completionTime").empty());
  CHECK(cluster.pods().size() == 2);
}

TEST_CASE("R-65 the deadline counts from the resume and beats the back-off") {
  virtual_cluster cluster;
  run_for_ever(cluster);
  auto object = job(true);
  field(object, {"spec", "activeDeadlineSeconds"}) = 600;
  make(cluster, object);
  cluster.run_to(at("01:00:00"));
  CHECK(true_conditions(the_job(cluster)) == texts{"Suspended"});
  cluster.patch(resources::jobs, "j", R"({"spec":{"suspend":false}})");
  cluster.run_to(at("01:09:59"));
  CHECK(true_conditions(the_job(cluster)).empty());
  cluster.run_to(at("01:10:00"));
  // The pod takes five seconds to end; until then the Job is not finished.
  CHECK(true_conditions(the_job(cluster)) == texts{"FailureTarget"});
  CHECK(integer_at(the_job(cluster), "status", "terminating") == 1);
  cluster.run_to(at("01:10:05"));
  auto found = the_job(cluster);
  CHECK(true_conditions(found) == texts{"FailureTarget", "Failed"});
  CHECK(text_at(*condition_of(found, "Failed"), "reason")
        == "DeadlineExceeded");
  CHECK(cluster.pods().empty());
}

TEST_CASE("A-1 a deleted pod is replaced while it still runs, unless only "
          "failed pods are replaced") {
  auto policy = GENERATE(as<std::string>{}, "TerminatingOrFailed", "Failed");
  virtual_cluster cluster;
  cluster.behave = [](auto&, auto&, instant) {
    return container_run{.duration = std::nullopt, .patience = seconds{25}};
  };
  auto object = job();
  field(object, {"spec", "podReplacementPolicy"}) = policy;
  make(cluster, object);
  cluster.run_for(seconds{60});
  delete_pod(cluster, the_pod(cluster));
  CHECK(integer_at(the_job(cluster), "status", "terminating") == 1);
  cluster.run_for(seconds{20});
  CHECK(cluster.live_pods().size() == (policy == "Failed" ? 1U : 2U));
  cluster.run_for(seconds{60});
  CHECK(cluster.live_pods().size() == 1);
  CHECK(integer_at(the_job(cluster), "status", "failed") == 1);
}

TEST_CASE("A-1 suspending and resuming at once can run two pods, unless only "
          "failed pods are replaced") {
  auto policy = GENERATE(as<std::string>{}, "TerminatingOrFailed", "Failed");
  virtual_cluster cluster;
  run_for_ever(cluster);
  auto object = job();
  field(object, {"spec", "podReplacementPolicy"}) = policy;
  make(cluster, object);
  cluster.run_for(seconds{60});
  cluster.patch(resources::jobs, "j", R"({"spec":{"suspend":true}})");
  cluster.settle();
  CHECK(integer_at(the_job(cluster), "status", "terminating") == 1);
  CHECK(true_conditions(the_job(cluster)) == texts{"Suspended"});
  CHECK(text_at(the_job(cluster), "status", "startTime").empty());
  cluster.patch(resources::jobs, "j", R"({"spec":{"suspend":false}})");
  cluster.run_for(seconds{2});
  CHECK(cluster.live_pods().size() == (policy == "Failed" ? 1U : 2U));
  cluster.run_for(seconds{60});
  CHECK(cluster.live_pods().size() == 1);
}

TEST_CASE("a pod that was stopped by suspending is no failure") {
  virtual_cluster cluster;
  run_for_ever(cluster);
  make(cluster, job());
  cluster.run_for(seconds{60});
  cluster.patch(resources::jobs, "j", R"({"spec":{"suspend":true}})");
  cluster.run_for(seconds{60});
  CHECK(cluster.pods().empty());
  CHECK_FALSE(integer_at(the_job(cluster), "status", "failed"));
}

TEST_CASE("before 1.36 a Job that ran keeps its start and its template") {
  for (auto minor : {35, 36}) {
    virtual_cluster cluster{at("00:00:00"), {}, minor};
    run_for_ever(cluster);
    make(cluster, job());
    cluster.run_for(seconds{60});
    cluster.patch(resources::jobs, "j", R"({"spec":{"suspend":true}})");
    cluster.run_for(seconds{60});
    INFO("1." << minor);
    CHECK(text_at(the_job(cluster), "status", "startTime").empty()
          == (minor == 36));
    auto change = cluster.view().patch(
        resources::jobs, {"apps", "j"},
        json::parse(
            R"({"spec":{"template":{"metadata":{"annotations":{"a":"b"}}}}})"));
    CHECK(change.status == (minor == 36 ? 200 : 422));
  }
}

TEST_CASE("R-68 an ended pod stays until the Job has counted it") {
  virtual_cluster cluster;
  make(cluster, job());
  cluster.run_to(at("00:00:01"));
  REQUIRE(text_at(the_pod(cluster), "status", "phase") == "Running");
  // The Job controller sleeps while the pod ends and is deleted.
  cluster.sleep_to(at("00:00:02"));
  cluster.node().step(cluster.now());
  cluster.view().remove(resources::pods, key_of(the_pod(cluster)));
  cluster.node().step(cluster.now());
  CHECK(text_at(the_pod(cluster), "status", "phase") == "Succeeded");
  cluster.settle();
  CHECK(cluster.pods().empty());
  CHECK(true_conditions(the_job(cluster))
        == texts{"SuccessCriteriaMet", "Complete"});
}

TEST_CASE("R-67 the TTL removes a finished Job with its pods") {
  virtual_cluster cluster;
  auto object = job();
  field(object, {"spec", "ttlSecondsAfterFinished"}) = 100;
  make(cluster, object);
  cluster.run_to(at("00:01:41"));
  CHECK(cluster.exists(resources::jobs, "j"));
  cluster.run_to(at("00:01:43"));
  CHECK_FALSE(cluster.exists(resources::jobs, "j"));
  CHECK(cluster.pods().empty());
}

TEST_CASE("deadline and TTL leave a suspended Job alone") {
  virtual_cluster cluster;
  auto object = job(true);
  field(object, {"spec", "ttlSecondsAfterFinished"}) = 1;
  field(object, {"spec", "activeDeadlineSeconds"}) = 1;
  make(cluster, object);
  cluster.run_for(seconds{86400});
  CHECK(true_conditions(the_job(cluster)) == texts{"Suspended"});
}

TEST_CASE("A-6 a pod without its label is let go and another one starts") {
  virtual_cluster cluster;
  run_for_ever(cluster);
  make(cluster, job());
  cluster.run_for(seconds{60});
  auto first = key_of(the_pod(cluster)).name;
  cluster.patch(
      resources::pods, first,
      R"({"metadata":{"labels":{"batch.kubernetes.io/controller-uid":null}}})");
  cluster.run_for(seconds{10});
  CHECK(cluster.live_pods().size() == 2);
  CHECK(controller_of(cluster.get(resources::pods, first)) == nullptr);
  CHECK_FALSE(has_finalizer(cluster.get(resources::pods, first),
                            "batch.kubernetes.io/job-tracking"));
}

TEST_CASE("A-6 deleting a Job as orphan leaves a pod that nobody bounds") {
  virtual_cluster cluster;
  run_for_ever(cluster);
  auto object = job();
  field(object, {"spec", "activeDeadlineSeconds"}) = 600;
  make(cluster, object);
  cluster.run_for(seconds{60});
  removal how;
  how.propagation = "Orphan";
  REQUIRE(cluster.view().remove(resources::jobs, {"apps", "j"}, how));
  cluster.run_for(seconds{3600});
  CHECK_FALSE(cluster.exists(resources::jobs, "j"));
  auto pod = the_pod(cluster);
  CHECK(text_at(pod, "status", "phase") == "Running");
  CHECK(controller_of(pod) == nullptr);
  CHECK_FALSE(has_finalizer(pod, "batch.kubernetes.io/job-tracking"));
}

TEST_CASE("A-2 a Job deleted in the foreground stays until its pod ended") {
  virtual_cluster cluster;
  run_for_ever(cluster);
  make(cluster, job());
  cluster.run_for(seconds{60});
  removal how;
  how.propagation = "Foreground";
  REQUIRE(cluster.view().remove(resources::jobs, {"apps", "j"}, how));
  cluster.run_for(seconds{4});
  CHECK(cluster.exists(resources::jobs, "j"));
  CHECK(is_deleting(the_pod(cluster)));
  cluster.run_for(seconds{2});
  CHECK_FALSE(cluster.exists(resources::jobs, "j"));
  CHECK(cluster.pods().empty());
}

TEST_CASE("a Job without its ServiceAccount waits, says why, and heals") {
  virtual_cluster cluster;
  auto object = job();
  field(object, {"spec", "template", "spec", "serviceAccountName"}) = "sa";
  make(cluster, object);
  cluster.run_for(seconds{60});
  CHECK(cluster.pods().empty());
  auto told = cluster.events("FailedCreate");
  REQUIRE_FALSE(told.empty());
  CHECK(told.front().ends_with("serviceaccount \"sa\" not found"));
  cluster.make(resources::service_accounts, R"({"metadata":{"name":"sa"}})");
  cluster.run_for(seconds{120});
  CHECK(true_conditions(the_job(cluster))
        == texts{"SuccessCriteriaMet", "Complete"});
}

TEST_CASE("a controller that restarts in the middle loses nothing") {
  virtual_cluster cluster;
  cluster.behave = [](auto&, auto&, instant) {
    return container_run{.duration = seconds{100}};
  };
  make(cluster, job());
  cluster.run_to(at("00:00:50"));
  cluster.restart_controllers();
  CHECK(cluster.pods().size() == 1);
  cluster.run_to(at("00:02:00"));
  CHECK(integer_at(the_job(cluster), "status", "succeeded") == 1);
  CHECK(cluster.pods().size() == 1);
}

TEST_CASE("R-16 pods of a Job that was deleted while history was lost are let "
          "go") {
  virtual_cluster cluster;
  make(cluster, job());
  cluster.run_to(at("00:00:01"));
  REQUIRE(cluster.live_pods().size() == 1);
  REQUIRE(cluster.view().remove(resources::jobs, {"apps", "j"}));
  cluster.view().server().compact();
  cluster.run_for(seconds{60});
  CHECK(cluster.pods().empty());
}

TEST_CASE("R-16 a pod that vanished while history was lost is replaced") {
  virtual_cluster cluster;
  run_for_ever(cluster);
  auto object = job();
  field(object, {"spec", "backoffLimit"}) = 6;
  make(cluster, object);
  cluster.run_for(seconds{60});
  auto first = key_of(the_pod(cluster));
  removal now;
  now.grace = 0;
  cluster.patch(resources::pods, first.name,
                R"({"metadata":{"finalizers":null}})");
  REQUIRE(cluster.view().remove(resources::pods, first, now));
  cluster.view().server().compact();
  cluster.run_for(seconds{60});
  REQUIRE(cluster.live_pods().size() == 1);
  CHECK(key_of(the_pod(cluster)).name != first.name);
}
