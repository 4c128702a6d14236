// What `--admission=off` changes in the objects that are written, and what is
// read back from them.

#include "an_intent.hpp"
#include "k8s_io/job_requests.hpp"
#include "k8s_io/lease_requests.hpp"
#include "k8s_io/manifests.hpp"
#include "k8s_io/names.hpp"
#include "k8s_io/objects.hpp"

#include <catch2/catch.hpp>

#include <algorithm>

using namespace holystone;
using namespace holystone::k8s_io;
namespace json = boost::json;

namespace {

cron_job_intent a_free_intent() {
  auto wanted = an_intent();
  wanted.holds_jobs = false;
  wanted.secret = "app/kopia@7";
  return wanted;
}

} // namespace

TEST_CASE("without admission Jobs run when they are made, and their mover asks "
          "for no ticket") {
  for (const auto& wanted : {an_intent(), a_free_intent()}) {
    json::value made = cron_job(wanted, mover);
    const auto& job = *find(made, "spec", "jobTemplate");
    CHECK(flag_at(job, "spec", "suspend") == wanted.holds_jobs);
    CHECK(read_cron_job(made).holds_jobs == wanted.holds_jobs);
    const auto& containers
        = items_at(job, "spec", "template", "spec", "containers");
    REQUIRE(containers.size() == 1);
    const auto& arguments = items_at(containers[0], "args");
    CHECK(std::ranges::count(arguments, json::value("--admission=off"))
          == (wanted.holds_jobs ? 0 : 1));
    CHECK(read_job(job).secret == wanted.secret);
  }
}

TEST_CASE("a Job of the one kind is out of date for the other") {
  CHECK(digests(an_intent(), mover).job_template
        != digests(a_free_intent(), mover).job_template);
}

TEST_CASE("a Job that is suspended says that we did it") {
  auto body = body_of(suspend(a_job()));
  CHECK(read_job(body).held);
  CHECK_FALSE(read_job(json::parse(R"({"spec":{"suspend":true}})")).held);
}

TEST_CASE("the ledger needs no Lease that somebody took") {
  release_lease end;
  end.known.failures = 1;
  end.known.failure = failure_class::network;
  end.known.counted = {"job-uid"};
  end.known.counted_at = now;
  auto made = release(end, {}, "ns", "0123456789abcdef", {});
  CHECK(made.what == verb::create);
  CHECK(made.name == "kopia-repository-0123456789abcdef");
  auto lease = read_lease(body_of(made));
  CHECK_FALSE(lease.holder);
  CHECK(lease.key == object_key{"ns", "kopia-repository-0123456789abcdef"});
  CHECK(lease.known == end.known);
}
