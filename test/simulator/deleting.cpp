#include "test/simulator/test_cluster.hpp"

using namespace holystone::simulator;

namespace {

std::string owned(const std::string& name, const answered& owner,
                  const std::string& kind, const std::string& api_version,
                  const std::string& more = {}) {
  return R"({"metadata":{"name":")" + name
         + R"(","ownerReferences":[{"apiVersion":")" + api_version
         + R"(","kind":")" + kind + R"(","name":")"
         + owner.text({"metadata", "name"}) + R"(","uid":")" + owner.uid()
         + "\"" + more + "}]}}";
}

std::string pod_text(const std::string& name, const std::string& node) {
  return R"({"metadata":{"name":")" + name + R"("},"spec":{"nodeName":")" + node
         + R"(","containers":[{"name":"c","image":"i:1"}]}})";
}

answered make(test_cluster& c, const std::string& target,
              const std::string& body) {
  auto made = c.post(target, body);
  INFO(boost::json::serialize(made.body));
  REQUIRE(made.status == 201);
  return made;
}

} // namespace

TEST_CASE("a delete answers with a Status that names the object") {
  test_cluster c;
  auto made = make(c, config_maps, R"({"metadata":{"name":"a"}})");
  auto gone = c.remove(config_maps + "/a");
  CHECK(gone.status == 200);
  CHECK(gone.text({"status"}) == "Success");
  CHECK(gone.text({"details", "uid"}) == made.uid());
  CHECK(c.get(config_maps + "/a").status == 404);
}

TEST_CASE("a delete keeps its preconditions (R-39, A-9)") {
  test_cluster c;
  auto made = make(c, config_maps, R"({"metadata":{"name":"a"}})");
  auto with = [](const std::string& what, const std::string& value) {
    return R"({"preconditions":{")" + what + R"(":")" + value + "\"}}";
  };
  CHECK(c.remove(config_maps + "/a", with("uid", "other")).status == 409);
  CHECK(c.remove(config_maps + "/a", with("resourceVersion", "1")).status
        == 409);
  CHECK(c.remove(config_maps + "/a", with("uid", made.uid())).status == 200);
}

TEST_CASE("a finalizer holds the object, removing it deletes (R-38)") {
  test_cluster c;
  make(c, config_maps, R"({"metadata":{"name":"a","finalizers":["x.io/f"]}})");
  auto marked = c.remove(config_maps + "/a");
  CHECK(marked.status == 200);
  CHECK(marked.text({"metadata", "deletionTimestamp"})
        == "2026-11-21T02:00:00Z");
  auto version = marked.version();
  CHECK(c.remove(config_maps + "/a").version() == version);
  auto more = c.merge(config_maps + "/a",
                      R"({"metadata":{"finalizers":["x.io/f","x.io/g"]}})");
  CHECK(more.status == 422);
  CHECK(
      c.merge(config_maps + "/a", R"({"metadata":{"finalizers":null}})").status
      == 200);
  CHECK(c.get(config_maps + "/a").status == 404);
}

TEST_CASE("dependents go with their owner in the background") {
  test_cluster c;
  auto owner = make(c, config_maps, R"({"metadata":{"name":"o"}})");
  make(c, secrets, owned("s", owner, "ConfigMap", "v1"));
  auto second = c.get(secrets + "/s");
  make(c, leases, owned("l", second, "Secret", "v1"));
  c.settle();
  CHECK(c.get(secrets + "/s").status == 200);
  c.remove(config_maps + "/o");
  c.settle();
  CHECK(c.get(secrets + "/s").status == 404);
  CHECK(c.get(leases + "/l").status == 404);
}

TEST_CASE("a dependent with a living owner only loses the dead reference") {
  test_cluster c;
  auto one = make(c, config_maps, R"({"metadata":{"name":"o1"}})");
  auto two = make(c, config_maps, R"({"metadata":{"name":"o2"}})");
  auto body = R"({"metadata":{"name":"s","ownerReferences":[
    {"apiVersion":"v1","kind":"ConfigMap","name":"o1","uid":")"
              + one.uid()
              + R"("},{"apiVersion":"v1","kind":"ConfigMap","name":"o2",
    "uid":")" + two.uid()
              + "\"}]}}";
  make(c, secrets, body);
  c.remove(config_maps + "/o1");
  c.settle();
  auto left = c.get(secrets + "/s");
  REQUIRE(left.status == 200);
  CHECK(holystone::k8s_io::items_at(left.body, "metadata", "ownerReferences")
            .size()
        == 1);
}

TEST_CASE("an owner in another namespace counts as absent (R-37)") {
  test_cluster c;
  make(c, "/api/v1/namespaces", R"({"metadata":{"name":"other"}})");
  auto owner = make(c, "/api/v1/namespaces/other/configmaps",
                    R"({"metadata":{"name":"o"}})");
  make(c, secrets, owned("s", owner, "ConfigMap", "v1"));
  c.settle();
  CHECK(c.get(secrets + "/s").status == 404);
  CHECK(c.get("/api/v1/namespaces/other/configmaps/o").status == 200);
}

TEST_CASE("foreground deletion waits for dependents that block (A-2)") {
  test_cluster c;
  auto job = make(c, jobs, job_text("j"));
  auto pod = make(c, pods, pod_text("p", "node"));
  c.merge(pods + "/p", R"({"metadata":{"ownerReferences":[{
    "apiVersion":"batch/v1","kind":"Job","name":"j","controller":true,
    "blockOwnerDeletion":true,"uid":")"
                           + job.uid() + "\"}]}}");
  auto marked = c.remove(jobs + "/j", R"({"propagationPolicy":"Foreground"})");
  CHECK(marked.body.at("metadata").at("finalizers")
        == boost::json::array{"foregroundDeletion"});
  c.settle();
  auto ending = c.get(pods + "/p");
  CHECK_FALSE(ending.text({"metadata", "deletionTimestamp"}).empty());
  CHECK(c.get(jobs + "/j").status == 200);
  // The kubelet ends the pod.
  c.remove(pods + "/p", R"({"gracePeriodSeconds":0})");
  c.settle();
  CHECK(c.get(pods + "/p").status == 404);
  CHECK(c.get(jobs + "/j").status == 404);
}

TEST_CASE("a raw DELETE of a Job orphans its pods (A-2)") {
  test_cluster c;
  auto job = make(c, jobs, job_text("j"));
  make(c, config_maps, owned("p", job, "Job", "batch/v1"));
  c.remove(jobs + "/j");
  c.settle();
  CHECK(c.get(jobs + "/j").status == 404);
  auto left = c.get(config_maps + "/p");
  REQUIRE(left.status == 200);
  CHECK(holystone::k8s_io::items_at(left.body, "metadata", "ownerReferences")
            .empty());
}

TEST_CASE("a bound pod ends gracefully, an unbound one at once") {
  test_cluster c;
  make(c, pods, R"({"metadata":{"name":"free"},"spec":{"containers":[
    {"name":"c","image":"i:1"}]}})");
  CHECK(c.remove(pods + "/free").status == 200);
  CHECK(c.get(pods + "/free").status == 404);
  make(c, pods, pod_text("p", "node"));
  auto marked = c.remove(pods + "/p");
  CHECK(marked.text({"metadata", "deletionTimestamp"})
        == "2026-11-21T02:00:30Z");
  CHECK(marked.text({"metadata", "deletionGracePeriodSeconds"}) == "30");
  CHECK(c.get(pods + "/p").status == 200);
  CHECK(c.remove(pods + "/p", R"({"gracePeriodSeconds":0})").status == 200);
  CHECK(c.get(pods + "/p").status == 404);
}

TEST_CASE("deletecollection deletes what is selected") {
  test_cluster c;
  make(c, config_maps, R"({"metadata":{"name":"a","labels":{"x":""}}})");
  make(c, config_maps, R"({"metadata":{"name":"b"}})");
  auto gone = c.remove(config_maps + "?labelSelector=x");
  CHECK(gone.text({"kind"}) == "ConfigMapList");
  CHECK(c.get(config_maps + "/a").status == 404);
  CHECK(c.get(config_maps + "/b").status == 200);
}

TEST_CASE("a namespace empties itself, pods first, and then goes") {
  test_cluster c;
  make(c, "/api/v1/namespaces", R"({"metadata":{"name":"n"}})");
  std::string at = "/api/v1/namespaces/n/";
  make(c, at + "secrets", R"({"metadata":{"name":"s"}})");
  make(c, at + "pods", pod_text("p", "node"));
  auto marked = c.remove("/api/v1/namespaces/n");
  CHECK(marked.text({"status", "phase"}) == "Terminating");
  c.settle();
  CHECK(c.get(at + "secrets/s").status == 200);
  auto late = c.post(at + "secrets", R"({"metadata":{"name":"t"}})");
  CHECK(late.status == 403);
  CHECK(late.reason() == "Forbidden");
  c.remove(at + "pods/p", R"({"gracePeriodSeconds":0})");
  c.settle();
  CHECK(c.get(at + "secrets/s").status == 404);
  CHECK(c.get("/api/v1/namespaces/n").status == 404);
}

TEST_CASE("events expire after an hour") {
  test_cluster c;
  std::string at = "/api/v1/namespaces/default/events";
  make(c, at, R"({"metadata":{"name":"e"},"involvedObject":{
    "namespace":"default","name":"x"}})");
  auto next = c.server.step(c.now);
  REQUIRE(next);
  CHECK(*next == c.now + std::chrono::hours{1});
  c.now = *next - std::chrono::seconds{1};
  c.settle();
  CHECK(c.get(at + "/e").status == 200);
  c.now = *next;
  c.settle();
  CHECK(c.get(at + "/e").status == 404);
}
