#include "cluster.hpp"

using namespace holystone;
using namespace holystone::simulator;

namespace {

using texts = std::vector<std::string>;

json::value pod() {
  return {{"metadata", {{"name", "p"}}},
          {"spec",
           {{"restartPolicy", "Never"},
            {"containers", json::array{{{"name", "main"}, {"image", "i"}}}}}}};
}

void make(virtual_cluster& cluster, const json::value& object) {
  cluster.make(resources::pods, json::serialize(object));
  cluster.settle();
}

json::value the_pod(virtual_cluster& cluster) {
  return cluster.get(resources::pods, "p");
}

std::string phase(virtual_cluster& cluster) {
  return text_at(the_pod(cluster), "status", "phase");
}

json::value state(virtual_cluster& cluster) {
  auto pod = the_pod(cluster);
  auto& statuses = items_at(pod, "status", "containerStatuses");
  REQUIRE(statuses.size() == 1);
  return *find(statuses.front(), "state");
}

std::string log(virtual_cluster& cluster) {
  call get;
  get.target = "/api/v1/namespaces/apps/pods/p/log";
  return cluster.view().server().handle(get, cluster.now()).body;
}

void behave(virtual_cluster& cluster, container_run run) {
  cluster.behave = [run](auto&, auto&, instant) {
    return run;
  };
}

void delete_the_pod(virtual_cluster& cluster) {
  REQUIRE(cluster.view().remove(resources::pods, {"apps", "p"}));
  cluster.settle();
}

} // namespace

TEST_CASE("a pod goes from Pending over Running to Succeeded") {
  virtual_cluster cluster;
  behave(cluster,
         {.duration = seconds{10}, .message = "{}", .log = "one\ntwo\n"});
  make(cluster, pod());
  CHECK(phase(cluster) == "Pending");
  CHECK(text_at(the_pod(cluster), "spec", "nodeName") == "sim-node");
  cluster.run_to(at("00:00:01"));
  CHECK(phase(cluster) == "Running");
  CHECK(has_condition(the_pod(cluster), "Ready"));
  cluster.run_to(at("00:00:10"));
  CHECK(phase(cluster) == "Running");
  cluster.run_to(at("00:00:11"));
  CHECK(phase(cluster) == "Succeeded");
  CHECK_FALSE(has_condition(the_pod(cluster), "Ready"));
  auto ended = state(cluster);
  CHECK(integer_at(ended, "terminated", "exitCode") == 0);
  CHECK(text_at(ended, "terminated", "reason") == "Completed");
  CHECK(text_at(ended, "terminated", "message") == "{}");
  CHECK(text_at(ended, "terminated", "startedAt") == "2026-11-21T00:00:01Z");
  CHECK(text_at(ended, "terminated", "finishedAt") == "2026-11-21T00:00:11Z");
  CHECK(log(cluster) == "one\ntwo\n");
  CHECK(cluster.events("Scheduled")
        == texts{"Successfully assigned apps/p to sim-node"});
}

TEST_CASE("a container that fails fails its pod, with its reason") {
  virtual_cluster cluster;
  behave(cluster, {.exit_code = 137, .reason = "OOMKilled"});
  make(cluster, pod());
  cluster.run_for(seconds{60});
  CHECK(phase(cluster) == "Failed");
  CHECK(integer_at(state(cluster), "terminated", "exitCode") == 137);
  CHECK(text_at(state(cluster), "terminated", "reason") == "OOMKilled");
}

TEST_CASE("a deleted pod gets SIGTERM and ends in its own way") {
  virtual_cluster cluster;
  behave(cluster, {.duration = std::nullopt,
                   .patience = seconds{5},
                   .term_message = "told to end"});
  auto object = pod();
  field(object, {"metadata", "finalizers"}) = json::array{"test/keep"};
  make(cluster, object);
  cluster.run_for(seconds{60});
  delete_the_pod(cluster);
  cluster.run_for(seconds{4});
  CHECK(phase(cluster) == "Running");
  cluster.run_for(seconds{1});
  CHECK(phase(cluster) == "Failed");
  CHECK(integer_at(state(cluster), "terminated", "exitCode") == 143);
  CHECK(text_at(state(cluster), "terminated", "message") == "told to end");
  cluster.patch(resources::pods, "p", R"({"metadata":{"finalizers":null}})");
  cluster.settle();
  CHECK_FALSE(cluster.exists(resources::pods, "p"));
}

TEST_CASE("a container that ignores SIGTERM is killed when its grace is up") {
  virtual_cluster cluster;
  behave(cluster, {.duration = std::nullopt, .patience = seconds{3600}});
  auto object = pod();
  field(object, {"spec", "terminationGracePeriodSeconds"}) = 20;
  field(object, {"metadata", "finalizers"}) = json::array{"test/keep"};
  make(cluster, object);
  cluster.run_for(seconds{60});
  delete_the_pod(cluster);
  cluster.run_for(seconds{19});
  CHECK(phase(cluster) == "Running");
  cluster.run_for(seconds{1});
  CHECK(phase(cluster) == "Failed");
  CHECK(integer_at(state(cluster), "terminated", "exitCode") == 137);
}

TEST_CASE("a missing Secret keeps the pod in ContainerCreating until it is "
          "there") {
  virtual_cluster cluster;
  auto object = pod();
  field(object, {"spec", "volumes"})
      = json::array{{{"name", "v"}, {"secret", {{"secretName", "s"}}}}};
  make(cluster, object);
  cluster.run_for(seconds{600});
  CHECK(phase(cluster) == "Pending");
  CHECK(text_at(state(cluster), "waiting", "reason") == "ContainerCreating");
  CHECK(cluster.events("FailedMount")
        == texts{"MountVolume.SetUp failed for volume \"v\" : secret \"s\" "
                 "not found"});
  cluster.make(resources::secrets, R"({"metadata":{"name":"s"}})");
  cluster.run_for(seconds{200});
  CHECK(phase(cluster) == "Succeeded");
}

TEST_CASE("a missing key of a mounted Secret is named, an optional one is "
          "not missed") {
  bool optional = GENERATE(false, true);
  virtual_cluster cluster;
  cluster.make(resources::secrets,
               R"({"metadata":{"name":"s"},"data":{"a":"eA=="}})");
  auto object = pod();
  field(object, {"spec", "volumes"}) = json::array{
      {{"name", "v"},
       {"secret",
        {{"secretName", "s"},
         {"optional", optional},
         {"items", json::array{{{"key", "b"}, {"path", "b"}}}}}}}};
  make(cluster, object);
  cluster.run_for(seconds{60});
  CHECK(phase(cluster) == (optional ? "Succeeded" : "Pending"));
  CHECK(cluster.events("FailedMount").empty() == optional);
}

TEST_CASE("a missing Secret in the environment is a configuration error") {
  virtual_cluster cluster;
  auto object = pod();
  json::value variable
      = {{"name", "X"},
         {"valueFrom", {{"secretKeyRef", {{"name", "s"}, {"key", "k"}}}}}};
  field(object, {"spec", "containers"}).as_array()[0].as_object()["env"]
      = json::array{variable};
  make(cluster, object);
  cluster.run_for(seconds{60});
  CHECK(text_at(state(cluster), "waiting", "reason")
        == "CreateContainerConfigError");
  CHECK(text_at(state(cluster), "waiting", "message")
        == "secret \"s\" not found");
}

TEST_CASE("R-70 a pod that fits nowhere is Pending for ever and says why") {
  virtual_cluster cluster;
  auto object = pod();
  SECTION("no such node") {
    field(object, {"spec", "nodeSelector"}) = {{"disk", "ssd"}};
  }
  SECTION("no such claim") {
    field(object, {"spec", "volumes"}) = json::array{
        {{"name", "v"}, {"persistentVolumeClaim", {{"claimName", "c"}}}}};
  }
  make(cluster, object);
  cluster.run_for(seconds{86400});
  CHECK(phase(cluster) == "Pending");
  auto stuck = the_pod(cluster);
  REQUIRE(condition_of(stuck, "PodScheduled") != nullptr);
  CHECK(text_at(*condition_of(stuck, "PodScheduled"), "reason")
        == "Unschedulable");
  CHECK_FALSE(cluster.events("FailedScheduling").empty());
}

TEST_CASE("a node with the label takes the pod") {
  virtual_cluster cluster{at("00:00:00"), {.labels = {{"disk", "ssd"}}}};
  auto object = pod();
  field(object, {"spec", "nodeSelector"})
      = {{"disk", "ssd"}, {"kubernetes.io/hostname", "sim-node"}};
  make(cluster, object);
  cluster.run_for(seconds{60});
  CHECK(phase(cluster) == "Succeeded");
}

TEST_CASE("A-5 the pod's own deadline ends it without anybody's help") {
  virtual_cluster cluster;
  behave(cluster, {.duration = std::nullopt, .patience = seconds{2}});
  auto object = pod();
  field(object, {"spec", "activeDeadlineSeconds"}) = 100;
  make(cluster, object);
  cluster.run_to(at("00:01:41"));
  CHECK(phase(cluster) == "Running");
  cluster.run_to(at("00:01:42"));
  CHECK(phase(cluster) == "Failed");
  CHECK(text_at(the_pod(cluster), "status", "reason") == "DeadlineExceeded");
  CHECK(text_at(state(cluster), "terminated", "finishedAt")
        == "2026-11-21T00:01:42Z");
}

TEST_CASE("A-5 a frozen node tells nothing, and the truth when it is back") {
  virtual_cluster cluster;
  behave(cluster, {.duration = seconds{100}});
  make(cluster, pod());
  cluster.run_for(seconds{10});
  cluster.node().freeze(true);
  cluster.run_for(seconds{3600});
  CHECK(phase(cluster) == "Running");
  cluster.node().freeze(false);
  cluster.settle();
  CHECK(phase(cluster) == "Succeeded");
  CHECK(text_at(state(cluster), "terminated", "finishedAt")
        == "2026-11-21T00:01:41Z");
}

TEST_CASE("A-5 a pod deleted on a frozen node stays until the node is back") {
  virtual_cluster cluster;
  behave(cluster, {.duration = std::nullopt});
  make(cluster, pod());
  cluster.run_for(seconds{10});
  cluster.node().freeze(true);
  delete_the_pod(cluster);
  cluster.run_for(seconds{3600});
  CHECK(is_deleting(the_pod(cluster)));
  cluster.node().freeze(false);
  cluster.settle();
  CHECK_FALSE(cluster.exists(resources::pods, "p"));
}

TEST_CASE("a settled node writes nothing") {
  virtual_cluster cluster;
  behave(cluster, {.duration = std::nullopt});
  make(cluster, pod());
  // Long enough for the events to expire.
  cluster.run_for(seconds{7200});
  auto before = cluster.view().server().revision();
  cluster.run_for(seconds{86400});
  CHECK(cluster.view().server().revision() == before);
}
