#include "k8s_io/mover_report.hpp"
#include "test/mover/repository_on_disk.hpp"

using namespace holystone;
using namespace holystone::test;
using scheduler::failure_class;
using scheduler::mover_report;

namespace {

mover_report report_of(const mover_pod& pod) {
  const auto report = k8s_io::read_mover_report(pod.termination_message());
  REQUIRE(report);
  return *report;
}

} // namespace

TEST_CASE("a real kopia takes over, maintains and verifies a repository") {
  const auto kopia = real_kopia();
  if (!kopia)
    return;
  disk_repository repository{*kopia};
  repository.run("snapshot create " HOLYSTONE_SOURCE_DIR "/scheduler");
  mover_pod pod{repository.secret()};
  pod.options.kopia = *kopia;
  pod.options.known_identities = {"app@ns1"};
  REQUIRE(mover::maintain(pod.options) == 0);
  const auto report = report_of(pod);
  CHECK(report.succeeded);
  CHECK(report.owner == "maintenance@volsync");
  CHECK(report.previous_owner == "app@ns1");
  CHECK(report.unique_id.size() == 64);
  CHECK(report.verified == true);
  CHECK(report.blobs.value_or(0) > 5);
  CHECK(report.index_blobs.value_or(0) > 0);
  CHECK(report.contents.value_or(0) > 0);
  CHECK(report.repository_size.value_or(0) > 1000);
  CHECK(report.next_full > report.start);
  const auto info = repository.run("maintenance info --json");
  CHECK(info.find("\"owner\":\"maintenance@volsync\"") != std::string::npos);
  CHECK(info.find("\"snapshot-gc\"") != std::string::npos);
}
