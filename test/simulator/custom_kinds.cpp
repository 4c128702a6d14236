#include "simulator/crd.hpp"
#include "simulator/kinds.hpp"
#include "test/simulator/test_cluster.hpp"

#include "k8s_io/yaml.hpp"

using namespace holystone::simulator;
namespace json = boost::json;

namespace {

const std::string definitions
    = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
const std::string widgets = "/apis/x.io/v1/namespaces/default/widgets";

std::string definition(const std::string& spec_schema) {
  return R"({"metadata":{"name":"widgets.x.io"},"spec":{"group":"x.io",
    "scope":"Namespaced","names":{"plural":"widgets","kind":"Widget"},
    "versions":[{"name":"v1","served":true,"storage":true,
    "subresources":{"status":{}},"additionalPrinterColumns":[
      {"name":"Ready","type":"string",
       "jsonPath":".status.conditions[?(@.type==\"Ready\")].status"}],
    "schema":{"openAPIV3Schema":{"type":"object","properties":{
      "spec":)"
         + spec_schema + R"(,
      "status":{"type":"object",
        "x-kubernetes-preserve-unknown-fields":true}}}}}]}})";
}

std::string widget(const std::string& spec) {
  return R"({"apiVersion":"x.io/v1","kind":"Widget",
    "metadata":{"name":"w"},"spec":)"
         + spec + "}";
}

void define(test_cluster& c, const std::string& spec_schema) {
  auto made = c.post(definitions, definition(spec_schema));
  INFO(json::serialize(made.body));
  REQUIRE(made.status == 201);
}

} // namespace

TEST_CASE("a definition makes its kind served and established") {
  test_cluster c;
  CHECK(c.get(widgets).status == 404);
  define(c, R"({"type":"object"})");
  auto got = c.get(definitions + "/widgets.x.io");
  CHECK(got.body.at("status").at("conditions").at(1).at("type")
        == "Established");
  CHECK(got.text({"spec", "names", "listKind"}) == "WidgetList");
  CHECK(c.get(widgets).text({"kind"}) == "WidgetList");
  auto found = c.server.kinds().find("x.io", "v1", "widgets");
  REQUIRE(found != nullptr);
  CHECK(found->singular == "widget");
  REQUIRE(c.post(widgets, widget("{}")).status == 201);
  CHECK(c.remove(definitions + "/widgets.x.io").text({"kind"})
        == "CustomResourceDefinition");
  c.server.step(c.now);
  CHECK(c.get(widgets).status == 404);
  CHECK(c.get(definitions + "/widgets.x.io").status == 404);
}

TEST_CASE("what an object of a deleted kind owned goes once the kind is served "
          "again, for until then nobody knows whether its owner is gone") {
  test_cluster c;
  define(c, R"({"type":"object"})");
  auto owner = c.post(widgets, widget("{}"));
  REQUIRE(owner.status == 201);
  REQUIRE(c.post(config_maps, R"({"metadata":{"name":"owned",
    "ownerReferences":[{"apiVersion":"x.io/v1","kind":"Widget","name":"w",
    "uid":")" + owner.uid() + "\"}]}}")
              .status
          == 201);
  c.server.step(c.now);
  c.remove(definitions + "/widgets.x.io");
  for (int i = 0; i < 3; ++i)
    CHECK(c.server.step(c.now) == c.now + holystone::seconds{30});
  CHECK(c.get(config_maps + "/owned").status == 200);
  define(c, R"({"type":"object"})");
  c.server.step(c.now);
  CHECK(c.get(config_maps + "/owned").status == 404);
}

TEST_CASE("unknown fields of custom objects are pruned or kept as told") {
  test_cluster c;
  define(c, R"({"type":"object","properties":{"a":{"type":"string"},
    "free":{"type":"object","x-kubernetes-preserve-unknown-fields":true}}})");
  auto made = c.post(widgets, widget(R"({"a":"x","b":1,"free":{"z":[1]}})"));
  CHECK(made.body.at("spec") == json::parse(R"({"a":"x","free":{"z":[1]}})"));
  CHECK(made.warnings == std::vector<std::string>{"unknown field \"spec.b\""});
}

TEST_CASE("defaults of the schema are set, nested ones where parents are") {
  test_cluster c;
  define(c, R"({"type":"object","properties":{
    "n":{"type":"integer","default":3},
    "in":{"type":"object","properties":{"m":{"type":"string",
      "default":"y"}}},
    "list":{"type":"array","items":{"type":"object","properties":
      {"p":{"type":"boolean","default":true}}}}}})");
  auto made = c.post(widgets, widget(R"({"in":{},"list":[{},{"p":false}],
    "n":null})"));
  CHECK(made.body.at("spec")
        == json::parse(R"({"in":{"m":"y"},"list":[{"p":true},{"p":false}],
                           "n":3})"));
}

TEST_CASE("the schema's constraints are checked") {
  test_cluster c;
  define(c, R"({"type":"object","required":["r"],"properties":{
    "r":{"type":"string","minLength":1,"maxLength":3},
    "e":{"type":"string","enum":["A","B"]},
    "p":{"type":"string","pattern":"^[a-z]+$"},
    "i":{"type":"integer","format":"int32","minimum":0,"maximum":9},
    "d":{"type":"string","format":"date-time"},
    "q":{"x-kubernetes-int-or-string":true,
         "anyOf":[{"type":"integer"},{"type":"string"}]},
    "l":{"type":"array","maxItems":2,"x-kubernetes-list-type":"map",
         "x-kubernetes-list-map-keys":["k"],
         "items":{"type":"object","properties":{"k":{"type":"string"}}}},
    "s":{"type":"array","x-kubernetes-list-type":"set",
         "items":{"type":"string"}}}})");
  struct row {
    std::string spec;
    std::string field;
  };
  for (auto& each : std::vector<row>{
           {R"({})", "spec.r"},
           {R"({"r":""})", "spec.r"},
           {R"({"r":"abcd"})", "spec.r"},
           {R"({"r":1})", "spec.r"},
           {R"({"r":"a","e":"C"})", "spec.e"},
           {R"({"r":"a","p":"A"})", "spec.p"},
           {R"({"r":"a","i":-1})", "spec.i"},
           {R"({"r":"a","i":10})", "spec.i"},
           {R"({"r":"a","i":1.5})", "spec.i"},
           {R"({"r":"a","d":"yesterday"})", "spec.d"},
           {R"({"r":"a","q":true})", "spec.q"},
           {R"({"r":"a","l":[{"k":"x"},{"k":"x"}]})", "spec.l[1]"},
           {R"({"r":"a","l":[{"k":"x"},{"k":"y"},{"k":"z"}]})", "spec.l"},
           {R"({"r":"a","s":["x","x"]})", "spec.s[1]"},
       }) {
    auto got = c.post(widgets + "?dryRun=All", widget(each.spec));
    INFO(each.spec << " -> " << json::serialize(got.body));
    REQUIRE(got.status == 422);
    CHECK(holystone::k8s_io::text_at(got.body.at("details").at("causes").at(0),
                                     "field")
          == each.field);
  }
  CHECK(c.post(widgets, widget(R"({"r":"äöü","e":"A","p":"a","i":9,
    "d":"2026-11-21T02:00:00Z","q":"1Gi","l":[{"k":"x"},{"k":"y"}],
    "s":["x","y"]})"))
            .status
        == 201);
}

TEST_CASE("a pattern is no danger to a very long text") {
  test_cluster c;
  define(c, R"({"type":"object","properties":{"a":{"type":"string",
    "pattern":"^[a-z][a-z._-]*[a-z]$|^[a-z]$"}}})");
  auto asked = c.post(
      widgets, widget(R"({"a":")" + std::string(1'000'000, 'u') + R"("})"));
  CHECK(asked.status == 422);
  CHECK_THAT(asked.text({"message"}), Catch::Contains("should match"));
  CHECK(c.post(widgets, widget(R"({"a":")" + std::string(8000, 'u') + R"("})"))
            .status
        == 201);
}

TEST_CASE("what was stored before a rule came stays editable") {
  test_cluster c;
  define(c, R"({"type":"object","properties":{"a":{"type":"string"},
    "b":{"type":"string"}}})");
  REQUIRE(c.post(widgets, widget(R"({"a":"LOUD"})")).status == 201);
  auto stricter = json::parse(definition(R"({"type":"object","properties":{
    "a":{"type":"string","pattern":"^[a-z]*$"},"b":{"type":"string"}}})"));
  auto old = c.get(definitions + "/widgets.x.io");
  stricter.at("metadata").as_object()["resourceVersion"] = old.version();
  REQUIRE(c.put(definitions + "/widgets.x.io", json::serialize(stricter)).status
          == 200);
  CHECK(c.merge(widgets + "/w", R"({"spec":{"b":"x"}})").status == 200);
  CHECK(c.merge(widgets + "/w", R"({"spec":{"a":"LOUDER"}})").status == 422);
}

TEST_CASE("the status of a custom object is its own subresource") {
  test_cluster c;
  define(c, R"({"type":"object","properties":{"a":{"type":"string"}}})");
  auto made = c.post(widgets, R"({"apiVersion":"x.io/v1","kind":"Widget",
    "metadata":{"name":"w"},
    "spec":{"a":"x"},"status":{"s":1}})");
  CHECK(made.text({"status"}).empty());
  auto status = c.merge(widgets + "/w/status", R"({"metadata":{"labels":
    {"l":"1"}},"spec":{"a":"y"},"status":{"s":2}})");
  CHECK(status.status == 200);
  CHECK(status.text({"status", "s"}) == "2");
  CHECK(status.text({"spec", "a"}) == "x");
  CHECK(status.text({"metadata", "labels"}).empty());
  CHECK(status.text({"metadata", "generation"}) == "1");
  auto spec = c.merge(widgets + "/w", R"({"spec":{"a":"z"}})");
  CHECK(spec.text({"metadata", "generation"}) == "2");
  CHECK(spec.text({"status", "s"}) == "2");
}

TEST_CASE("a definition's own list type decides on server-side apply (R-48)") {
  test_cluster c;
  define(c, R"({"type":"object","properties":{
    "m":{"type":"array","x-kubernetes-list-type":"map",
      "x-kubernetes-list-map-keys":["k"],"items":{"type":"object",
      "properties":{"k":{"type":"string"},"v":{"type":"string"}}}},
    "a":{"type":"array","items":{"type":"string"}}}})");
  auto w = widgets + "/w";
  REQUIRE(c.apply(w, R"({"spec":{"m":[{"k":"1","v":"a"}],"a":["x"]}})", "one")
              .status
          == 201);
  auto both = c.apply(w, R"({"spec":{"m":[{"k":"2","v":"b"}]}})", "two");
  REQUIRE(both.status == 200);
  CHECK(both.body.at("spec").at("m").as_array().size() == 2);
  CHECK(c.apply(w, R"({"spec":{"a":["y"]}})", "two").status == 409);
}

TEST_CASE("a PUT of a custom object needs its version, and a patch may not "
          "remove it (R-49)") {
  test_cluster c;
  define(c, R"({"type":"object"})");
  c.post(widgets, widget("{}"));
  CHECK(c.put(widgets + "/w", widget("{}")).status == 422);
  CHECK(
      c.merge(widgets + "/w", R"({"metadata":{"resourceVersion":null}})").status
      == 422);
  CHECK(c.merge(widgets + "/w", R"({"metadata":{"labels":{"a":"b"}}})").status
        == 200);
}

TEST_CASE("a definition with a CEL rule that has no equivalent is 501") {
  test_cluster c;
  auto refused = c.post(definitions, definition(R"({"type":"object",
    "x-kubernetes-validations":[{"rule":"self.a > 1"}]})"));
  CHECK(refused.status == 501);
  CHECK(refused.message().find("self.a > 1") != std::string::npos);
  CHECK(c.get(widgets).status == 404);
}

TEST_CASE("every rule of our own definitions has an equivalent check") {
  test_cluster c;
  for (auto name :
       {"kopiamaintenances", "replicationsources", "replicationdestinations"}) {
    auto failed = c.server.install(
        source_file(std::string{"deploy/crds/"} + name + ".yaml"), c.now);
    INFO(name << ": " << (failed ? failed->message : ""));
    CHECK_FALSE(failed);
    CHECK(c.server.kinds().find("volsync.backube", "v1alpha1", name)
          != nullptr);
  }
}

TEST_CASE("a schedule and a manual trigger exclude each other (S1)") {
  test_cluster c;
  REQUIRE_FALSE(c.server.install(
      source_file("deploy/crds/kopiamaintenances.yaml"), c.now));
  auto target = std::string{"/apis/volsync.backube/v1alpha1/namespaces/"
                            "default/kopiamaintenances"};
  auto with = [&](const std::string& trigger) {
    return c.post(target + "?dryRun=All", R"({"kind":"KopiaMaintenance",
      "apiVersion":"volsync.backube/v1alpha1","metadata":{"name":"k"},
      "spec":{"repository":{"repository":"s"},"trigger":)"
                                              + trigger + "}}");
  };
  auto refused = with(R"({"schedule":"0 2 * * *","manual":"now"})");
  CHECK(refused.status == 422);
  CHECK(refused.message().find("cannot specify both schedule and manual "
                               "triggers")
        != std::string::npos);
  CHECK(with(R"({"schedule":"0 2 * * *"})").status == 201);
  CHECK(with(R"({"manual":"now"})").status == 201);
}

TEST_CASE("resources of a KopiaMaintenance keep to the fork's bounds") {
  test_cluster c;
  REQUIRE_FALSE(c.server.install(
      source_file("deploy/crds/kopiamaintenances.yaml"), c.now));
  auto with = [&](const std::string& resources) {
    return c.post("/apis/volsync.backube/v1alpha1/namespaces/default/"
                  "kopiamaintenances?dryRun=All",
                  R"({"kind":"KopiaMaintenance",
                  "apiVersion":"volsync.backube/v1alpha1",
                  "metadata":{"name":"k"},"spec":{"repository":
                  {"repository":"s"},"resources":)"
                      + resources + "}}");
  };
  struct row {
    std::string resources;
    std::string field;
    std::string words;
  };
  for (auto& each : std::vector<row>{
           {R"({"limits":{"memory":0}})", "limits[memory]", "positive"},
           {R"({"limits":{"cpu":"0"}})", "limits[cpu]", "positive"},
           {R"({"requests":{"memory":"0Gi"}})", "requests[memory]", "positive"},
           {R"({"requests":{"cpu":"0.0"}})", "requests[cpu]", "positive"},
           {R"({"limits":{"memory":"100.1Gi"}})", "limits[memory]", "100Gi"},
           {R"({"limits":{"cpu":33}})", "limits[cpu]", "32 cores"},
           {R"({"limits":{"memory":"1G"},"requests":{"memory":"1Gi"}})",
            "requests[memory]", "exceeds memory limit"},
           {R"({"limits":{"cpu":"1"},"requests":{"cpu":"1001m"}})",
            "requests[cpu]", "exceeds CPU limit"},
           {R"({"limits":{"x":1}})", "limits", "unsupported resource limit"},
           {R"({"requests":{"x":1}})", "requests",
            "unsupported resource request"},
       }) {
    auto got = with(each.resources);
    INFO(each.resources << " -> " << json::serialize(got.body));
    REQUIRE(got.status == 422);
    auto& cause = got.body.at("details").at("causes").at(0);
    CHECK(cause.at("field").as_string() == "spec.resources." + each.field);
    CHECK_THAT(got.message(), Catch::Contains("invalid resource requirements")
                                  && Catch::Contains(each.words));
  }
  CHECK(with(R"({"limits":{"memory":"100Gi","cpu":"32"},"requests":
    {"memory":"1Gi","cpu":"1m","ephemeral-storage":1,"hugepages-2Mi":"2Mi"}})")
            .status
        == 201);
}

TEST_CASE("a manifest that cannot be installed names its object") {
  test_cluster c;
  auto failed = c.server.install("apiVersion: x.io/v1\nkind: Thing\n"
                                 "metadata: {name: t}\n",
                                 c.now);
  REQUIRE(failed);
  CHECK(failed->message.find("Thing t") != std::string::npos);
  REQUIRE(c.server.install("a: [", c.now));
}
