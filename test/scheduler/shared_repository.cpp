#include "scheduler/shared_repository.hpp"
#include "scheduler/admission.hpp"

#include <catch2/catch.hpp>

using namespace holystone;
using namespace holystone::scheduler;

namespace {

const instant now{seconds{100'000}};

ledger known_as(std::string id, std::string other = {}) {
  ledger known;
  known.unique_id = std::move(id);
  known.other_id = std::move(other);
  return known;
}

alias_fact alias(bool is_elder, std::string holder = {}) {
  return {"feed",
          R"({"bucket":"b"})",
          is_elder,
          {std::move(holder)},
          {"volsync-system", "run"}};
}

job_fact a_job(bool is_scheduled) {
  job_fact job;
  job.key = {"volsync-system", "job"};
  job.uid = {"j"};
  job.created = now;
  job.location = "here";
  job.template_digest = "t";
  if (is_scheduled)
    job.slot = now;
  return job;
}

admission_step ask(const job_fact& job, const sharing& shared,
                   bool holds = false) {
  std::vector<job_fact> jobs{job};
  std::vector<pod_fact> pods;
  lease_fact lease;
  if (holds) {
    lease.exists = true;
    lease.holder = job.uid;
    lease.deadline = now + std::chrono::hours{20};
  }
  admission_view view{jobs,       pods, lease, "here",        {"t", "t"},  {},
                      seconds{0}, {},   true,  "app/kopia@1", run_limits{}};
  view.shared = shared;
  return admit(view, now);
}

template <class T>
bool is(const admission_step& step) {
  return std::holds_alternative<T>(step);
}

} // namespace

TEST_CASE("A-21: without aliases nothing changes") {
  auto told = sharing_of({}, known_as("a"));
  CHECK(told.standby.empty());
  CHECK(told.busy.empty());
  CHECK(is<acquire_lease>(ask(a_job(true), told)));
  CHECK(aliases_text({}, known_as("a")).empty());
  CHECK(wrong_merge_text(known_as("a"), "x", {"ns", "l"}).empty());
}

TEST_CASE("A-21: the younger of two locations is standby: what is scheduled is "
          "dropped, what was made by hand runs") {
  auto told = sharing_of({alias(true)}, known_as("a"));
  auto step = ask(a_job(true), told);
  REQUIRE(is<drop_job>(step));
  CHECK_THAT(std::get<drop_job>(step).reason, Catch::Contains("feed"));
  CHECK(is<acquire_lease>(ask(a_job(false), told)));
}

TEST_CASE("A-21: two locations of one repository share the lock") {
  auto elder = sharing_of({alias(false, "x")}, known_as("a"));
  auto step = ask(a_job(true), elder);
  REQUIRE(is<stand_by>(step));
  CHECK_THAT(std::get<stand_by>(step).reason,
             Catch::Contains("volsync-system/run"));
  CHECK(is<stand_by>(
      ask(a_job(false), sharing_of({alias(true, "x")}, known_as("a")))));
}

TEST_CASE("A-21: when both took their Leases at once, the younger gives way") {
  auto younger = sharing_of({alias(true, "x")}, known_as("a"));
  CHECK(is<replace_job>(ask(a_job(false), younger, true)));
  CHECK(is<drop_job>(ask(a_job(true), younger, true)));
  auto elder = sharing_of({alias(false, "x")}, known_as("a"));
  CHECK(is<stand_by>(ask(a_job(true), elder, true)));
}

TEST_CASE("A-21: a location with two ids stops, and says how to go on") {
  auto told = sharing_of({}, known_as("a", "b"));
  CHECK(is<drop_job>(ask(a_job(true), told)));
  CHECK(is<stand_by>(ask(a_job(false), told)));
  auto text = wrong_merge_text(known_as("a", "b"), "s3",
                               {"volsync-system", "kopia-repository-1"});
  CHECK_THAT(text,
             Catch::Contains("ids a and b")
                 && Catch::Contains("kubectl -n volsync-system annotate lease "
                                    "kopia-repository-1 "
                                    "volsync.backube/repository-unique-id- "
                                    "volsync.backube/repository-other-id-"));
}

TEST_CASE("A-21: both sides are told about each other") {
  auto younger = aliases_text({alias(true)}, known_as("a"));
  CHECK_THAT(younger, Catch::Contains("id a") && Catch::Contains("Standby")
                          && Catch::Contains("feed"));
  CHECK_THAT(aliases_text({alias(false)}, known_as("a")),
             Catch::Contains("feed") && Catch::Contains("is maintained"));
}
