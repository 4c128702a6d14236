#include "admission_place.hpp"

using namespace holystone;
using namespace holystone::scheduler;
using namespace holystone::test::one_location;

namespace {

const named_volume disk{"disk", {}, {}, "/repository"};
const named_volume other{"other", {}, {}, "/repository"};

job_fact given(job_fact job, std::vector<named_volume> volumes) {
  job.injected = std::move(volumes);
  return job;
}

/// The location is known from what a Job of that age was given.
place known_from(std::vector<named_volume> volumes, instant since) {
  place p;
  p.injected = injection{std::move(volumes), since};
  return p;
}

} // namespace

TEST_CASE("S4: a Job whose volume was not looked at yet does not get the "
          "Lease, and does not run with it") {
  auto p = known_from({}, now - 1h);
  p.jobs = {given(a_job("a"), {disk})};
  CHECK(reason_of(p.ask())
        == "an admission policy gave Job volsync-system/job-a a volume; what "
           "lies on it is being found out");
  p.held_by("a");
  CHECK(reason_of(p.ask()).starts_with("an admission policy gave Job"));
  p.injected = injection{{disk}, now - 10s};
  CHECK(uid_in<resume_job>(p.ask()) == "a");
}

TEST_CASE("a Job that was given other volumes before the location was known is "
          "made anew") {
  auto p = known_from({disk}, now - 10s);
  p.jobs = {given(a_job("a"), {other})};
  CHECK(uid_in<replace_job>(p.ask()) == "a");
  p.jobs = {given(a_job("a"), {})};
  CHECK(uid_in<replace_job>(p.ask()) == "a");
}

TEST_CASE("volumes of a Job don't matter where the location does not depend "
          "on them") {
  place p;
  p.jobs = {given(a_job("a"), {other})};
  CHECK(uid_in<acquire_lease>(p.ask()) == "a");
  // Its template mounts the repository's volume by itself.
  p = known_from({disk}, now - 10s);
  p.jobs = {a_job("a")};
  CHECK(uid_in<acquire_lease>(p.ask()) == "a");
}
