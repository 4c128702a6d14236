#include "an_intent.hpp"
#include "k8s_io/names.hpp"
#include "k8s_io/objects.hpp"
#include "k8s_io/owned_fields.hpp"
#include "test/simulator/test_cluster.hpp"

#include <catch2/catch.hpp>

#include <fmt/format.h>

#include <functional>

using namespace holystone;
using namespace holystone::k8s_io;
namespace json = boost::json;

namespace {

using place = cache_wishes::place;

/// The CronJob of a KopiaMaintenance that says nothing of its pods.
cron_job_intent of_maintenance(const std::string& name = "nightly") {
  auto wanted = an_intent();
  wanted.winner = {claim_kind::kopia_maintenance, {"default", name}};
  wanted.key = {"default",
                maintenance_cron_job_name(wanted.winner.object, wanted.kind)};
  wanted.owner = {"km-uid"};
  wanted.made_from = "volsync-system";
  return wanted;
}

cron_job_intent with(std::function<void(pod_wishes&)> say) {
  auto wanted = of_maintenance();
  pod_wishes pods;
  say(pods);
  wanted.settings.pods = pods;
  return wanted;
}

/// What an API server makes of an apply.
json::value apply_to(simulator::test_cluster& cluster,
                     const cron_job_intent& wanted) {
  auto target = fmt::format("/apis/batch/v1/namespaces/{}/cronjobs/{}",
                            wanted.key.ns, wanted.key.name);
  auto answer = cluster.apply(target, json::serialize(cron_job(wanted, mover)),
                              "holystone", true);
  INFO(json::serialize(answer.body));
  REQUIRE((answer.status == 200 || answer.status == 201));
  return answer.body;
}

json::value pod_of(const json::value& cron_job) {
  return *find(cron_job, "spec", "jobTemplate", "spec", "template");
}

json::value made(const cron_job_intent& wanted) {
  return cron_job(wanted, mover);
}

/// What the container is told or has of this name.
const json::value* named(const json::value& pod, std::string_view list,
                         std::string_view name) {
  const auto& box = items_at(pod, "spec", "containers").at(0);
  const auto& all = list == "volumes" ? items_at(pod, "spec", "volumes")
                                      : items_at(box, list);
  for (const auto& one : all)
    if (text_at(one, "name") == name)
      return &one;
  return nullptr;
}

bool is_told(const json::value& pod, std::string_view flag) {
  const auto& box = items_at(pod, "spec", "containers").at(0);
  for (const auto& one : items_at(box, "args"))
    if (one == json::value(flag))
      return true;
  return false;
}

bool is_told_of(const json::value& pod, std::string_view flag) {
  const auto& box = items_at(pod, "spec", "containers").at(0);
  for (const auto& one : items_at(box, "args"))
    if (one.get_string().starts_with(flag))
      return true;
  return false;
}

struct wish {
  std::string field;
  std::function<void(pod_wishes&)> say;
};

const char* affinity = R"({"nodeAffinity":{
  "requiredDuringSchedulingIgnoredDuringExecution":{"nodeSelectorTerms":[
    {"matchExpressions":[{"key":"node-type","operator":"In",
                          "values":["high-memory"]}],"matchFields":[]}]}},
  "podAntiAffinity":{"preferredDuringSchedulingIgnoredDuringExecution":[
    {"weight":1,"podAffinityTerm":{"topologyKey":"zone","namespaces":[],
     "labelSelector":{"matchLabels":{},"matchExpressions":[]}}}]}})";

const char* volumes = R"([
  {"mountPath":"keys","volumeSource":{"secret":{"secretName":"ssh",
    "items":[]}}},
  {"mountPath":"backups","volumeSource":{"persistentVolumeClaim":
    {"claimName":"disk","readOnly":false}}},
  {"mountPath":"share","volumeSource":{"nfs":{"server":"nas","path":"/b",
    "readOnly":true}}}])";

/// One of each field, in the spelling that servers do not keep.
std::vector<wish> all_wishes() {
  return {
      {"serviceAccountName",
       [](auto& p) {
         p.service_account = "robot";
       }},
      {"podSecurityContext",
       [](auto& p) {
         p.pod_security_context
             = R"({"runAsUser":2000,"supplementalGroups":[],"fsGroup":2000})";
       }},
      {"containerSecurityContext",
       [](auto& p) {
         p.container_security_context
             = R"({"capabilities":{"add":["CHOWN"],"drop":[]}})";
       }},
      {"affinity",
       [](auto& p) {
         p.affinity = affinity;
       }},
      {"tolerations",
       [](auto& p) {
         p.tolerations = R"([{"key":"big","operator":"Exists","value":""}])";
       }},
      {"nodeSelector",
       [](auto& p) {
         p.node_selector = {{"disk", "ssd"}};
       }},
      {"moverPodLabels",
       [](auto& p) {
         p.labels = {{"team", "storage"}, {"empty.example/x", ""}};
       }},
      {"moverVolumes",
       [](auto& p) {
         p.volumes = volumes;
       }},
      {"cacheCapacity: 0",
       [](auto& p) {
         p.cache.where = place::none;
       }},
      {"cachePVC",
       [](auto& p) {
         p.cache.where = place::existing_claim;
         p.cache.claim = "mine";
       }},
      {"cacheCapacity",
       [](auto& p) {
         p.cache.where = place::own_claim;
         p.cache.capacity = "20Gi";
       }},
      {"metadataCacheSizeLimitMB",
       [](auto& p) {
         p.cache.metadata_limit = 700;
       }},
      {"contentCacheSizeLimitMB",
       [](auto& p) {
         p.cache.content_limit = 0;
       }},
  };
}

} // namespace

TEST_CASE("BUG-6: each field of a KopiaMaintenance's pods reaches the CronJob, "
          "reads back as wanted and goes again") {
  const auto plain = of_maintenance();
  for (const auto& [field, say] : all_wishes()) {
    INFO(field);
    const auto wanted = with(say);
    CHECK(digests(wanted, mover).whole != digests(plain, mover).whole);
    CHECK(digests(wanted, mover).job_template
          != digests(plain, mover).job_template);
    simulator::test_cluster cluster;
    auto before = apply_to(cluster, plain);
    CHECK(digest_of_owned(before) == digests(plain, mover).whole);
    auto stored = apply_to(cluster, wanted);
    CHECK(digest_of_owned(stored) == digests(wanted, mover).whole);
    CHECK(read_cron_job(stored).digest == digests(wanted, mover).whole);
    // An equal apply writes nothing (A-17).
    CHECK(apply_to(cluster, wanted) == stored);
    auto after = apply_to(cluster, plain);
    CHECK(pod_of(after) == pod_of(before));
    CHECK(digest_of_owned(after) == digests(plain, mover).whole);
  }
}

TEST_CASE("BUG-6: what somebody takes from a user's part of the template is "
          "drift, what he adds is not") {
  auto say_all = [](pod_wishes& pods) {
    for (const auto& one : all_wishes())
      one.say(pods);
  };
  simulator::test_cluster cluster;
  const auto wanted = with(say_all);
  auto stored = apply_to(cluster, wanted);
  REQUIRE(digest_of_owned(stored) == digests(wanted, mover).whole);
  auto target = fmt::format("/apis/batch/v1/namespaces/default/cronjobs/{}",
                            wanted.key.name);
  auto patched = [&](const std::string& where, const std::string& what) {
    auto answer = cluster.merge(
        target,
        fmt::format(
            R"({{"spec":{{"jobTemplate":{{"spec":{{"template":{{"{}":{}}}}}}}}}}})",
            where, what));
    INFO(json::serialize(answer.body));
    REQUIRE(answer.status == 200);
    auto is_drift
        = digest_of_owned(answer.body) != digests(wanted, mover).whole;
    apply_to(cluster, wanted);
    return is_drift;
  };
  for (auto gone : {R"({"affinity":null})", R"({"tolerations":null})",
                    R"({"nodeSelector":{"disk":null}})",
                    R"({"nodeSelector":{"disk":"hdd"}})",
                    R"({"affinity":{"nodeAffinity":null}})",
                    R"({"serviceAccountName":"admin",
                        "serviceAccount":"admin"})"}) {
    INFO(gone);
    CHECK(patched("spec", gone));
  }
  CHECK(patched("metadata", R"({"labels":{"team":null}})"));
  CHECK(patched("metadata", R"({"labels":{"team":"other"}})"));
  CHECK_FALSE(patched("metadata", R"({"labels":{"istio":"off"}})"));
  CHECK_FALSE(patched("spec", R"({"nodeSelector":{"zone":"a"}})"));
}

TEST_CASE(
    "C-24: a ServiceAccount that the user gives keeps its token, ours has "
    "none") {
  auto pod = pod_of(made(with([](auto& p) { p.service_account = "robot"; })));
  CHECK(text_at(pod, "spec", "serviceAccountName") == "robot");
  CHECK_FALSE(find(pod, "spec", "automountServiceAccountToken"));
  pod = pod_of(made(of_maintenance()));
  CHECK(text_at(pod, "spec", "serviceAccountName") == names::service_account);
  CHECK(flag_at(pod, "spec", "automountServiceAccountToken") == false);
}

TEST_CASE(
    "security contexts that the user gives stand in for ours as a whole") {
  auto pod = pod_of(made(with([](auto& p) {
    p.pod_security_context = R"({"runAsUser":2000})";
    p.container_security_context = R"({"privileged":false})";
  })));
  CHECK(*find(pod, "spec", "securityContext")
        == json::value{{"runAsUser", 2000}});
  const auto& box = items_at(pod, "spec", "containers").at(0);
  CHECK(*find(box, "securityContext") == json::value{{"privileged", false}});
}

TEST_CASE("labels that we manage beat those of users") {
  auto pod = pod_of(made(with([](auto& p) {
    p.labels = {{std::string{names::kopia_maintenance}, "no"},
                {std::string{names::maintenance_name}, "other"},
                {std::string{names::velero_exclude}, "false"},
                {std::string{names::controller_uid}, "mine"},
                {"job-name", "mine"},
                {"team", "storage"}};
  })));
  CHECK(text_at(pod, "metadata", "labels", names::kopia_maintenance) == "true");
  CHECK(text_at(pod, "metadata", "labels", names::maintenance_name)
        == "nightly");
  CHECK(text_at(pod, "metadata", "labels", names::velero_exclude) == "true");
  CHECK_FALSE(find(pod, "metadata", "labels", names::controller_uid));
  CHECK_FALSE(find(pod, "metadata", "labels", "job-name"));
  CHECK(text_at(pod, "metadata", "labels", "team") == "storage");
}

TEST_CASE("moverVolumes are mounted under /mnt by the fork's names") {
  auto pod = pod_of(made(with([](auto& p) { p.volumes = volumes; })));
  const auto* secret = named(pod, "volumes", "u-keys");
  REQUIRE(secret);
  CHECK(text_at(*secret, "secret", "secretName") == "ssh");
  CHECK(text_at(*named(pod, "volumeMounts", "u-keys"), "mountPath")
        == "/mnt/keys");
  const auto* disk = named(pod, "volumes", "u-backups");
  REQUIRE(disk);
  CHECK(text_at(*disk, "persistentVolumeClaim", "claimName") == "disk");
  const auto* share = named(pod, "volumes", "u-share");
  REQUIRE(share);
  CHECK(text_at(*share, "nfs", "server") == "nas");
}

TEST_CASE("a directory whose name is no volume's name gets a volume all the "
          "same, and none is mounted twice") {
  auto item = [](const std::string& directory) {
    return fmt::format(
        R"({{"mountPath":"{}","volumeSource":{{"secret":{{"secretName":"s"}}}}}})",
        directory);
  };
  auto wanted = with([&](auto& p) {
    p.volumes = fmt::format(
        "[{},{},{},{},{{\"mountPath\":\"bare\",\"volumeSource\":{{}}}}]",
        item("My.Keys"), item("a_b"), item("a_b"), item(std::string(80, 'x')));
  });
  simulator::test_cluster cluster;
  auto pod = pod_of(apply_to(cluster, wanted));
  std::vector<std::string> mounts;
  for (const auto& one :
       items_at(items_at(pod, "spec", "containers").at(0), "volumeMounts"))
    if (auto where = text_at(one, "mountPath"); where.starts_with("/mnt/"))
      mounts.push_back(where);
  CHECK(mounts
        == std::vector<std::string>{"/mnt/My.Keys", "/mnt/a_b",
                                    "/mnt/" + std::string(80, 'x')});
}

TEST_CASE("the volume that holds the repository is mounted once") {
  auto has = [](const std::optional<repository_volume>& holds,
                std::string_view name) {
    auto wanted = with([](auto& p) { p.volumes = volumes; });
    wanted.volume = holds;
    return named(pod_of(made(wanted)), "volumes", name) != nullptr;
  };
  auto disk = to_repository_volume({"disk", {}, {}, "/mnt/backups"},
                                   {"default", "disk"}, pv_volume("u"));
  CHECK_FALSE(has(disk, "u-backups"));
  CHECK(has(disk, "u-share"));
  CHECK(has(disk, "repository"));
  auto share = to_repository_volume({{}, "nas", "/b", "/mnt/share"}, {},
                                    nfs_volume("NAS", "/b/"));
  CHECK_FALSE(has(share, "u-share"));
  CHECK(has(share, "u-backups"));
}

TEST_CASE("C-19: the cache is scratch, none, the user's claim or our own") {
  auto cache = [](place where, const std::string& capacity = {}) {
    return pod_of(made(with([&](auto& p) {
      p.cache.where = where;
      p.cache.claim = "mine";
      p.cache.capacity = capacity;
    })));
  };
  auto pod = cache(place::scratch);
  CHECK(text_at(*named(pod, "volumes", "cache"), "emptyDir", "sizeLimit")
        == "8Gi");
  CHECK_FALSE(is_told_of(pod, "--metadata-cache-mb"));
  pod = cache(place::scratch, "2Gi");
  CHECK(text_at(*named(pod, "volumes", "cache"), "emptyDir", "sizeLimit")
        == "2Gi");
  pod = cache(place::none);
  CHECK_FALSE(named(pod, "volumes", "cache"));
  CHECK_FALSE(named(pod, "volumeMounts", "cache"));
  CHECK(is_told(pod, "--cache=none"));
  pod = cache(place::existing_claim, "5Gi");
  CHECK(text_at(*named(pod, "volumes", "cache"), "persistentVolumeClaim",
                "claimName")
        == "mine");
  CHECK_FALSE(is_told_of(pod, "--metadata-cache-mb"));
  pod = cache(place::own_claim, "10Gi");
  CHECK(text_at(*named(pod, "volumes", "cache"), "persistentVolumeClaim",
                "claimName")
        == "volsync-kopia-maintenance-nightly-cache");
  CHECK(is_told(pod, "--metadata-cache-mb=2969"));
  CHECK(is_told(pod, "--content-cache-mb=1740"));
}

TEST_CASE("limits that the user gives for the cache are kopia's, whatever its "
          "size") {
  auto pod = pod_of(made(with([](auto& p) {
    p.cache.where = place::own_claim;
    p.cache.capacity = "10Gi";
    p.cache.metadata_limit = 0;
    p.cache.content_limit = 900;
  })));
  CHECK(is_told(pod, "--metadata-cache-mb=0"));
  CHECK(is_told(pod, "--content-cache-mb=900"));
}

TEST_CASE("verify: false is told to the mover") {
  auto wanted = of_maintenance();
  CHECK_FALSE(is_told(pod_of(made(wanted)), "--no-verify"));
  wanted.settings.verify = false;
  CHECK(is_told(pod_of(made(wanted)), "--no-verify"));
}

TEST_CASE(
    "C-27, A-5: the deadline of a KopiaMaintenance holds for the Job, the "
    "mover and, a minute later, the pod") {
  auto wanted = of_maintenance();
  wanted.settings.deadline = seconds{600};
  auto check = [&](std::int64_t deadline) {
    auto object = made(wanted);
    auto job = *find(object, "spec", "jobTemplate");
    CHECK(integer_at(job, "spec", "activeDeadlineSeconds") == deadline);
    CHECK(integer_at(pod_of(object), "spec", "activeDeadlineSeconds")
          == deadline + 60);
    CHECK(is_told(pod_of(object), fmt::format("--deadline={}", deadline)));
    CHECK(read_job(job).deadline == seconds{deadline});
    CHECK(read_pod(pod_of(object)).deadline == seconds{deadline + 60});
  };
  check(600);
  wanted.settings.deadline.reset();
  check(10800);
  // Nobody waits for ever, and the mover takes no more.
  wanted.settings.deadline = seconds{std::int64_t{1} << 40};
  check(31 * 86'400);
}

TEST_CASE("a KopiaMaintenance owns its CronJob, which is found by its name and "
          "by what common tools look for") {
  auto object = made(of_maintenance());
  CHECK(find(object, "metadata", "ownerReferences")->as_array().at(0)
        == json::value{{"apiVersion", "volsync.backube/v1alpha1"},
                       {"kind", "KopiaMaintenance"},
                       {"name", "nightly"},
                       {"uid", "km-uid"},
                       {"controller", true}});
  auto label = [&](auto... where) {
    return text_at(object, where..., "labels", names::maintenance_name);
  };
  CHECK(label("metadata") == "nightly");
  CHECK(label("spec", "jobTemplate", "metadata") == "nightly");
  CHECK(label("spec", "jobTemplate", "spec", "template", "metadata")
        == "nightly");
  for (const auto& [key, value] :
       {std::pair{"app.kubernetes.io/name", "volsync"},
        {"app.kubernetes.io/component", "kopia-maintenance"},
        {"app.kubernetes.io/managed-by", "volsync"}}) {
    CHECK(text_at(object, "metadata", "labels", key) == value);
    CHECK(text_at(pod_of(object), "metadata", "labels", key).empty());
    auto changed = object;
    changed.at("metadata").at("labels").as_object()[key] = "helm";
    CHECK(digest_of_owned(changed) != digest_of_owned(object));
  }
  auto orphaned = object;
  orphaned.at("metadata").as_object().erase("ownerReferences");
  CHECK(digest_of_owned(orphaned) != digest_of_owned(object));
}

TEST_CASE("a source's CronJob has neither, and others' labels are no drift") {
  auto object = made(an_intent());
  CHECK_FALSE(find(object, "metadata", "ownerReferences"));
  CHECK(text_at(object, "metadata", "labels", names::maintenance_name).empty());
  auto changed = object;
  changed.at("metadata").at("labels").as_object()[names::app_manager] = "helm";
  CHECK(digest_of_owned(changed) == digest_of_owned(object));
}

TEST_CASE("BUG-1: names of any length make labels and claims that a server "
          "takes") {
  auto wanted = of_maintenance(std::string(230, 'n') + ".x");
  wanted.settings.pods = pod_wishes{};
  simulator::test_cluster cluster;
  auto stored = apply_to(cluster, wanted);
  auto label = text_at(stored, "metadata", "labels", names::maintenance_name);
  CHECK(label.size() == 63);
  CHECK(digest_of_owned(stored) == digests(wanted, mover).whole);
}
