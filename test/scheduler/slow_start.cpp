// Maintenance that was let in but does not start, as claimants hear of it.

#include "quiet_cluster.hpp"
#include "scheduler/long_wait.hpp"

#include <catch2/catch.hpp>

using namespace holystone;
using namespace holystone::scheduler;
using namespace std::chrono_literals;

namespace {

/// A claim's only Job, let in at midnight, on a cluster without room.
struct full_cluster : quiet_cluster {
  full_cluster() {
    cluster.limits = {3h, 30s};
    cluster.nodes_are_full = true;
    cluster.claim("a", "0 0 * * *");
    live(30min + 5s);
    REQUIRE(cluster.jobs.size() == 1);
    REQUIRE(cluster.pods.size() == 1);
  }
};

} // namespace

TEST_CASE("a pod that is pending for ten minutes is told until it starts") {
  full_cluster q;
  q.live(9min + 30s);
  CHECK(q.status().reason == "Scheduled");
  q.live(1min);
  CHECK(q.status().reason == "Waiting");
  CHECK_FALSE(q.status().ready);
  CHECK_THAT(q.status().message,
             Catch::Contains("is pending since 2026-11-21T00:00:0")
                 && Catch::Contains("describe pod pod-"));
  auto said = q.status();
  auto before = q.cluster.writes;
  q.live(30min);
  CHECK(q.status() == said);
  CHECK(q.cluster.writes == before);
  q.cluster.nodes_are_full = false;
  q.live(10min);
  CHECK(q.status().reason == "Scheduled");
  CHECK(q.done.full == slots{"00:00"});
}

TEST_CASE("why a pod does not start is told as far as the kubelet knows") {
  full_cluster q;
  q.cluster.pods[0].fact.obstacle = "image i can't be pulled (ErrImagePull)";
  q.live(11min);
  CHECK_THAT(q.status().message,
             Catch::Contains(": image i can't be pulled (ErrImagePull). "));
}

TEST_CASE("a pod that never starts ends with its Job's deadline") {
  full_cluster q;
  q.live(3h + 5min);
  CHECK(q.status().reason == "Scheduled");
  CHECK(q.status().failures == 1);
  CHECK_THAT(q.status().message, Catch::Contains("timeout"));
  CHECK_FALSE(q.cluster.lease.holder);
}

TEST_CASE("a pending pod is an Event once") {
  full_cluster q;
  q.live(11min);
  auto who = q.cluster.claimants.front();
  auto late = *who.status;
  who.status->reason = "Scheduled";
  auto notes = events_for(who, late);
  REQUIRE(notes.size() == 1);
  CHECK(notes[0].reason == "MaintenanceWaiting");
  CHECK(notes[0].warning);
  who.status = late;
  CHECK(events_for(who, late).empty());
}

TEST_CASE("the repository looks again when a pod was pending for long") {
  full_cluster q;
  q.us.hear_all();
  CHECK(q.us.decide().wake == *q.cluster.pods[0].fact.pending_since + 10min);
}

TEST_CASE("a Job of which no pod can be made is told, too") {
  full_cluster q;
  q.cluster.pods.clear();
  auto& job = q.cluster.jobs.begin()->second.fact;
  job.pods = 0;
  q.us.restart();
  auto wait = first_long_wait(q.us.facts);
  REQUIRE(wait);
  CHECK(wait->what == awaited::pod);
  CHECK(wait->limit == *job.started + 10min);
  CHECK_THAT(describe(*wait, ""), Catch::Contains("describe job job-"));
  // A retry that has just failed waits for its pod, but not from the start.
  job.pods = 1;
  q.us.restart();
  CHECK_FALSE(first_long_wait(q.us.facts));
}
