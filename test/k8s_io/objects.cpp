#include "k8s_io/objects.hpp"

#include "k8s_io/claimants.hpp"
#include "k8s_io/names.hpp"

#include <catch2/catch.hpp>

#include <functional>

using namespace holystone;
using namespace holystone::k8s_io;
namespace json = boost::json;

namespace {

json::value a_source() {
  return json::parse(R"({
    "metadata": {"namespace": "app", "name": "data", "uid": "u",
      "resourceVersion": "7", "generation": 3,
      "creationTimestamp": "2026-11-21T12:00:00Z",
      "annotations": {"volsync.backube/resync": "now"}},
    "spec": {"kopia": {"repository": "kopia",
      "customCA": {"configMapName": "ca"},
      "maintenanceIntervalDays": 7,
      "maintenanceCronJob": {"enabled": true, "schedule": "1 2 * * *",
        "timeZone": "UTC", "suspend": true,
        "successfulJobsHistoryLimit": 5, "failedJobsHistoryLimit": 2,
        "resources": {"requests": {"cpu": 1, "memory": "1Gi"}}}}}})");
}

json::value a_job() {
  return json::parse(R"({
    "metadata": {"namespace": "volsync-system", "name": "j", "uid": "ju",
      "resourceVersion": "9",
      "labels": {"volsync.backube/location-hash": "fedcba9876543210"},
      "annotations": {
        "batch.kubernetes.io/cronjob-scheduled-timestamp":
          "2026-11-21T02:00:00Z",
        "volsync.backube/job-template": "t"}},
    "spec": {"suspend": true}})");
}

json::value a_pod() {
  return json::parse(R"({
    "metadata": {"namespace": "volsync-system", "name": "p", "uid": "pu",
      "labels": {"batch.kubernetes.io/controller-uid": "ju"}},
    "spec": {"nodeName": "n"},
    "status": {"phase": "Succeeded", "containerStatuses": [
      {"name": "kopia-maintenance", "state": {"terminated": {
        "exitCode": 0, "startedAt": "2026-11-21T02:00:00Z",
        "finishedAt": "2026-11-21T02:01:00Z", "message": ""}}}]}})");
}

/// Sets what a path like `/spec/suspend` or `/list/0/name` leads to.
void set(json::value& object, std::string path, json::value value) {
  auto* here = &object;
  for (std::size_t from = 1; from <= path.size();) {
    auto to = std::min(path.find('/', from), path.size());
    auto key = path.substr(from, to - from);
    from = to + 1;
    if (auto* array = here->if_array()) {
      auto i = std::stoul(key);
      if (array->size() <= i)
        array->resize(i + 1);
      here = &(*array)[i];
    } else {
      if (!here->is_object())
        *here = json::object{};
      // A key of ours may hold a slash itself; none of these paths does.
      here = &here->as_object()[key];
    }
  }
  *here = std::move(value);
}

/// Every value of an object, one after another, replaced by another type.
void for_each_broken(const json::value& whole,
                     const std::function<void(const json::value&)>& read) {
  const std::vector<json::value> wrong{nullptr,
                                       true,
                                       -7,
                                       1e300,
                                       "text",
                                       json::array{1, "x", nullptr},
                                       json::object{{"a", nullptr}}};
  std::function<void(json::value&, json::value&)> walk
      = [&](json::value& root, json::value& here) {
          auto original = here;
          for (const auto& replacement : wrong) {
            here = replacement;
            read(root);
          }
          here = original;
          if (auto* object = here.if_object())
            for (auto& member : *object)
              walk(root, member.value());
          if (auto* array = here.if_array())
            for (auto& item : *array)
              walk(root, item);
        };
  auto copy = whole;
  walk(copy, copy);
}

} // namespace

TEST_CASE("a source is read with every field of its maintenance") {
  auto source = read_replication_source(a_source());
  CHECK(to_string(source.who) == "ReplicationSource app/data");
  CHECK(source.generation == 3);
  CHECK(source.is_kopia);
  CHECK(source.secret == "kopia");
  CHECK(source.resync == "now");
  auto long_mark = a_source();
  auto& mark = long_mark.at("metadata").at("annotations").as_object();
  mark["volsync.backube/resync"] = std::string(200'000, 'x');
  auto first = read_replication_source(long_mark).resync;
  mark["volsync.backube/resync"] = std::string(200'000, 'x') + "y";
  CHECK(first.size() == 16);
  CHECK(read_replication_source(long_mark).resync != first);
  CHECK(source.ca == custom_ca{"", "ca", "ca.crt"});
  const auto& given = std::get<embedded_maintenance>(source.maintenance);
  CHECK(given.interval_days == 7);
  REQUIRE(given.block);
  const auto& block = *given.block;
  CHECK(block.enabled == true);
  CHECK(block.schedule == "1 2 * * *");
  CHECK(block.suspend == true);
  CHECK(block.successful_jobs_history_limit == 5);
  CHECK(block.has_resources);
  CHECK(block.requests == quantities{{"cpu", "1"}, {"memory", "1Gi"}});
  CHECK(block.limits.empty());
  CHECK_FALSE(source.status);
}

TEST_CASE("a source of another mover is none of ours") {
  auto other = a_source();
  other.as_object()["spec"] = {{"restic", {{"repository", "r"}}}};
  CHECK_FALSE(read_replication_source(other).is_kopia);
}

TEST_CASE("a Secret is preferred to a ConfigMap as CA") {
  auto both = a_source();
  set(both, "/spec/kopia/customCA/secretName", "s");
  set(both, "/spec/kopia/customCA/key", "k");
  CHECK(read_replication_source(both).ca == custom_ca{"s", "", "k"});
}

TEST_CASE("readers take any JSON whatever and never throw") {
  auto status = a_source();
  set(status, "/status/conditions",
      json::array{
          json::object{{"type", "MaintenanceReady"}, {"status", "True"}}});
  for_each_broken(status, [](const json::value& broken) {
    CHECK_NOTHROW(read_replication_source(broken));
    CHECK_NOTHROW(read_cron_job(broken));
  });
  for_each_broken(a_job(), [](const json::value& broken) {
    CHECK_NOTHROW(read_job(broken));
    CHECK_NOTHROW(read_lease(broken));
  });
  for_each_broken(a_pod(), [](const json::value& broken) {
    CHECK_NOTHROW(read_pod(broken));
    CHECK_NOTHROW(read_secret(broken, "volsync-system"));
  });
}

TEST_CASE("a Job waits, runs, is complete or failed") {
  auto job = a_job();
  CHECK(read_job(job).state == job_state::waiting);
  CHECK(read_job(job).slot == parse_rfc3339("2026-11-21T02:00:00Z"));
  CHECK(read_job(job).ours);
  set(job, "/spec/suspend", false);
  CHECK(read_job(job).state == job_state::running);
  set(job, "/status/active", 1);
  set(job, "/status/failed", 1);
  CHECK(read_job(job).pods == 2);
  set(job, "/status/conditions",
      json::parse(R"([{"type":"SuccessCriteriaMet","status":"True"},
        {"type":"Failed","status":"False"}])"));
  CHECK(read_job(job).state == job_state::running);
  set(job, "/status/conditions",
      json::parse(R"([{"type":"Complete","status":"True",
        "lastTransitionTime":"2026-11-21T02:05:00Z"}])"));
  CHECK(read_job(job).state == job_state::complete);
  CHECK(read_job(job).finished == parse_rfc3339("2026-11-21T02:05:00Z"));
  set(job, "/status/conditions",
      json::parse(R"([{"type":"Failed","status":"True",
        "reason":"DeadlineExceeded","message":"late"}])"));
  CHECK(read_job(job).state == job_state::failed);
  CHECK(read_job(job).reason == "DeadlineExceeded");
}

TEST_CASE("a Job without our location label is not ours") {
  auto job = a_job();
  set(job, "/metadata/labels", json::object{});
  CHECK_FALSE(read_job(job).ours);
}

TEST_CASE("A-10: a Job that had started without the ticket can't get it") {
  auto job = a_job();
  CHECK_FALSE(read_job(job).ticketless);
  set(job, "/status/startTime", "2026-11-21T02:00:00Z");
  CHECK(read_job(job).ticketless);
  set(job, "/spec/template/metadata/annotations",
      json::object{{names::admitted, "another"}});
  CHECK(read_job(job).ticketless);
  set(job, "/spec/template/metadata/annotations",
      json::object{{names::admitted, "ju"}});
  CHECK_FALSE(read_job(job).ticketless);
}

TEST_CASE("A-5: a pod has ended when the kubelet says so for every container") {
  auto pod = a_pod();
  CHECK(read_pod(pod).ended);
  set(pod, "/status/containerStatuses/1",
      json::object{{"name", "sidecar"}, {"state", {{"running", {}}}}});
  CHECK_FALSE(read_pod(pod).ended);
  // A phase alone proves nothing on a node that is gone.
  auto lost = a_pod();
  set(lost, "/status/containerStatuses/0/state",
      json::object{{"running", json::object{}}});
  set(lost, "/status/phase", "Failed");
  CHECK_FALSE(read_pod(lost).ended);
  CHECK_FALSE(read_pod(lost).outcome);
}

TEST_CASE("A-5: a pod that was never bound ends with its phase") {
  auto pod = a_pod();
  pod.as_object()["spec"] = json::object{};
  pod.as_object()["status"] = {{"phase", "Pending"}};
  CHECK_FALSE(read_pod(pod).bound);
  CHECK_FALSE(read_pod(pod).ended);
  set(pod, "/status/phase", "Failed");
  CHECK(read_pod(pod).ended);
}

TEST_CASE("A-6: a pod belongs to the Job that its label names") {
  CHECK(read_pod(a_pod()).job == object_uid{"ju"});
}

TEST_CASE("a failure count that is missing differs from every wanted one") {
  auto source = a_source();
  set(source, "/status/conditions",
      json::parse(R"([{"type":"MaintenanceReady","status":"True"}])"));
  REQUIRE(read_replication_source(source).status);
  CHECK(read_replication_source(source).status->failures != 0);
}

TEST_CASE("a CronJob is ours by both of our labels") {
  auto made = json::parse(R"({"metadata":{"labels":{
    "volsync.backube/kopia-maintenance":"true"}}})");
  CHECK_FALSE(read_cron_job(made).ours);
  set(made, "/metadata/labels",
      json::object{{names::kopia_maintenance, "true"},
                   {names::location_hash, "x"}});
  CHECK(read_cron_job(made).ours);
}

TEST_CASE("a CronJob is its name's repository's") {
  auto of = [](const std::string& name) {
    auto address = address_of_cron_job(
        json::object{{"metadata", {{"name", name}, {"namespace", "app"}}}});
    return address ? address->id.hex : std::string{};
  };
  const std::string hash = "0123456789abcdef";
  CHECK(of("kopia-maintenance-" + hash) == hash);
  CHECK(of("kopia-maintenance-" + hash + "-quick") == hash);
  CHECK(of("kopia-maintenance-" + hash + "-mine") == "");
  CHECK(of("kopia-maintenance-0123456789ABCDEF") == "");
  CHECK(of("kopia-maintenance-0123") == "");
  CHECK(of("backup") == "");
}

TEST_CASE("a KopiaMaintenance's CronJob says whose it is, and no copy of it "
          "does") {
  auto of = [](const std::string& ns, const std::string& name,
               const std::string& winner) {
    return address_of_cron_job(
        json::object{{"metadata",
                      {{"name", name},
                       {"namespace", ns},
                       {"labels",
                        {{names::repository_hash, "0123456789abcdef"},
                         {names::run_kind, "quick"}}},
                       {"annotations", {{names::winner, winner}}}}}});
  };
  auto name
      = maintenance_cron_job_name({"app", "daily"}, maintenance_kind::quick);
  auto address = of("app", name, "KopiaMaintenance app/daily");
  REQUIRE(address);
  CHECK(address->id.hex == "0123456789abcdef");
  CHECK(address->kind == maintenance_kind::quick);
  CHECK_FALSE(of("app", "copy", "KopiaMaintenance app/daily"));
  CHECK_FALSE(of("web", name, "KopiaMaintenance app/daily"));
  CHECK_FALSE(of("app", name, "ReplicationSource app/daily"));
  CHECK_FALSE(of("app", name, ""));
}
