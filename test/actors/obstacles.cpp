#include "actors/obstacles.hpp"

#include "k8s_io/names.hpp"

#include <catch2/catch.hpp>

using namespace holystone;
using namespace holystone::actors;

TEST_CASE("a Job is not suspended while the Lease names it, whatever is known "
          "of the Lease") {
  job_order order;
  order.location = {"0123456789abcdef"};
  job_fact job;
  job.key = {"volsync-system", "run"};
  job.uid = {"a"};
  const auto look = let_in_already(order, job, "volsync-system");
  CHECK(look.kind.plural == resources::leases.plural);
  CHECK(look.name == lease_name("0123456789abcdef"));
  auto lease_of = [](const std::string& holder) {
    return boost::json::value{
        {"kind", "Lease"},
        {"metadata",
         {{"name", "x"},
          {"namespace", "volsync-system"},
          {"annotations", {{names::holder_job, "volsync-system/run"}}}}},
        {"spec", {{"holderIdentity", holder}}}};
  };
  CHECK(look.obstacle(lease_of("a")) == "Job volsync-system/run has the Lease");
  CHECK(look.obstacle(lease_of("b")).empty());
  CHECK(look.obstacle(lease_of("")).empty());
}
