#include "k8s_io/owned_fields.hpp"

#include "an_intent.hpp"
#include "k8s_io/names.hpp"

#include <catch2/catch.hpp>

#include <functional>

using namespace holystone;
using namespace holystone::k8s_io;
namespace json = boost::json;

TEST_CASE("a stored CronJob has the digest of what was applied, whatever the "
          "server added") {
  auto wanted = an_intent();
  auto stored = as_stored(cron_job(wanted, mover));
  CHECK(digest_of_owned(stored) == digests(wanted, mover).whole);
}

TEST_CASE("foreign labels and annotations are no drift") {
  auto stored = cron_job(an_intent(), mover);
  auto before = digest_of_owned(stored);
  at(at(stored, "metadata"), "labels")["app.kubernetes.io/part-of"] = "x";
  at(at(stored, "metadata"), "annotations")["argocd"] = "y";
  at(at(job_template_of(stored), "metadata"), "labels")["z"] = "1";
  CHECK(digest_of_owned(stored) == before);
}

TEST_CASE("a change of any field that we own is drift") {
  using edit = std::function<void(json::object&)>;
  auto spec = [](const char* key, json::value value) -> edit {
    return [=](json::object& o) {
      at(o, "spec")[key] = value;
    };
  };
  auto job = [](const char* key, json::value value) -> edit {
    return [=](json::object& o) {
      at(job_template_of(o), "spec")[key] = value;
    };
  };
  auto pod = [](const char* key, json::value value) -> edit {
    return [=](json::object& o) {
      at(pod_template_of(o), "spec")[key] = value;
    };
  };
  auto box = [](const char* key, json::value value) -> edit {
    return [=](json::object& o) {
      container_of(o)[key] = value;
    };
  };
  std::vector<std::pair<std::string, edit>> edits{
      {"schedule", spec("schedule", "1 1 * * *")},
      {"timeZone", spec("timeZone", "Asia/Tokyo")},
      {"suspend", spec("suspend", true)},
      {"concurrencyPolicy", spec("concurrencyPolicy", "Allow")},
      {"startingDeadlineSeconds", spec("startingDeadlineSeconds", 30)},
      {"successfulJobsHistoryLimit", spec("successfulJobsHistoryLimit", 9)},
      {"failedJobsHistoryLimit", spec("failedJobsHistoryLimit", 9)},
      {"job suspend", job("suspend", false)},
      {"parallelism", job("parallelism", 2)},
      {"completions", job("completions", 2)},
      {"backoffLimit", job("backoffLimit", 6)},
      {"podReplacementPolicy",
       job("podReplacementPolicy", "TerminatingOrFailed")},
      {"activeDeadlineSeconds", job("activeDeadlineSeconds", 1)},
      {"pod deadline", pod("activeDeadlineSeconds", 1)},
      {"restartPolicy", pod("restartPolicy", "OnFailure")},
      {"serviceAccountName", pod("serviceAccountName", "admin")},
      {"token", pod("automountServiceAccountToken", true)},
      {"grace", pod("terminationGracePeriodSeconds", 1)},
      {"pod securityContext", pod("securityContext", json::object{})},
      {"volumes", pod("volumes", json::array{})},
      {"image", box("image", "evil")},
      {"imagePullPolicy", box("imagePullPolicy", "Always")},
      {"command", box("command", json::array{"/bin/sh"})},
      {"args", box("args", json::array{"-c"})},
      {"env", box("env", json::array{})},
      {"envFrom", box("envFrom", json::array{json::object{{"prefix", "a"}}})},
      {"resources", box("resources", json::object{})},
      {"volumeMounts", box("volumeMounts", json::array{})},
      {"securityContext", box("securityContext", json::object{})},
      {"a second container",
       [](json::object& o) {
         at(pod_template_of(o), "spec")["containers"].as_array().push_back(
             json::object{{"name", "sidecar"}});
       }},
  };
  for (auto key : {names::kopia_maintenance, names::repository_hash,
                   names::location_hash, names::source_namespaces})
    edits.emplace_back(
        std::string{"label "} + std::string{key},
        [=](json::object& o) { at(at(o, "metadata"), "labels").erase(key); });
  for (auto key : {names::source_namespaces, names::location, names::winner,
                   names::effective_since})
    edits.emplace_back(std::string{"annotation "} + std::string{key},
                       [=](json::object& o) {
                         at(at(o, "metadata"), "annotations")[key] = "other";
                       });
  auto clean = digest_of_owned(cron_job(an_intent(), mover));
  for (const auto& [what, change] : edits) {
    auto stored = cron_job(an_intent(), mover);
    change(stored);
    INFO(what);
    CHECK(digest_of_owned(stored) != clean);
  }
}

TEST_CASE("what runs in the pod is part of the template's digest") {
  auto wanted = an_intent();
  auto clean = digests(wanted, mover).job_template;
  auto other = mover;
  other.image = "localhost/holystone:2";
  CHECK(digests(wanted, other).job_template != clean);
  wanted.credentials = "another";
  CHECK(digests(wanted, mover).job_template != clean);
  wanted = an_intent();
  wanted.schedule = "1 1 * * *";
  wanted.effective_since = now + seconds{60};
  CHECK(digests(wanted, mover).job_template == clean);
}
