#include "simulator/discovery.hpp"

#include "simulator/kinds.hpp"

#include <boost/json.hpp>
#include <catch2/catch.hpp>

#include <set>

using namespace holystone::simulator;
namespace json = boost::json;

namespace {

std::optional<reply> ask(const std::string& target,
                         const std::string& accept = "application/json") {
  kind_registry kinds;
  call what;
  what.target = target;
  what.accept = accept;
  return discover(what, kinds, "v1.36.0");
}

json::value body_of(const std::string& target,
                    const std::string& accept = "application/json") {
  auto answer = ask(target, accept);
  REQUIRE(answer);
  REQUIRE(answer->status == 200);
  return json::parse(answer->body);
}

const std::string aggregated_accept
    = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,"
      "application/json;g=apidiscovery.k8s.io;v=v2beta1;"
      "as=APIGroupDiscoveryList,application/json";

} // namespace

TEST_CASE("paths of objects are left to the server") {
  for (auto path :
       {"/api/v1/pods", "/api/v1/namespaces/default",
        "/apis/batch/v1/jobs?watch=1", "/apis/batch/v1/namespaces/a/jobs/b"})
    CHECK_FALSE(ask(path));
}

TEST_CASE("the version names what the server plays") {
  auto version = body_of("/version");
  CHECK(version.at("gitVersion") == "v1.36.0");
  CHECK(version.at("major") == "1");
  CHECK(version.at("minor") == "36");
}

TEST_CASE("health says ok and an unknown path says NotFound as a Status") {
  for (auto path : {"/healthz", "/readyz?verbose", "/livez"})
    CHECK(ask(path)->body == "ok");
  for (auto path : {"/", "/metrics", "/apis/none.example", "/apis/batch/v9",
                    "/openapi/v2", "/openapi/v3/apis/none/v1"}) {
    auto answer = ask(path);
    REQUIRE(answer);
    CHECK(answer->status == 404);
    CHECK(json::parse(answer->body).at("kind") == "Status");
  }
}

TEST_CASE("the old discovery lists groups, versions and resources") {
  CHECK(body_of("/api").at("versions") == json::array{"v1"});
  std::set<std::string> groups;
  auto all = body_of("/apis");
  for (const auto& group : all.at("groups").as_array())
    groups.emplace(group.at("name").as_string());
  CHECK(groups.contains("batch"));
  CHECK(groups.contains("apiextensions.k8s.io"));
  CHECK_FALSE(groups.contains(""));
  CHECK(body_of("/apis/batch").at("preferredVersion").at("groupVersion")
        == "batch/v1");
  auto batch = body_of("/apis/batch/v1");
  CHECK(batch.at("groupVersion") == "batch/v1");
  std::set<std::string> names;
  for (const auto& resource : batch.at("resources").as_array()) {
    names.emplace(resource.at("name").as_string());
    if (resource.at("name") == "cronjobs") {
      CHECK(resource.at("singularName") == "cronjob");
      CHECK(resource.at("shortNames") == json::array{"cj"});
      CHECK(resource.at("namespaced") == true);
    }
  }
  CHECK(names
        == std::set<std::string>{"cronjobs", "cronjobs/status", "jobs",
                                 "jobs/status"});
}

TEST_CASE("the core group has its resources and the log of pods") {
  auto core = body_of("/api/v1");
  auto found = false;
  for (const auto& resource : core.at("resources").as_array())
    found = found || resource.at("name") == "pods/log";
  CHECK(found);
  CHECK(core.at("groupVersion") == "v1");
}

TEST_CASE("aggregated discovery answers in the newest version asked for") {
  auto answer = ask("/apis", aggregated_accept);
  REQUIRE(answer);
  CHECK(answer->content_type
        == "application/json;g=apidiscovery.k8s.io;v=v2;"
           "as=APIGroupDiscoveryList");
  auto list = json::parse(answer->body);
  CHECK(list.at("kind") == "APIGroupDiscoveryList");
  CHECK(list.at("apiVersion") == "apidiscovery.k8s.io/v2");
  for (const auto& group : list.at("items").as_array()) {
    CHECK(group.at("metadata").as_object().contains("name"));
    CHECK(group.at("versions").as_array().size() == 1);
  }
  auto core = body_of("/api", aggregated_accept);
  REQUIRE(core.at("items").as_array().size() == 1);
  auto& version = core.at("items").at(0).at("versions").at(0);
  CHECK(version.at("version") == "v1");
  auto pods = 0;
  for (const auto& resource : version.at("resources").as_array())
    if (resource.at("resource") == "pods") {
      ++pods;
      CHECK(resource.at("scope") == "Namespaced");
      CHECK(resource.at("subresources").as_array().size() == 2);
    }
  CHECK(pods == 1);
  CHECK(ask("/apis", "application/json;g=apidiscovery.k8s.io;v=v2beta1;"
                     "as=APIGroupDiscoveryList")
            ->content_type.find("v2beta1")
        != std::string::npos);
}

TEST_CASE("OpenAPI lists one document per group version that takes checks") {
  auto root = body_of("/openapi/v3");
  auto& entry = root.at("paths").at("apis/batch/v1");
  auto document
      = body_of(std::string{entry.at("serverRelativeURL").as_string()});
  auto& item = document.at("paths").at(
      "/apis/batch/v1/namespaces/{namespace}/cronjobs/{name}");
  auto checked = false;
  for (const auto& parameter : item.at("patch").at("parameters").as_array())
    checked = checked || parameter.at("name") == "fieldValidation";
  CHECK(checked);
  auto& gvk = item.at("patch").at("x-kubernetes-group-version-kind");
  CHECK(gvk.at("kind") == "CronJob");
  CHECK(document.at("components")
            .at("schemas")
            .as_object()
            .contains("batch.v1.CronJob"));
}
