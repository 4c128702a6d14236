#include "k8s_io/predecessor_objects.hpp"

#include "fork_objects.hpp"
#include "k8s_io/fields.hpp"
#include "k8s_io/objects.hpp"

#include <catch2/catch.hpp>

using namespace holystone;
using namespace holystone::k8s_io;
using namespace holystone::test;

namespace {

namespace json = boost::json;

/// What the API server adds to an object that the fork made.
json::object stored(json::object object, std::string_view manager = "manager") {
  auto& meta = object["metadata"].as_object();
  meta["uid"] = "u1";
  meta["resourceVersion"] = "7";
  meta["managedFields"] = json::array{
      json::object{
          {"manager", manager},
          {"operation", "Update"},
          {"apiVersion", "batch/v1"},
          {"time", "2025-11-21T02:00:00Z"},
          {"fieldsType", "FieldsV1"},
          {"fieldsV1",
           {{"f:metadata", {{"f:labels", {{"f:old", json::object{}}}}}},
            {"f:spec",
             {{"f:schedule", json::object{}},
              {"f:jobTemplate",
               {{"f:spec", {{"f:backoffLimit", json::object{}}}}}}}}}}},
      json::object{{"manager", "kube-controller-manager"},
                   {"operation", "Update"},
                   {"apiVersion", "batch/v1"},
                   {"subresource", "status"},
                   {"fieldsV1", {{"f:status", json::object{}}}}}};
  return object;
}

json::object& container_in(json::object& cron_job) {
  return cron_job["spec"]
      .as_object()["jobTemplate"]
      .as_object()["spec"]
      .as_object()["template"]
      .as_object()["spec"]
      .as_object()["containers"]
      .as_array()[0]
      .as_object();
}

/// A Job or a pod with this spec.
json::object of_kind(std::string_view kind, json::object spec) {
  json::object inner{{"template", {{"spec", spec}}}};
  return {{"kind", kind},
          {"metadata", {{"name", "x"}, {"namespace", "app"}, {"uid", "u"}}},
          {"spec", kind == "Job" ? inner : spec}};
}

} // namespace

TEST_CASE("CronJobs of each of the fork's generations are known, with the "
          "Secret that names their repository") {
  struct row {
    json::object object;
    object_key secret;
    bool of_maintenance;
  };
  const std::vector<row> rows{
      {fork::cron_job_g1a("app"), {"app", "kopia"}, false},
      {fork::cron_job_s0("app"), {"app", "kopia"}, false},
      {fork::cron_job_g1b("app"),
       {"volsync-system", "maintenance-app-kopia"},
       false},
      {fork::cron_job_g2("app", "kopia-maint-daily-0123456789abcdef", "daily",
                         "km"),
       {"app", "kopia"},
       true},
      {fork::cron_job_g2("app", "kopia-maint-daily-01234567", "daily", "km"),
       {"app", "kopia"},
       true}};
  for (const auto& one : rows) {
    json::value object = stored(one.object);
    INFO(json::serialize(object));
    REQUIRE(is_of_fork(object));
    auto old = read_predecessor(object);
    CHECK(secret_of_fork(object) == one.secret);
    CHECK(old.secret == one.secret);
    CHECK(old.of_maintenance == one.of_maintenance);
    CHECK(old.object.exists);
    CHECK_FALSE(old.object.ours);
    CHECK_FALSE(old.object.suspend);
    CHECK_FALSE(old.active);
    CHECK_FALSE(old.is_adopted);
    CHECK_FALSE(old.touched);
  }
}

TEST_CASE("Jobs and pods of the fork are known by what runs in them") {
  for (auto kind : {"Job", "Pod"}) {
    CHECK(is_of_fork(of_kind(kind, fork::pod_spec_g1("kopia"))));
    CHECK(is_of_fork(of_kind(kind, fork::pod_spec_g2("kopia"))));
    CHECK(secret_of_fork(of_kind(kind, fork::pod_spec_g2("kopia")))
          == object_key{"app", "kopia"});
  }
  CHECK(is_of_fork(fork::manual_job("app", "daily")));
}

TEST_CASE(
    "what a user made with the fork's labels is nobody's but the user's") {
  auto is_forks_with = [](auto change) {
    auto object = fork::cron_job_g1a("app");
    change(object);
    return is_of_fork(object);
  };
  CHECK(is_forks_with([](json::object&) {}));
  CHECK_FALSE(is_forks_with(
      [](json::object& object) { container_in(object)["name"] = "backup"; }));
  CHECK_FALSE(is_forks_with([](json::object& object) {
    container_in(object)["args"] = json::array{"kopia maintenance run"};
  }));
  CHECK_FALSE(is_forks_with([](json::object& object) {
    container_in(object)["env"] = fork::environment("source");
  }));
  CHECK_FALSE(is_forks_with([](json::object& object) {
    object["metadata"]
        .as_object()["labels"]
        .as_object()["volsync.backube/location-hash"]
        = "0123456789abcdef";
  }));
  CHECK_FALSE(is_of_fork(json::object{{"kind", "Pod"}}));
}

TEST_CASE("the fork's copies are known in the operator's namespace, by label, "
          "annotations and name") {
  auto copy = fork::copy_g1b("app", {});
  CHECK(is_copy_of_fork(copy, "volsync-system"));
  CHECK(read_secret(copy, "volsync-system").of_fork);
  CHECK_FALSE(read_secret(copy, "volsync-system").copy);
  CHECK_FALSE(is_copy_of_fork(copy, "elsewhere"));
  auto named = copy;
  named["metadata"].as_object()["name"] = "mine";
  CHECK_FALSE(is_copy_of_fork(named, "volsync-system"));
  auto ours = copy;
  ours["metadata"]
      .as_object()["labels"]
      .as_object()["volsync.backube/holystone-copy"]
      = "true";
  CHECK_FALSE(is_copy_of_fork(ours, "volsync-system"));
}

TEST_CASE("A-16: adopting is one patch on the version that makes the writer's "
          "fields ours and suspends") {
  json::value object = stored(fork::cron_job_g1a("app"));
  auto patch = adopt(object);
  CHECK(patch.what == verb::json_patch);
  CHECK(patch.ns == "app");
  CHECK(patch.name == fork::name_g1a);
  auto steps = json::parse(patch.body.text());
  CHECK(steps.at(0)
        == json::value{
            {"op", "test"}, {"path", "/metadata/uid"}, {"value", "u1"}});
  CHECK(steps.at(1)
        == json::value{{"op", "replace"},
                       {"path", "/metadata/resourceVersion"},
                       {"value", "7"}});
  CHECK(steps.at(2)
        == json::value{
            {"op", "add"}, {"path", "/spec/suspend"}, {"value", true}});
  const auto& entries = steps.at(3).at("value").as_array();
  REQUIRE(entries.size() == 2);
  // The controller's status stays the controller's.
  CHECK(text_at(entries[0], "manager") == "kube-controller-manager");
  CHECK(text_at(entries[1], "manager") == "holystone");
  CHECK(text_at(entries[1], "operation") == "Apply");
  CHECK(*find(entries[1], "fieldsV1")
        == *find(items_at(object, "metadata", "managedFields").at(0),
                 "fieldsV1"));
  // Once more changes nothing: what was adopted is seen to be.
  auto after = object;
  after.as_object()["metadata"].as_object()["managedFields"] = entries;
  CHECK(read_predecessor(after).is_adopted);
  CHECK(json::parse(adopt(after).body.text()).at(3) == steps.at(3));
}

TEST_CASE("A-16: fields of both entries are merged, whoever made the object") {
  auto object = stored(fork::cron_job_g1a("app"), "velero-server");
  object["metadata"].as_object()["managedFields"].as_array().push_back(
      json::object{
          {"manager", "holystone"},
          {"operation", "Apply"},
          {"apiVersion", "batch/v1"},
          {"fieldsType", "FieldsV1"},
          {"fieldsV1", {{"f:spec", {{"f:timeZone", json::object{}}}}}}});
  auto steps = json::parse(adopt(object).body.text());
  const auto& entries = steps.at(3).at("value").as_array();
  REQUIRE(entries.size() == 2);
  CHECK(find(entries[1], "fieldsV1", "f:spec", "f:timeZone"));
  CHECK(find(entries[1], "fieldsV1", "f:spec", "f:jobTemplate", "f:spec",
             "f:backoffLimit"));
  CHECK(find(entries[1], "fieldsV1", "f:metadata", "f:labels", "f:old"));
}

TEST_CASE("a CronJob of the fork's tells when we wrote to it and whether its "
          "Jobs run") {
  auto object = stored(fork::cron_job_g1a("app"));
  object["metadata"].as_object()["managedFields"].as_array().push_back(
      json::object{
          {"manager", "holystone"},
          {"operation", "Update"},
          {"time", "2026-11-21T12:00:00Z"},
          {"fieldsV1", {{"f:spec", {{"f:suspend", json::object{}}}}}}});
  object["status"] = {{"active", {{{"name", "x"}}}},
                      {"lastScheduleTime", "2026-11-21T02:00:00Z"}};
  auto old = read_predecessor(object);
  CHECK(old.touched == parse_rfc3339("2026-11-21T12:00:00Z"));
  CHECK(old.active);
  CHECK(old.object.last_schedule == parse_rfc3339("2026-11-21T02:00:00Z"));
}

TEST_CASE("what is asked of the fork's objects names its UID, and a CronJob's "
          "Jobs go first") {
  auto halt = suspend(suspend_predecessor{{"app", "old"}, {"u"}});
  CHECK(halt.what == verb::merge_patch);
  CHECK(json::parse(halt.body.text())
        == json::value{{"metadata", {{"uid", "u"}}},
                       {"spec", {{"suspend", true}}}});
  auto gone = remove(
      remove_predecessor{predecessor::kind::cron_job, {"app", "old"}, {"u"}});
  CHECK(gone.kind == resources::cron_jobs);
  CHECK(gone.uid == object_uid{"u"});
  CHECK(gone.dependents == propagation::foreground);
  CHECK(remove(remove_predecessor{
                   predecessor::kind::secret_copy, {"app", "old"}, {"u"}})
            .kind
        == resources::secrets);
}
