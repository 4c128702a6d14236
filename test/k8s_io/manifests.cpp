#include "k8s_io/manifests.hpp"

#include "k8s_io/fields.hpp"
#include "k8s_io/names.hpp"
#include "k8s_io/objects.hpp"

#include <catch2/catch.hpp>

#include <functional>

using namespace holystone;
using namespace holystone::k8s_io;
namespace json = boost::json;

namespace {

const instant now = *parse_rfc3339("2026-11-21T12:00:00Z");
const mover_settings mover{"localhost/holystone:1", "idle", {}};

cron_job_intent an_intent() {
  cron_job_intent wanted;
  wanted.key = {"volsync-system", "kopia-maintenance-0123456789abcdef"};
  wanted.id = {"0123456789abcdef"};
  wanted.location_id = {"fedcba9876543210"};
  wanted.location = R"({"backend":"s3","bucket":"b"})";
  wanted.schedule = "7 2 * * *";
  wanted.winner = {claim_kind::replication_source, {"app", "data"}};
  wanted.namespaces = {"app", "web"};
  wanted.credentials = "maintenance-app-kopia";
  wanted.effective_since = now;
  return wanted;
}

json::object& at(json::object& from, std::string_view key) {
  return from[key].as_object();
}

json::object& job_template(json::object& cron_job) {
  return at(at(cron_job, "spec"), "jobTemplate");
}

json::object& pod_template(json::object& cron_job) {
  return at(at(job_template(cron_job), "spec"), "template");
}

json::object& container(json::object& cron_job) {
  return at(pod_template(cron_job), "spec")["containers"]
      .as_array()[0]
      .as_object();
}

/// What a server adds and rewrites without being asked.
json::object as_stored(json::object made) {
  auto& meta = at(made, "metadata");
  meta["uid"] = "u1";
  meta["resourceVersion"] = "77";
  meta["generation"] = 3;
  meta["creationTimestamp"] = "2026-11-21T12:00:00Z";
  meta["managedFields"] = json::array{json::object{{"manager", "holystone"}}};
  at(made, "metadata")["labels"].as_object()["team"] = "storage";
  at(made, "metadata")["annotations"].as_object()["note"] = "by hand";
  made["status"] = {{"lastScheduleTime", "2026-11-21T02:07:00Z"}};
  auto& pod = at(pod_template(made), "spec");
  pod["dnsPolicy"] = "ClusterFirst";
  pod["schedulerName"] = "default-scheduler";
  pod["serviceAccount"] = pod["serviceAccountName"];
  at(job_template(made), "spec")["completionMode"] = "NonIndexed";
  at(job_template(made), "spec")["manualSelector"] = false;
  auto& one = container(made);
  one["terminationMessagePath"] = "/dev/termination-log";
  one["terminationMessagePolicy"] = "File";
  // Quantities come back in another spelling, members in another order.
  at(at(one, "resources"), "limits")["cpu"] = "0.5";
  json::object turned;
  for (auto i = one.end(); i != one.begin();) {
    --i;
    turned[i->key()] = i->value();
  }
  one = turned;
  return made;
}

json::value body_of(const request& what) {
  return json::parse(what.body);
}

job_fact a_job() {
  job_fact job;
  job.key = {"volsync-system", "kopia-maintenance-0123456789abcdef-29"};
  job.uid = {"job-uid"};
  job.version = {"41"};
  return job;
}

lease_fact a_lease() {
  lease_fact lease;
  lease.exists = true;
  lease.uid = {"lease-uid"};
  lease.version = {"12"};
  return lease;
}

} // namespace

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
  at(at(job_template(stored), "metadata"), "labels")["z"] = "1";
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
      at(job_template(o), "spec")[key] = value;
    };
  };
  auto pod = [](const char* key, json::value value) -> edit {
    return [=](json::object& o) {
      at(pod_template(o), "spec")[key] = value;
    };
  };
  auto box = [](const char* key, json::value value) -> edit {
    return [=](json::object& o) {
      container(o)[key] = value;
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
         at(pod_template(o), "spec")["containers"].as_array().push_back(
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

TEST_CASE("the conflict annotation is there while there is a conflict") {
  auto wanted = an_intent();
  auto clean = digests(wanted, mover);
  auto find_note = [](const json::object& made) {
    return text_at(made, "metadata", "annotations", names::schedule_conflict);
  };
  CHECK(find_note(cron_job(wanted, mover)).empty());
  wanted.conflict = "Schedule '1 1 * * *' requested by ...";
  CHECK(find_note(cron_job(wanted, mover)) == wanted.conflict);
  CHECK(digests(wanted, mover).whole != clean.whole);
  // Waiting Jobs need not be made anew for it.
  CHECK(digests(wanted, mover).job_template == clean.job_template);
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

TEST_CASE("A-1, A-5: a Job is one pod at a time, suspended, with a deadline, "
          "and the pod has a minute more") {
  auto made = cron_job(an_intent(), mover);
  json::value spec = job_template(made)["spec"];
  CHECK(flag_at(spec, "suspend") == true);
  CHECK(integer_at(spec, "parallelism") == 1);
  CHECK(integer_at(spec, "completions") == 1);
  CHECK(integer_at(spec, "backoffLimit") == 1);
  CHECK(text_at(spec, "podReplacementPolicy") == "Failed");
  CHECK(integer_at(spec, "activeDeadlineSeconds") == 10800);
  CHECK(integer_at(spec, "template", "spec", "activeDeadlineSeconds") == 10860);
  CHECK(text_at(spec, "template", "spec", "restartPolicy") == "Never");
  CHECK(text_at(made, "spec", "concurrencyPolicy") == "Forbid");
  CHECK(integer_at(made, "spec", "startingDeadlineSeconds") == 3600);
}

TEST_CASE("A-22: Jobs and pods stay out of backups of the cluster") {
  auto made = cron_job(an_intent(), mover);
  CHECK(text_at(made, "spec", "jobTemplate", "metadata", "labels",
                names::velero_exclude)
        == "true");
  CHECK(text_at(made, "spec", "jobTemplate", "spec", "template", "metadata",
                "labels", names::velero_exclude)
        == "true");
}

TEST_CASE("A-14: a history limit of 0 keeps one until its result is stored") {
  auto wanted = an_intent();
  wanted.settings.successful_jobs_history_limit = 0;
  wanted.settings.failed_jobs_history_limit = 0;
  auto made = cron_job(wanted, mover);
  CHECK(integer_at(made, "spec", "successfulJobsHistoryLimit") == 1);
  CHECK(integer_at(made, "spec", "failedJobsHistoryLimit") == 1);
}

TEST_CASE("no credential stands in the CronJob, only the Secret's name") {
  auto text = json::serialize(cron_job(an_intent(), mover));
  CHECK(text.find("maintenance-app-kopia") != std::string::npos);
  CHECK(text.find("envFrom") == std::string::npos);
  CHECK(text.find("/bin/sh") == std::string::npos);
}

TEST_CASE("what is applied reads back as what was wanted") {
  auto wanted = an_intent();
  wanted.conflict = "a conflict";
  auto found = read_cron_job(as_stored(cron_job(wanted, mover)));
  CHECK(found.ours);
  CHECK(found.schedule == wanted.schedule);
  CHECK(found.time_zone == "UTC");
  CHECK(found.winner == wanted.winner);
  CHECK(found.effective_since == now);
  CHECK(found.conflict == "a conflict");
  CHECK(found.digest == digests(wanted, mover).whole);
  CHECK(found.last_schedule == parse_rfc3339("2026-11-21T02:07:00Z"));
}

TEST_CASE("R-47: an apply names the UID of the object that it changes") {
  auto first = apply(an_intent(), mover, {});
  CHECK(first.what == verb::apply);
  CHECK(text_at(body_of(first), "metadata", "uid").empty());
  CHECK(text_at(body_of(apply(an_intent(), mover, {"u9"})), "metadata", "uid")
        == "u9");
}

TEST_CASE("A-12: lastScheduleTime is a patch of the status by UID") {
  auto what = set_schedule_time({{"ns", "c"}, {"u"}, now});
  CHECK(what.what == verb::merge_patch);
  CHECK(what.subresource == "status");
  CHECK(text_at(body_of(what), "metadata", "uid") == "u");
  CHECK(text_at(body_of(what), "status", "lastScheduleTime")
        == "2026-11-21T12:00:00Z");
}

TEST_CASE("A-1, A-6, A-10: the resume carries UID, version, ticket, policy and "
          "labels") {
  auto what = resume(a_job(), "fedcba9876543210");
  CHECK(what.what == verb::merge_patch);
  auto body = body_of(what);
  CHECK(text_at(body, "metadata", "uid") == "job-uid");
  CHECK(text_at(body, "metadata", "resourceVersion") == "41");
  CHECK(flag_at(body, "spec", "suspend") == false);
  CHECK(text_at(body, "spec", "podReplacementPolicy") == "Failed");
  CHECK(text_at(body, "spec", "template", "metadata", "annotations",
                names::admitted)
        == "job-uid");
  CHECK(text_at(body, "spec", "template", "metadata", "labels",
                names::location_hash)
        == "fedcba9876543210");
}

TEST_CASE("A-2, A-9: a Job is deleted by UID and version, in the foreground") {
  auto what = remove(a_job());
  CHECK(what.what == verb::remove);
  CHECK(what.uid == object_uid{"job-uid"});
  CHECK(what.version == resource_version{"41"});
  CHECK(what.dependents == propagation::foreground);
  CHECK(remove(delete_cron_job{{"ns", "c"}, {"u"}}).dependents
        == propagation::foreground);
}

TEST_CASE("a suspend is guarded by the Job's UID") {
  auto body = body_of(suspend(a_job()));
  CHECK(text_at(body, "metadata", "uid") == "job-uid");
  CHECK(flag_at(body, "spec", "suspend") == true);
}

TEST_CASE("A-4: a Job made anew keeps its slot and has a name that a retry "
          "meets again") {
  auto old = a_job();
  old.slot = now;
  auto what = recreate_job(an_intent(), mover, old);
  CHECK(what.what == verb::create);
  CHECK(what.name == recreate_job(an_intent(), mover, old).name);
  CHECK(what.name != old.key.name);
  CHECK(what.name.size() <= 63);
  auto made = read_job(body_of(what));
  CHECK(made.slot == now);
  CHECK(made.state == job_state::waiting);
  CHECK(made.location == "fedcba9876543210");
  CHECK(made.template_digest == digests(an_intent(), mover).job_template);
  old.key.name = std::string(63, 'x');
  CHECK(recreate_job(an_intent(), mover, old).name.size() <= 63);
}

TEST_CASE("A-7: a Lease is created by POST and patched with its version") {
  acquire_lease take{a_job(), now + seconds{100}};
  auto fresh = acquire(take, {}, "ns", "0123456789abcdef", {}, now);
  CHECK(fresh.what == verb::create);
  CHECK(fresh.name == "kopia-repository-0123456789abcdef");
  auto seen = a_lease();
  auto again = acquire(take, seen, "ns", "0123456789abcdef", {}, now);
  CHECK(again.what == verb::merge_patch);
  auto body = body_of(again);
  CHECK(text_at(body, "metadata", "uid") == "lease-uid");
  CHECK(text_at(body, "metadata", "resourceVersion") == "12");
  CHECK(text_at(body, "spec", "holderIdentity") == "job-uid");
}

TEST_CASE("A-8: the Lease holds Job, UID, times, winner and ledger") {
  claim_key winner{claim_kind::replication_source, {"app", "data"}};
  acquire_lease take{a_job(), now + seconds{100}};
  auto body = body_of(acquire(take, {}, "ns", "0123456789abcdef", winner, now));
  auto held = read_lease(body);
  CHECK(held.holder == object_uid{"job-uid"});
  CHECK(held.holder_job == a_job().key);
  CHECK(held.deadline == now + seconds{100});
  CHECK(held.acquired == now);
  CHECK(held.winner == winner);
  release_lease end;
  end.known.failures = 2;
  end.known.failure = failure_class::network;
  end.known.counted = {"job-uid"};
  auto free = release(end, a_lease(), "ns", "0123456789abcdef", winner);
  CHECK(free.what == verb::merge_patch);
  auto freed = body_of(free);
  CHECK(text_at(freed, "metadata", "resourceVersion") == "12");
  // A merge patch removes what is null.
  CHECK(find(freed, "spec", "holderIdentity")->is_null());
  CHECK(find(freed, "metadata", "annotations", names::holder_deadline)
            ->is_null());
  CHECK(read_lease(freed).known == end.known);
}

TEST_CASE("a status says what the condition says and reads back the same") {
  write_status what;
  what.who = {claim_kind::replication_source, {"app", "data"}};
  what.uid = {"u"};
  what.since = now;
  auto& status = what.status;
  status.last_maintenance = now - seconds{60};
  status.next_maintenance = now + seconds{60};
  status.failures = 3;
  status.cron_job = "kopia-maintenance-0123456789abcdef";
  status.observed_generation = 4;
  status.ready = true;
  status.reason = "Scheduled";
  status.message = "fine";
  auto call = apply_status(what);
  CHECK(call.what == verb::apply);
  CHECK(call.subresource == "status");
  CHECK(text_at(body_of(call), "metadata", "uid") == "u");
  auto source = read_source(body_of(call));
  CHECK(source.status == status);
  CHECK(source.since == now);
  // A field that is left out of an apply is given up (R-46).
  status.next_maintenance.reset();
  CHECK_FALSE(find(body_of(apply_status(what)), "status", "kopia",
                   "nextScheduledMaintenance"));
}

TEST_CASE("an Event names the object by UID and fits the API's limits") {
  event_note note;
  note.regarding
      = {claim_kind::replication_source, {"app", std::string(253, 'n')}};
  note.uid = {"u"};
  note.warning = true;
  note.reason = "ScheduleConflict";
  note.message = std::string(5000, 'm');
  auto call = post_event(note, "me", now, 1);
  auto body = body_of(call);
  CHECK(text_at(body, "involvedObject", "uid") == "u");
  CHECK(text_at(body, "type") == "Warning");
  CHECK(text_at(body, "message").size() == 1024);
  CHECK(call.name.size() <= 253);
  CHECK(call.ns == "app");
  CHECK(post_event(note, "me", now, 2).name != call.name);
}

TEST_CASE("the pods' ServiceAccount has no token") {
  auto body = body_of(apply_service_account("volsync-system"));
  CHECK(flag_at(body, "automountServiceAccountToken") == false);
}
