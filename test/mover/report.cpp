#include "mover/report.hpp"

#include "k8s_io/mover_report.hpp"

#include <catch2/catch.hpp>

using namespace holystone;
using scheduler::failure_class;
using scheduler::mover_report;
using scheduler::run_record;

namespace {

const instant start = *parse_rfc3339("2026-11-21T02:00:00Z");

mover_report whole_report() {
  mover_report report;
  report.why = failure_class::clock_skew;
  report.message = "a \"message\" with ünïcode";
  report.hint = "a hint";
  report.kind = scheduler::maintenance_kind::quick;
  report.start = start;
  report.end = start + std::chrono::seconds{90};
  report.runs = {{"snapshot-gc", start, report.end, true}};
  report.earlier = {{"cleanup-logs", start, report.end, false}};
  report.repository_size = 1;
  report.unique_id = "abcd";
  report.blobs = 2;
  report.index_blobs = 3;
  report.contents = 4;
  report.cache_hits = 5;
  report.cache_misses = 6;
  report.owner = "maintenance@volsync";
  report.previous_owner = "app@ns1";
  report.open_full = start;
  report.next_full = start;
  report.next_quick = report.end;
  report.verified = false;
  return report;
}

} // namespace

TEST_CASE("the operator reads exactly what the mover wrote") {
  for (auto report : {mover_report{}, whole_report()}) {
    const auto again = k8s_io::read_mover_report(mover::to_json(report));
    REQUIRE(again);
    if (!report.succeeded && report.why == failure_class::none)
      report.why = again->why;
    CHECK(*again == report);
  }
}

TEST_CASE("a report never exceeds what Kubernetes keeps of it") {
  auto report = whole_report();
  report.runs.assign(200, {"snapshot-gc", start, start, true});
  report.earlier.assign(200, {"snapshot-gc", start, start, true});
  report.message = std::string(3000, 'm');
  const auto text = mover::to_json(report);
  CHECK(text.size() <= 4096);
  const auto again = k8s_io::read_mover_report(text);
  REQUIRE(again);
  CHECK(again->why == report.why);
  CHECK(again->unique_id == report.unique_id);
  report.message = std::string(9000, '\n');
  CHECK(mover::to_json(report).size() <= 4096);
  report.owner = report.previous_owner = std::string(9000, 'o');
  CHECK(mover::to_json(report).size() <= 4096);
}

TEST_CASE("what is no report is not taken for one") {
  for (const char* text :
       {"", "{}", "[]", "Error: OOMKilled", "{\"result\":\"success\"",
        "{\"result\":\"success\"}",
        "{\"result\":\"maybe\",\"start\":"
        "\"2026-11-21T02:00:00Z\",\"end\":\"2026-11-21T02:00:00Z\"}"}) {
    INFO(text);
    CHECK_FALSE(k8s_io::read_mover_report(text));
  }
}
