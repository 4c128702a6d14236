#include "simulator/mover_workload.hpp"

#include "k8s_io/fields.hpp"
#include "k8s_io/mover_report.hpp"

#include <catch2/catch.hpp>

using namespace holystone;
using namespace holystone::simulator;
using k8s_io::read_mover_report;
using scheduler::failure_class;

namespace {

namespace json = boost::json;

const auto start = *parse_rfc3339("2026-11-21T02:00:00Z");

json::value pod(std::string_view ticket = "uid") {
  return {{"metadata",
           {{"labels", {{"batch.kubernetes.io/controller-uid", "uid"}}},
            {"annotations", {{"volsync.backube/admitted", ticket}}}}}};
}

json::value mover(std::string_view kind = "--full") {
  return {{"name", "kopia-maintenance"},
          {"command", json::array{"/usr/bin/holystone"}},
          {"args", json::array{"mover", "maintain", kind, "--repository=abc"}}};
}

} // namespace

TEST_CASE("a simulated full run proves its success as a real one does") {
  mover_workload movers;
  auto run = movers.run(pod(), mover(), start);
  CHECK(run.exit_code == 0);
  auto report = read_mover_report(run.message);
  REQUIRE(report);
  CHECK(report->succeeded);
  CHECK(report->kind == scheduler::maintenance_kind::full);
  CHECK(report->start == start);
  CHECK(report->end == start + *run.duration);
  REQUIRE_FALSE(report->runs.empty());
  CHECK(report->runs.front().task == "snapshot-gc");
  CHECK(report->runs.back().task == "cleanup-logs");
  CHECK(report->runs.front().start >= report->start);
  CHECK(report->runs.back().end <= report->end);
  CHECK(report->owner == "maintenance@volsync");
  CHECK(report->previous_owner == "app@cluster");
  CHECK(report->unique_id == movers.repository("abc").unique_id);
  CHECK(run.message.size() <= 4096);
}

TEST_CASE("A-10 a simulated mover without the ticket does nothing") {
  mover_workload movers;
  auto ticket = GENERATE(as<std::string>{}, "", "another");
  auto run = movers.run(pod(ticket), mover(), start);
  CHECK(run.exit_code == 1);
  auto report = read_mover_report(run.message);
  REQUIRE(report);
  CHECK_FALSE(report->succeeded);
  CHECK(report->why == failure_class::not_admitted);
  CHECK(movers.repository("abc").runs == 0);
}

TEST_CASE("a simulated repository fails in every class until it is repaired") {
  auto why = GENERATE(failure_class::authentication, failure_class::network,
                      failure_class::ownership, failure_class::corrupt);
  mover_workload movers;
  movers.repository("abc").failing = why;
  auto report = read_mover_report(movers.run(pod(), mover(), start).message);
  REQUIRE(report);
  CHECK_FALSE(report->succeeded);
  CHECK(report->why == why);
  CHECK_FALSE(report->message.empty());
  movers.repository("abc").failing = failure_class::none;
  report = read_mover_report(movers.run(pod(), mover(), start).message);
  REQUIRE(report);
  CHECK(report->succeeded);
}

TEST_CASE("a simulated mover out of memory leaves no message") {
  mover_workload movers;
  movers.repository("abc").failing = failure_class::out_of_memory;
  auto run = movers.run(pod(), mover(), start);
  CHECK(run.exit_code == 137);
  CHECK(run.reason == "OOMKilled");
  CHECK(run.message.empty());
}

TEST_CASE("A-26 a simulated run that is told to end is a failure") {
  mover_workload movers;
  auto run = movers.run(pod(), mover(), start);
  CHECK(run.term_exit_code == 143);
  auto report = read_mover_report(run.term_message);
  REQUIRE(report);
  CHECK_FALSE(report->succeeded);
}

TEST_CASE("a simulated quick run says that it is quick") {
  mover_workload movers;
  auto report = read_mover_report(
      movers.run(pod(), mover("--kind=quick"), start).message);
  REQUIRE(report);
  CHECK(report->kind == scheduler::maintenance_kind::quick);
  CHECK_FALSE(movers.repository("abc").last_full);
}

TEST_CASE("a container that is no mover just succeeds") {
  mover_workload movers;
  json::value other = {{"name", "x"}, {"image", "busybox"}};
  auto run = movers.run(pod(), other, start);
  CHECK(run.exit_code == 0);
  CHECK(run.message.empty());
}
