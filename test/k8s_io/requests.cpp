#include "k8s_io/requests.hpp"

#include <catch2/catch.hpp>

#include <boost/json/parse.hpp>

using namespace holystone;
using namespace holystone::k8s_io;

namespace {

request ask(verb what, resource kind, std::string ns = {},
            std::string name = {}) {
  request out;
  out.what = what;
  out.kind = kind;
  out.ns = std::move(ns);
  out.name = std::move(name);
  return out;
}

boost::json::value body_of(const request& what) {
  return boost::json::parse(to_body(what));
}

} // namespace

TEST_CASE("paths follow group, scope, name and subresource") {
  CHECK(to_target(ask(verb::get, resources::secrets, "a", "s"))
        == "/api/v1/namespaces/a/secrets/s");
  CHECK(to_target(ask(verb::list, resources::jobs)) == "/apis/batch/v1/jobs");
  CHECK(to_target(ask(verb::get, resources::volumes, "", "pv"))
        == "/api/v1/persistentvolumes/pv");
  auto status
      = ask(verb::merge_patch, resources::replication_sources, "a", "b");
  status.subresource = "status";
  CHECK(to_target(status)
        == "/apis/volsync.backube/v1alpha1/namespaces/a/replicationsources/b"
           "/status?fieldManager=holystone");
}

TEST_CASE("a create names its object in the body only") {
  auto call = ask(verb::create, resources::leases, "ops", "lock");
  call.body = "{}";
  CHECK(to_method(call.what) == "POST");
  CHECK(to_target(call)
        == "/apis/coordination.k8s.io/v1/namespaces/ops/leases"
           "?fieldManager=holystone");
  CHECK(to_body(call) == "{}");
}

TEST_CASE("a query escapes everything but unreserved characters") {
  auto call = ask(verb::list, resources::pods, "a");
  call.label_selector = "a/b=c,d in (e, f)";
  call.continue_token = "x+/=&";
  CHECK(to_target(call)
        == "/api/v1/namespaces/a/pods?labelSelector=a%2Fb%3Dc%2Cd%20in%20"
           "%28e%2C%20f%29&continue=x%2B%2F%3D%26");
}

TEST_CASE("a list of one name selects it by its field") {
  auto call = ask(verb::watch, resources::leases, "ops", "lock");
  call.field_selector = "a=b";
  CHECK(to_target(call)
        == "/apis/coordination.k8s.io/v1/namespaces/ops/leases?watch=true&"
           "allowWatchBookmarks=true&"
           "fieldSelector=a%3Db%2Cmetadata.name%3Dlock");
}

TEST_CASE("R-01: a list asks for any age, a version, or the newest") {
  auto call = ask(verb::list, resources::jobs);
  CHECK(to_target(call) == "/apis/batch/v1/jobs");
  call.resource_version = "0";
  CHECK(to_target(call) == "/apis/batch/v1/jobs?resourceVersion=0");
  call.resource_version = "";
  CHECK(to_target(call) == "/apis/batch/v1/jobs");
}

TEST_CASE("R-02: a watch says how long it may last") {
  auto call = ask(verb::watch, resources::jobs);
  call.timeout = seconds{421};
  call.resource_version = "77";
  CHECK(to_target(call)
        == "/apis/batch/v1/jobs?watch=true&allowWatchBookmarks=true&"
           "resourceVersion=77&timeoutSeconds=421");
}

TEST_CASE("R-04: a further page carries its token and no version") {
  auto call = ask(verb::list, resources::jobs);
  call.limit = 500;
  call.resource_version = "0";
  CHECK(to_target(call) == "/apis/batch/v1/jobs?limit=500&resourceVersion=0");
  call.continue_token = "t";
  CHECK(to_target(call) == "/apis/batch/v1/jobs?limit=500&continue=t");
}

TEST_CASE("R-05: every watch asks for bookmarks") {
  CHECK(to_target(ask(verb::watch, resources::pods))
            .find("allowWatchBookmarks=true")
        != std::string::npos);
}

TEST_CASE("metadata-only requests never accept content") {
  auto call = ask(verb::list, resources::secrets);
  CHECK(accept(call) == "application/json");
  call.metadata_only = true;
  CHECK(accept(call)
        == "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1");
  call.what = verb::watch;
  CHECK(accept(call)
        == "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1");
}

TEST_CASE("R-39: a delete carries the preconditions that it was given") {
  auto call = ask(verb::remove, resources::jobs, "a", "j");
  CHECK(to_method(call.what) == "DELETE");
  CHECK(content_type(call) == "application/json");
  CHECK(body_of(call)
        == boost::json::value{{"kind", "DeleteOptions"},
                              {"apiVersion", "v1"},
                              {"propagationPolicy", "Background"}});
  call.uid = {"u-1"};
  call.version = {"12"};
  call.dependents = propagation::foreground;
  CHECK(body_of(call)
        == boost::json::value{
            {"kind", "DeleteOptions"},
            {"apiVersion", "v1"},
            {"propagationPolicy", "Foreground"},
            {"preconditions", {{"uid", "u-1"}, {"resourceVersion", "12"}}}});
}

TEST_CASE("A-2: no delete leaves its propagation to the server") {
  for (auto how : {propagation::foreground, propagation::background}) {
    auto call = ask(verb::remove, resources::cron_jobs, "a", "c");
    call.dependents = how;
    CHECK(body_of(call).as_object().contains("propagationPolicy"));
  }
}

TEST_CASE("R-45: apply forces our fields under the one manager's name") {
  auto call = ask(verb::apply, resources::cron_jobs, "a", "c");
  call.body = R"({"x":1})";
  CHECK(to_method(call.what) == "PATCH");
  CHECK(content_type(call) == "application/apply-patch+yaml");
  CHECK(to_target(call)
        == "/apis/batch/v1/namespaces/a/cronjobs/c"
           "?fieldManager=holystone&force=true");
  CHECK(to_body(call) == R"({"x":1})");
}

TEST_CASE("R-45: the field manager never changes") {
  CHECK(field_manager == "holystone");
  for (auto what : {verb::create, verb::merge_patch, verb::json_patch})
    CHECK(to_target(ask(what, resources::jobs, "a", "j"))
              .find("?fieldManager=holystone")
          != std::string::npos);
}

TEST_CASE("R-49: no verb is a PUT") {
  for (auto what :
       {verb::get, verb::list, verb::watch, verb::create, verb::apply,
        verb::merge_patch, verb::json_patch, verb::remove})
    CHECK(to_method(what) != "PUT");
}

TEST_CASE("patches have the content type of their kind") {
  CHECK(content_type(ask(verb::merge_patch, resources::jobs))
        == "application/merge-patch+json");
  CHECK(content_type(ask(verb::json_patch, resources::jobs))
        == "application/json-patch+json");
  CHECK(content_type(ask(verb::get, resources::jobs)).empty());
}

TEST_CASE("a description names the verb, the object and the server's words") {
  auto call = ask(verb::apply, resources::cron_jobs, "a", "c");
  response answer;
  answer.status = 422;
  answer.body = R"({"kind":"Status","code":422,"reason":"Invalid",)"
                R"("message":"spec.schedule: bad"})";
  CHECK(describe(call, answer)
        == "apply cronjobs.batch a/c: 422: spec.schedule: bad");
  answer.status = 502;
  answer.body = "<html>";
  CHECK(describe(call, answer).find("is a proxy in between?")
        != std::string::npos);
  answer = {};
  answer.failure = "connection refused";
  CHECK(describe(call, answer)
        == "apply cronjobs.batch a/c: no answer: connection refused");
}

TEST_CASE("a description never quotes a Secret") {
  auto call = ask(verb::apply, resources::secrets, "a", "s");
  call.body = R"({"stringData":{"p":"hunter2"}})";
  response answer;
  answer.status = 422;
  answer.body = R"({"kind":"Status","code":422,"reason":"Invalid",)"
                R"("message":"data[p]: Invalid value: \"hunter2\"",)"
                R"("details":{"causes":[{"field":"data[p]"}]}})";
  CHECK(describe(call, answer) == "apply secrets a/s: 422: Invalid at data[p]");
  answer.status = 500;
  answer.body = "hunter2";
  CHECK(describe(call, answer).find("hunter2") == std::string::npos);
}
