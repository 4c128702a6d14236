#include "actors/addresses.hpp"

#include "k8s_io/names.hpp"

#include <catch2/catch.hpp>

#include <fmt/format.h>

using namespace holystone;
using namespace holystone::actors;

namespace {

const std::string hash = "0123456789abcdef";

pod_seen make_pod(const std::string& label, const std::string& job) {
  pod_seen pod;
  pod.repository = label;
  pod.fact.job = {job};
  return pod;
}

job_seen a_seen_job(const std::string& label, const std::string& uid) {
  job_seen job;
  job.repository = label;
  job.fact.uid = {uid};
  return job;
}

} // namespace

TEST_CASE("a CronJob is the repository's whose it says it is") {
  addresses all;
  cron_job_seen seen;
  CHECK(all.learn(seen).empty());
  seen.whose = {{hash}, maintenance_kind::quick};
  CHECK(all.learn(seen) == hash);
}

TEST_CASE("A-6: a pod without our label is its Job's repository's") {
  addresses all;
  CHECK(all.learn(make_pod("", "job-1")) == "");
  CHECK(all.learn(a_seen_job(hash, "job-1")) == hash);
  CHECK(all.learn(make_pod("", "job-1")) == hash);
  CHECK(all.learn(make_pod("label", "job-2")) == "label");
  all.forget({watched_kind::jobs, {{"volsync-system", "x"}, {"job-1"}}, {}});
  CHECK(all.learn(make_pod("", "job-1")) == "");
}

TEST_CASE("the last word on a Lease is kept until it is gone") {
  addresses all;
  lease_seen lease{{"volsync-system", lease_name(hash)}, {}};
  lease.fact.holder = {"job-1"};
  CHECK(all.learn(lease) == hash);
  auto said = all.lease_of(hash);
  REQUIRE(said);
  CHECK(std::get<lease_seen>(std::get<fact>(*said)).key == lease.key);
  CHECK(std::get<lease_seen>(std::get<fact>(*said)).fact == lease.fact);
  CHECK_FALSE(all.lease_of("other"));
  all.forget({watched_kind::leases, {lease.key, {}}, {}});
  CHECK_FALSE(all.lease_of(hash));
}

TEST_CASE("a loss is for those who were told of the object") {
  addresses all;
  all.told({"job-1"}, hash);
  all.told({"job-1"}, hash);
  all.told({"job-1"}, "other");
  loss gone{watched_kind::jobs, {{"volsync-system", "x"}, {"job-1"}}, {}};
  CHECK(all.forget(gone) == std::vector<std::string>{hash, "other"});
  CHECK(all.forget(gone).empty());
  lease_seen leader{{"volsync-system", "holystone"}, {}};
  CHECK(all.learn(leader).empty());
  CHECK(all.leases().empty());
}
