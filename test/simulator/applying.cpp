#include "test/simulator/test_cluster.hpp"

using namespace holystone::simulator;
namespace json = boost::json;

namespace {

// The fields of the one entry of a manager and operation, as JSON text.
std::string fields_of_manager(const answered& object,
                              const std::string& manager,
                              const std::string& operation = "Apply") {
  for (auto& each :
       holystone::k8s_io::items_at(object.body, "metadata", "managedFields"))
    if (holystone::k8s_io::text_at(each, "manager") == manager
        && holystone::k8s_io::text_at(each, "operation") == operation)
      return json::serialize(each.at("fieldsV1"));
  return {};
}

const std::string a = config_maps + "/a";

} // namespace

TEST_CASE("apply creates what is absent and needs a manager (R-45, R-47)") {
  test_cluster c;
  auto made = c.apply(a, R"({"apiVersion":"v1","kind":"ConfigMap",
    "data":{"k":"v"}})");
  CHECK(made.status == 201);
  CHECK(fields_of_manager(made, "applier") == R"({"f:data":{"f:k":{}}})");
  auto nobody = c.send("PATCH", a, c.with_type(a, "{}"),
                       "application/apply-patch+yaml");
  CHECK(nobody.status == 422);
  CHECK(nobody.message().find("fieldManager") != std::string::npos);
}

TEST_CASE("apply takes YAML") {
  test_cluster c;
  auto made = c.apply(a, "apiVersion: v1\nkind: ConfigMap\ndata:\n"
                         "  k: \"1\"\n");
  CHECK(made.status == 201);
  CHECK(made.body.at("data").at("k") == "1");
}

TEST_CASE("an equal apply keeps the version, also later (A-17)") {
  test_cluster c;
  auto made = c.apply(a, R"({"data":{"k":"v"}})");
  c.now += std::chrono::seconds{100};
  auto again = c.apply(a, R"({"data":{"k":"v"}})");
  CHECK(again.status == 200);
  CHECK(again.version() == made.version());
}

TEST_CASE("a field that is no longer applied goes (R-46)") {
  test_cluster c;
  c.apply(a, R"({"data":{"k":"v","l":"w"}})");
  auto less = c.apply(a, R"({"data":{"k":"v"}})");
  CHECK(less.body.at("data") == json::parse(R"({"k":"v"})"));
  CHECK(fields_of_manager(less, "applier") == R"({"f:data":{"f:k":{}}})");
}

TEST_CASE("a field that somebody else owns too stays") {
  test_cluster c;
  c.apply(a, R"({"data":{"k":"v"}})", "one");
  c.apply(a, R"({"data":{"k":"v"}})", "two");
  auto left = c.apply(a, R"({"data":{"o":"1"}})", "one");
  CHECK(left.body.at("data") == json::parse(R"({"k":"v","o":"1"})"));
  auto gone = c.apply(a, R"({"data":{"p":"1"}})", "two");
  CHECK(gone.body.at("data") == json::parse(R"({"o":"1","p":"1"})"));
}

TEST_CASE("a foreign field conflicts, and the 409 lists its owner") {
  test_cluster c;
  c.apply(a, R"({"data":{"k":"v","l":"w"}})", "one");
  auto refused = c.apply(a, R"({"data":{"k":"x"}})", "two");
  CHECK(refused.status == 409);
  CHECK(refused.reason() == "Conflict");
  CHECK(refused.message()
        == "Apply failed with 1 conflict: conflict with \"one\": .data.k");
  auto& cause = refused.body.at("details").at("causes").at(0);
  CHECK(holystone::k8s_io::text_at(cause, "reason") == "FieldManagerConflict");
  CHECK(holystone::k8s_io::text_at(cause, "message")
        == "conflict with \"one\"");
  CHECK(holystone::k8s_io::text_at(cause, "field") == ".data.k");
  auto two = c.apply(a, R"({"data":{"k":"x","l":"y"}})", "two");
  CHECK(two.message().starts_with("Apply failed with 2 conflicts: "
                                  "conflicts with \"one\":\n- .data.k\n"));
}

TEST_CASE("force takes the field over") {
  test_cluster c;
  c.apply(a, R"({"data":{"k":"v","l":"w"}})", "one");
  auto taken = c.apply(a, R"({"data":{"k":"x"}})", "two", true);
  CHECK(taken.status == 200);
  CHECK(taken.text({"data", "k"}) == "x");
  CHECK(fields_of_manager(taken, "one") == R"({"f:data":{"f:l":{}}})");
  CHECK(fields_of_manager(taken, "two") == R"({"f:data":{"f:k":{}}})");
}

TEST_CASE("an update takes the fields that it changes") {
  test_cluster c;
  c.apply(a, R"({"data":{"k":"v","l":"w"}})", "one");
  auto patched = c.merge(a, R"({"data":{"k":"x"}})");
  CHECK(fields_of_manager(patched, "one") == R"({"f:data":{"f:l":{}}})");
  CHECK(fields_of_manager(patched, "tester", "Update")
        == R"({"f:data":{"f:k":{}}})");
  auto refused = c.apply(a, R"({"data":{"k":"v","l":"w"}})", "one");
  CHECK(refused.status == 409);
  CHECK(refused.message()
        == "Apply failed with 1 conflict: conflict with \"tester\" using v1: "
           ".data.k");
}

TEST_CASE("a created map and its list items are owned with their dots") {
  test_cluster c;
  auto made = c.post(config_maps, R"({"metadata":{"name":"a",
    "labels":{"x":"y"}},"data":{"k":"v"}})");
  CHECK(fields_of_manager(made, "tester", "Update")
        == R"({"f:data":{".":{},"f:k":{}},)"
           R"("f:metadata":{"f:labels":{".":{},"f:x":{}}}})");
}

TEST_CASE("a created Job is owned as the real server records it") {
  test_cluster c;
  auto made = c.post(jobs, R"({"metadata":{"name":"j","labels":{"a":"b"}},
    "spec":{"suspend":true,"template":{"metadata":{"labels":{"q":"r"}},
    "spec":{"restartPolicy":"Never","nodeSelector":{"x":"y"},
    "containers":[{"name":"c","image":"i","env":[{"name":"E","value":"v"},
    {"name":"F","valueFrom":{"fieldRef":{"fieldPath":"metadata.name"}}}],
    "resources":{"limits":{"cpu":"100m"}},"ports":[{"containerPort":80}]}],
    "volumes":[{"name":"v","emptyDir":{}}]}}}})");
  REQUIRE(made.status == 201);
  auto expected = json::parse(R"({
    "f:metadata":{"f:labels":{".":{},"f:a":{}}},
    "f:spec":{"f:backoffLimit":{},"f:completionMode":{},"f:completions":{},
      "f:manualSelector":{},"f:parallelism":{},"f:podReplacementPolicy":{},
      "f:suspend":{},
      "f:template":{
        "f:metadata":{"f:labels":{".":{},"f:q":{}}},
        "f:spec":{
          "f:containers":{"k:{\"name\":\"c\"}":{".":{},
            "f:env":{".":{},
              "k:{\"name\":\"E\"}":{".":{},"f:name":{},"f:value":{}},
              "k:{\"name\":\"F\"}":{".":{},"f:name":{},
                "f:valueFrom":{".":{},"f:fieldRef":{}}}},
            "f:image":{},"f:imagePullPolicy":{},"f:name":{},
            "f:ports":{".":{},
              "k:{\"containerPort\":80,\"protocol\":\"TCP\"}":
                {".":{},"f:containerPort":{},"f:protocol":{}}},
            "f:resources":{".":{},"f:limits":{".":{},"f:cpu":{}}},
            "f:terminationMessagePath":{},"f:terminationMessagePolicy":{}}},
          "f:dnsPolicy":{},"f:nodeSelector":{},"f:restartPolicy":{},
          "f:schedulerName":{},"f:securityContext":{},
          "f:terminationGracePeriodSeconds":{},
          "f:volumes":{".":{},
            "k:{\"name\":\"v\"}":{".":{},"f:emptyDir":{},"f:name":{}}}}}}})");
  auto got = json::parse(fields_of_manager(made, "tester", "Update"));
  INFO(json::serialize(got));
  CHECK(got == expected);
}

TEST_CASE("containers and env are merged by name, atomic lists are not") {
  test_cluster c;
  auto body = [](const std::string& env, const std::string& args) {
    return R"({"spec":{"schedule":"0 2 * * *","jobTemplate":{"spec":
      {"template":{"spec":{"restartPolicy":"Never","containers":[{"name":"c",
      "image":"i:1","args":)"
           + args + R"(,"env":)" + env + "}]}}}}}}";
  };
  auto target = cron_jobs + "/c";
  REQUIRE(
      c.apply(target, body(R"([{"name":"A","value":"1"}])", R"(["x"])"), "one")
          .status
      == 201);
  auto other = R"({"spec":{"jobTemplate":{"spec":{"template":{"spec":
    {"containers":[{"name":"c","env":[{"name":"B","value":"2"}]}]}}}}}})";
  REQUIRE(c.apply(target, other, "two").status == 200);
  auto both = c.apply(
      target, body(R"([{"name":"A","value":"3"}])", R"(["x","y"])"), "one");
  REQUIRE(both.status == 200);
  auto& container = both.body.at("spec")
                        .at("jobTemplate")
                        .at("spec")
                        .at("template")
                        .at("spec")
                        .at("containers")
                        .at(0);
  CHECK(container.at("env") == json::parse(R"([{"name":"A","value":"3"},
                           {"name":"B","value":"2"}])"));
  CHECK(container.at("args") == json::parse(R"(["x","y"])"));
  auto gone = c.apply(target, body("[]", R"(["x"])"), "one");
  CHECK(gone.body.at("spec")
            .at("jobTemplate")
            .at("spec")
            .at("template")
            .at("spec")
            .at("containers")
            .at(0)
            .at("env")
        == json::parse(R"([{"name":"B","value":"2"}])"));
}

TEST_CASE("a UID or a version in an apply is a guard (R-47, A-17)") {
  test_cluster c;
  auto absent = c.apply(a, R"({"metadata":{"uid":"u"},"data":{}})");
  CHECK(absent.status == 409);
  auto made = c.apply(a, R"({"data":{"k":"v"}})");
  auto stale = c.apply(a, R"({"metadata":{"resourceVersion":"1"}})");
  CHECK(stale.status == 409);
  auto fresh = c.apply(a, R"({"metadata":{"resourceVersion":")" + made.version()
                              + R"("},"data":{"k":"w"}})");
  CHECK(fresh.status == 200);
  auto foreign = c.apply(a, R"({"metadata":{"uid":"u"},"data":{"k":"w"}})");
  CHECK(foreign.status == 422);
}

TEST_CASE("an apply of a field that the schema does not know is refused") {
  test_cluster c;
  auto refused = c.apply(a, R"({"dta":{}})");
  CHECK(refused.status == 500);
  CHECK(refused.message()
        == "failed to create typed patch object (/a; /v1, Kind=ConfigMap): "
           ".dta: field not declared in schema");
}

TEST_CASE("an apply has maps and lists where the schema has them") {
  test_cluster c;
  auto text = c.apply(a, R"({"data":"much"})");
  CHECK(text.status == 500);
  CHECK(text.message().find(".data: expected map, got &{much}")
        != std::string::npos);
  auto list = c.apply(a, R"({"metadata":{"finalizers":{"a":"b"}}})");
  CHECK(list.status == 500);
  CHECK(list.message().find(".metadata.finalizers: expected list, got")
        != std::string::npos);
}

TEST_CASE("what an apply empties goes, as when a volume changes its source") {
  test_cluster c;
  auto volume = [](const std::string& source) {
    return R"({"spec":{"schedule":"0 2 * * *","jobTemplate":{"spec":
      {"template":{"spec":{"restartPolicy":"Never","volumes":[{"name":"v",)"
           + source + R"(}],"containers":[{"name":"c","image":"i:1"}]}}}}}})";
  };
  c.apply(cron_jobs + "/c", volume(R"("emptyDir":{"sizeLimit":"8Gi"})"));
  auto moved = c.apply(cron_jobs + "/c",
                       volume(R"("persistentVolumeClaim":{"claimName":"p"})"));
  REQUIRE(moved.status == 200);
  CHECK(moved.body.at("spec")
            .at("jobTemplate")
            .at("spec")
            .at("template")
            .at("spec")
            .at("volumes")
        == json::parse(R"([{"name":"v",
             "persistentVolumeClaim":{"claimName":"p"}}])"));
}

TEST_CASE("an apply may not carry managedFields") {
  test_cluster c;
  auto refused = c.apply(a, R"({"metadata":{"managedFields":[
    {"manager":"x","operation":"Apply"}]}})");
  CHECK(refused.status == 400);
}

TEST_CASE("managedFields can be rewritten by an update (A-16)") {
  test_cluster c;
  c.post(config_maps + "?fieldManager=manager", R"({"metadata":{"name":"a"},
    "data":{"k":"v","old":"1"}})");
  c.apply(a, R"({"data":{"k":"v"}})", "holystone", true);
  auto merged = c.json_patch(a, R"([{"op":"replace",
    "path":"/metadata/managedFields","value":[{"manager":"holystone",
    "operation":"Apply","apiVersion":"v1","time":"2026-11-21T02:00:00Z",
    "fieldsType":"FieldsV1",
    "fieldsV1":{"f:data":{".":{},"f:k":{},"f:old":{}}}}]}])");
  REQUIRE(merged.status == 200);
  CHECK(fields_of_manager(merged, "manager", "Update").empty());
  auto clean = c.apply(a, R"({"data":{"k":"v"}})", "holystone", true);
  CHECK(clean.body.at("data") == json::parse(R"({"k":"v"})"));
}

TEST_CASE("an empty entry resets managedFields") {
  test_cluster c;
  c.apply(a, R"({"data":{"k":"v"}})");
  auto reset = c.merge(a, R"({"metadata":{"managedFields":[{}]}})");
  CHECK(reset.status == 200);
  CHECK(holystone::k8s_io::items_at(reset.body, "metadata", "managedFields")
            .empty());
}

TEST_CASE("labels, finalizers and owners merge item by item") {
  test_cluster c;
  c.apply(a, R"({"metadata":{"labels":{"x":"1"},"finalizers":["x.io/a"]}})",
          "one");
  auto both = c.apply(a, R"({"metadata":{"labels":{"y":"2"},
    "finalizers":["x.io/b"]}})",
                      "two");
  CHECK(both.body.at("metadata").at("finalizers").as_array().size() == 2);
  CHECK(both.body.at("metadata").at("labels")
        == json::parse(R"({"x":"1","y":"2"})"));
  auto one = c.apply(a, R"({"metadata":{"labels":{"x":"1"}}})", "one");
  CHECK(one.body.at("metadata").at("finalizers") == json::array{"x.io/b"});
}

TEST_CASE("an apply of the status owns the status only") {
  test_cluster c;
  c.post(jobs, job_text("j"));
  auto done = c.apply(jobs + "/j/status", R"({"spec":{"parallelism":5},
    "status":{"ready":0,"active":1}})",
                      "controller");
  REQUIRE(done.status == 200);
  CHECK(done.text({"spec", "parallelism"}) == "1");
  CHECK(done.text({"status", "active"}) == "1");
  CHECK(fields_of_manager(done, "controller")
        == R"({"f:status":{"f:active":{},"f:ready":{}}})");
}
