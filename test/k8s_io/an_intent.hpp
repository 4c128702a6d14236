#pragma once

// A CronJob to look at: the intent that the tests of requests and manifests
// start from. Not a cluster; test/scheduler has that.

#include "k8s_io/fields.hpp"
#include "k8s_io/manifests.hpp"

namespace holystone::k8s_io {

inline const instant now = *parse_rfc3339("2026-11-21T12:00:00Z");
inline const mover_settings mover{"localhost/holystone:1", "idle", {}};

/// A repository of two namespaces whose winner is a ReplicationSource.
inline cron_job_intent an_intent() {
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

/// A waiting Job of it.
inline job_fact a_job() {
  job_fact job;
  job.key = {"volsync-system", "kopia-maintenance-0123456789abcdef-29"};
  job.uid = {"job-uid"};
  job.version = {"41"};
  return job;
}

/// The body of a request, read.
inline boost::json::value body_of(const request& what) {
  return boost::json::parse(what.body.text());
}

/// A member that is an object.
inline boost::json::object& at(boost::json::object& from,
                               std::string_view key) {
  return from[key].as_object();
}

/// Of a CronJob.
inline boost::json::object& job_template_of(boost::json::object& cron_job) {
  return at(at(cron_job, "spec"), "jobTemplate");
}

inline boost::json::object& pod_template_of(boost::json::object& cron_job) {
  return at(at(job_template_of(cron_job), "spec"), "template");
}

inline boost::json::object& container_of(boost::json::object& cron_job) {
  return at(pod_template_of(cron_job), "spec")["containers"]
      .as_array()[0]
      .as_object();
}

/// What a server adds and rewrites without being asked.
inline boost::json::object as_stored(boost::json::object made) {
  auto& meta = at(made, "metadata");
  meta["uid"] = "u1";
  meta["resourceVersion"] = "77";
  meta["generation"] = 3;
  meta["creationTimestamp"] = "2026-11-21T12:00:00Z";
  meta["managedFields"]
      = boost::json::array{boost::json::object{{"manager", "holystone"}}};
  at(made, "metadata")["labels"].as_object()["team"] = "storage";
  at(made, "metadata")["annotations"].as_object()["note"] = "by hand";
  made["status"] = {{"lastScheduleTime", "2026-11-21T02:07:00Z"}};
  auto& pod = at(pod_template_of(made), "spec");
  pod["dnsPolicy"] = "ClusterFirst";
  pod["schedulerName"] = "default-scheduler";
  pod["serviceAccount"] = pod["serviceAccountName"];
  at(job_template_of(made), "spec")["completionMode"] = "NonIndexed";
  at(job_template_of(made), "spec")["manualSelector"] = false;
  auto& one = container_of(made);
  one["terminationMessagePath"] = "/dev/termination-log";
  one["terminationMessagePolicy"] = "File";
  // Quantities come back in another spelling, members in another order.
  at(at(one, "resources"), "limits")["cpu"] = "0.5";
  boost::json::object turned;
  for (auto i = one.end(); i != one.begin();) {
    --i;
    turned[i->key()] = i->value();
  }
  one = turned;
  return made;
}

} // namespace holystone::k8s_io
