#include "k8s_io/manifests.hpp"

#include "an_intent.hpp"
#include "k8s_io/names.hpp"
#include "k8s_io/objects.hpp"

#include <catch2/catch.hpp>

using namespace holystone;
using namespace holystone::k8s_io;
namespace json = boost::json;

namespace {

request apply_of(object_uid existing) {
  apply_cron_job what;
  what.wanted = an_intent();
  what.uid = std::move(existing);
  return apply(std::make_shared<const apply_cron_job>(std::move(what)),
               std::make_shared<const mover_settings>(mover));
}

} // namespace

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

TEST_CASE("A-1, A-5: a Job is one pod at a time, suspended, with a deadline, "
          "and the pod has a minute more") {
  auto made = cron_job(an_intent(), mover);
  json::value spec = job_template_of(made)["spec"];
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
  auto first = apply_of({});
  CHECK(first.what == verb::apply);
  CHECK(text_at(body_of(first), "metadata", "uid").empty());
  CHECK(text_at(body_of(apply_of({"u9"})), "metadata", "uid") == "u9");
}

TEST_CASE("A-12: lastScheduleTime is a patch of the status by UID") {
  auto what = set_schedule_time({{"ns", "c"}, {"u"}, now});
  CHECK(what.what == verb::merge_patch);
  CHECK(what.subresource == "status");
  CHECK(text_at(body_of(what), "metadata", "uid") == "u");
  CHECK(text_at(body_of(what), "status", "lastScheduleTime")
        == "2026-11-21T12:00:00Z");
}

TEST_CASE("the pods' ServiceAccount has no token") {
  auto body
      = body_of(apply_service_account("volsync-system", "volsync-system"));
  CHECK(flag_at(body, "automountServiceAccountToken") == false);
}
