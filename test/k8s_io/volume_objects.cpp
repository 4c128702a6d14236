#include "k8s_io/volume_objects.hpp"

#include "an_intent.hpp"
#include "k8s_io/names.hpp"

#include <catch2/catch.hpp>

#include <boost/json.hpp>

using namespace holystone;
using namespace holystone::k8s_io;
namespace json = boost::json;

namespace {

std::string identity_of(const char* spec) {
  json::object volume{{"metadata", {{"uid", "u1"}}},
                      {"spec", json::parse(spec)}};
  auto found = read_volume(volume);
  found.mount_path.clear();
  return to_text(found);
}

} // namespace

TEST_CASE("a volume is known by what its data lies on, else by its UID") {
  struct row {
    const char* spec;
    std::string expected;
  };
  for (const auto& [spec, expected] : {
           row{R"({"nfs":{"server":"NAS","path":"/export/"}})",
               "nfs?server=nas&share=/export&mount="},
           row{R"({"cephfs":{"monitors":["b:1","a:1"],"path":"/x"}})",
               "cephfs?server=a:1,b:1&share=/x&mount="},
           row{R"({"csi":{"driver":"ebs.csi.aws.com","volumeHandle":"vol-1"}})",
               "csi?driver=ebs.csi.aws.com&handle=vol-1&mount="},
           row{R"({"csi":{"driver":"nfs.csi.k8s.io","volumeHandle":"h",
                   "volumeAttributes":{"server":"nas","share":"/e",
                                       "subdir":"s"}}})",
               "nfs?server=nas&share=/e/s&mount="},
           row{R"({"csi":{"driver":"smb.csi.k8s.io","volumeHandle":"h",
                   "volumeAttributes":{"source":"//nas/Share/dir"}}})",
               "smb?server=nas&share=/share/dir&mount="},
           row{R"({"hostPath":{"path":"/d/"},"nodeAffinity":{"required":
                   {"nodeSelectorTerms":[{"matchExpressions":[{
                     "key":"kubernetes.io/hostname","operator":"In",
                     "values":["n1"]}]}]}}})",
               "hostpath?node=n1&path=/d&mount="},
           // Any node: the path alone says nothing.
           row{R"({"hostPath":{"path":"/d"}})", "pv?uid=u1&mount="},
           row{R"({"iscsi":{"iqn":"x"}})", "pv?uid=u1&mount="},
       })
    CHECK(identity_of(spec) == expected);
}

TEST_CASE("a claim that is not bound says what it waits for") {
  auto told = [](const char* text) {
    auto found = read_bound_volume(json::parse(text));
    return found ? *found : found.why().message;
  };
  CHECK(told(R"({"spec":{"volumeName":"pv1"},"status":{"phase":"Bound"}})")
        == "pv1");
  CHECK(told(R"({"metadata":{"namespace":"a","name":"c"},"spec":{}})")
        == "PersistentVolumeClaim a/c is not bound (phase: Pending); it needs "
           "a PersistentVolume");
  CHECK(told(R"({"metadata":{"namespace":"a","name":"c"},
                 "spec":{"volumeName":"pv1"},"status":{"phase":"Lost"}})")
            .find("phase: Lost")
        != std::string::npos);
  CHECK(told(R"({"metadata":{"namespace":"a","name":"c",
                 "deletionTimestamp":"2026-11-21T12:00:00Z"},
                 "spec":{"volumeName":"pv1"},"status":{"phase":"Bound"}})")
            .find("is being deleted")
        != std::string::npos);
}

TEST_CASE("a source's volumes are where its movers have them") {
  auto volumes = read_named_volumes(json::parse(R"({
    "repositoryPVC": "repo",
    "moverVolumes": [
      {"mountPath": "a",
       "volumeSource": {"persistentVolumeClaim": {"claimName": "c"}}},
      {"mountPath": "b", "volumeSource": {"nfs": {"server": "s", "path": "/p"}}},
      {"mountPath": "c", "volumeSource": {"secret": {"secretName": "x"}}},
      {"mountPath": "../d", "volumeSource": {"nfs": {"server": "s", "path": "/"}}},
      {"mountPath": "e/f",
       "volumeSource": {"persistentVolumeClaim": {"claimName": "c"}}}]})"));
  REQUIRE(volumes.size() == 4);
  CHECK(volumes[0]
        == named_volume{"repo", {}, {}, "/repository", "repository"});
  CHECK(volumes[1] == named_volume{"repo", {}, {}, "/kopia", "repository"});
  CHECK(volumes[2] == named_volume{"c", {}, {}, "/mnt/a"});
  CHECK(volumes[3] == named_volume{{}, "s", "/p", "/mnt/b"});
}

TEST_CASE("the repository's volume is called repository, is mounted at "
          "/repository, and the mover is told which it is") {
  auto wanted = an_intent();
  auto spec_of = [&] {
    auto made = cron_job(wanted, mover);
    return json::value(pod_template_of(made)["spec"]);
  };
  auto volume_of = [&] {
    auto spec = spec_of();
    for (const auto& one : items_at(spec, "volumes"))
      if (text_at(one, "name") == "repository")
        return one;
    return json::value{};
  };
  CHECK(volume_of().is_null());
  auto clean = digests(wanted, mover).job_template;
  wanted.volume = to_repository_volume({{}, "nas", "/e", "/mnt/x"}, {},
                                       nfs_volume("nas", "/e"));
  CHECK(digests(wanted, mover).job_template != clean);
  CHECK(text_at(volume_of(), "nfs", "server") == "nas");
  CHECK(text_at(volume_of(), "nfs", "path") == "/e");
  wanted.volume = to_repository_volume({"c", {}, {}, "/mnt/x"}, {"app", "c"},
                                       pv_volume("u"));
  CHECK(text_at(volume_of(), "persistentVolumeClaim", "claimName") == "c");
  auto spec = spec_of();
  const auto& box = items_at(spec, "containers").at(0);
  auto text = json::serialize(items_at(box, "args"));
  CHECK(text.find(R"("--volume=pv?uid=u&mount=/mnt/x&at=/repository")")
        != std::string::npos);
  std::string at;
  for (const auto& mount : items_at(box, "volumeMounts"))
    if (text_at(mount, "name") == names::repository_volume)
      at = text_at(mount, "mountPath");
  CHECK(at == "/repository");
}

namespace {

/// A maintenance Job's pod as it was let through.
json::value job_with(const std::string& arguments, const std::string& mounts,
                     const std::string& volumes) {
  return json::parse(
      R"({"spec":{"template":{"spec":{"containers":[)"
      R"({"name":"sidecar"},{"name":"kopia-maintenance","args":[)"
      + arguments + R"(],"volumeMounts":[)" + mounts + R"(]}],"volumes":[)"
      + volumes + "]}}}}");
}

const std::string by_policy
    = R"({"name":"repository","persistentVolumeClaim":{"claimName":"kopia"}})";
const std::string at_repository
    = R"({"name":"repository","mountPath":"/repository"})";

} // namespace

TEST_CASE("S4: what an admission policy gave to a Job is read where our "
          "container has it") {
  CHECK(read_injected_volumes(job_with("", at_repository, by_policy))
        == std::vector<named_volume>{{"kopia", {}, {}, "/repository"}});
  auto nfs = job_with("", R"({"name":"n","mountPath":"/mnt/x"})",
                      R"({"name":"n","nfs":{"server":"nas","path":"/e"}},)"
                      R"({"name":"cache","emptyDir":{}})");
  CHECK(read_injected_volumes(nfs)
        == std::vector<named_volume>{{{}, "nas", "/e", "/mnt/x"}});
  // Nobody mounts it, or only a part of it, or the mounts are ours.
  std::vector<named_volume> none;
  CHECK(read_injected_volumes(job_with("", "", by_policy)) == none);
  auto part = R"({"name":"repository","mountPath":"/r","subPath":"a"})";
  CHECK(read_injected_volumes(job_with("", part, by_policy)) == none);
  CHECK_FALSE(read_injected_volumes(job_with(
      R"("--volume=pv?uid=u&at=/repository")", at_repository, by_policy)));
  CHECK_FALSE(read_injected_volumes(json::object{}));
}

TEST_CASE("a CronJob records its policy's volume, but not one that it mounts") {
  auto cron_job = [](const std::string& argument) {
    return json::object{
        {"spec", {{"jobTemplate", job_with(argument, "", "")}}}};
  };
  auto known = read_recorded_volume(
      cron_job(R"("mover","--volume=pv?uid=u&mount=/mnt/x")"));
  REQUIRE(known);
  CHECK(known->parts.at("uid") == "u");
  CHECK(known->mount_path == "/mnt/x");
  CHECK_FALSE(
      read_recorded_volume(cron_job(R"("--volume=pv?uid=u&at=/repository")")));
  CHECK_FALSE(read_recorded_volume(cron_job(R"("--volume=nonsense")")));
  CHECK_FALSE(read_recorded_volume(cron_job(R"("mover")")));
}
