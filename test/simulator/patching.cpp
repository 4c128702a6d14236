#include "test/simulator/test_cluster.hpp"

using namespace holystone::simulator;
namespace json = boost::json;

TEST_CASE("a merge patch merges objects, replaces lists, removes by null") {
  test_cluster c;
  c.post(config_maps, R"({"metadata":{"name":"a","labels":{"x":"1","y":"2"}},
    "data":{"k":"v"}})");
  auto done = c.merge(config_maps + "/a",
                      R"({"metadata":{"labels":{"x":null,"z":"3"}}})");
  CHECK(done.status == 200);
  CHECK(done.body.at("metadata").at("labels")
        == json::parse(R"({"y":"2","z":"3"})"));
  CHECK(done.text({"data", "k"}) == "v");
}

TEST_CASE("a JSON patch does its operations or none of them") {
  test_cluster c;
  c.post(config_maps, R"({"metadata":{"name":"a",
    "annotations":{"a/b":"c"}},"data":{"k":"v"}})");
  auto done = c.json_patch(config_maps + "/a", R"([
    {"op":"test","path":"/data/k","value":"v"},
    {"op":"add","path":"/data/n","value":"1"},
    {"op":"replace","path":"/data/k","value":"w"},
    {"op":"copy","from":"/data/k","path":"/data/m"},
    {"op":"move","from":"/data/m","path":"/data/o"},
    {"op":"remove","path":"/metadata/annotations/a~1b"}])");
  CHECK(done.status == 200);
  CHECK(done.body.at("data") == json::parse(R"({"k":"w","n":"1","o":"w"})"));
  auto failed = c.json_patch(config_maps + "/a", R"([
    {"op":"remove","path":"/data/n"},
    {"op":"test","path":"/data/k","value":"other"}])");
  CHECK(failed.status == 422);
  CHECK(c.get(config_maps + "/a").text({"data", "n"}) == "1");
  CHECK(c.json_patch(config_maps + "/a",
                     R"([{"op":"remove","path":"/data/none"}])")
            .status
        == 422);
  CHECK(c.json_patch(config_maps + "/a", R"({"op":"remove"})").status == 400);
}

TEST_CASE("a JSON patch on the version is a precondition") {
  test_cluster c;
  auto made = c.post(config_maps, R"({"metadata":{"name":"a"}})");
  c.merge(config_maps + "/a", R"({"data":{"k":"v"}})");
  auto stale = c.json_patch(config_maps + "/a", R"([
    {"op":"replace","path":"/metadata/resourceVersion","value":")"
                                                    + made.version() + R"("},
    {"op":"add","path":"/metadata/labels","value":{"a":"b"}}])");
  CHECK(stale.status == 409);
}

TEST_CASE("a strategic patch merges containers and env by name") {
  test_cluster c;
  REQUIRE(c.post(cron_jobs, cron_job_text("c", "0 2 * * *")).status == 201);
  auto patch = [](const std::string& container) {
    return R"({"spec":{"jobTemplate":{"spec":{"template":{"spec":
      {"containers":[)"
           + container + "]}}}}}}";
  };
  auto done = c.strategic(
      cron_jobs + "/c", patch(R"({"name":"c","env":[{"name":"A","value":"1"}]},
             {"name":"d","image":"j:1"})"));
  REQUIRE(done.status == 200);
  auto containers = [&] {
    return c.get(cron_jobs + "/c")
        .body.at("spec")
        .at("jobTemplate")
        .at("spec")
        .at("template")
        .at("spec")
        .at("containers")
        .as_array();
  };
  REQUIRE(containers().size() == 2);
  CHECK(holystone::k8s_io::text_at(containers()[0], "image") == "i:1");
  c.strategic(cron_jobs + "/c",
              patch(R"({"name":"c","env":[{"name":"B","value":"2"}]})"));
  CHECK(containers()[0].at("env").as_array().size() == 2);
  c.strategic(cron_jobs + "/c", patch(R"({"name":"d","$patch":"delete"},
                       {"name":"c","env":[{"name":"A","$patch":"delete"}]})"));
  CHECK(containers().size() == 1);
  CHECK(containers()[0].at("env").as_array().size() == 1);
}

TEST_CASE("a strategic patch retains keys, replaces and orders when told") {
  test_cluster c;
  auto text = R"({"metadata":{"name":"j"},"spec":{"suspend":true,"template":
    {"spec":{"restartPolicy":"Never","volumes":[{"name":"v","emptyDir":{}}],
    "containers":[{"name":"c","image":"i:1"}]}}}})";
  REQUIRE(c.post(jobs + "?dryRun=All", text).status == 201);
  REQUIRE(c.post(config_maps, R"({"metadata":{"name":"a","finalizers":
    ["x.io/a","x.io/b"]}})")
              .status
          == 201);
  auto done = c.strategic(config_maps + "/a", R"({"metadata":{
    "$deleteFromPrimitiveList/finalizers":["x.io/a"],
    "$setElementOrder/finalizers":["x.io/c","x.io/b"],
    "finalizers":["x.io/c"]}})");
  CHECK(done.body.at("metadata").at("finalizers")
        == json::array{"x.io/c", "x.io/b"});
  auto replaced = c.strategic(config_maps + "/a",
                              R"({"data":{"$patch":"replace","z":"1"}})");
  CHECK(replaced.body.at("data") == json::parse(R"({"z":"1"})"));
}

TEST_CASE("custom kinds take no strategic patch") {
  test_cluster c;
  REQUIRE_FALSE(c.server.install(
      source_file("deploy/crds/kopiamaintenances.yaml"), c.now));
  auto target
      = "/apis/volsync.backube/v1alpha1/namespaces/default/kopiamaintenances";
  REQUIRE(c.post(target, R"({"kind":"KopiaMaintenance",
    "apiVersion":"volsync.backube/v1alpha1","metadata":{"name":"k"},
    "spec":{"repository":{"repository":"s"}}})")
              .status
          == 201);
  CHECK(c.strategic(target + std::string{"/k"}, "{}").status == 415);
}
