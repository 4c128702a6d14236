#include "manual_room.hpp"

using namespace holystone;
using namespace holystone::scheduler;
using namespace holystone::test::one_repository;

TEST_CASE("the Job of a tag has the fork's name") {
  CHECK(manual_job_name({"my-app", "manual-maintenance"},
                        "run-maintenance-2024-01-15")
        == "kopia-maint-manual-6fac16506316582a");
}

TEST_CASE("a new tag gets one Job, made beside its KopiaMaintenance") {
  manual_room r{"a"};
  auto step = r.next();
  const auto& made = as<make_job>(step).wanted;
  CHECK(made.key == manual_job_key(r.who().wish));
  CHECK(made.key.ns == "app");
  CHECK(made.owner == r.who().wish.uid);
  CHECK(made.manual_tag == "a");
  CHECK(made.credentials == "kopia");
  CHECK(made.made_from == ns);
  CHECK(made.holds_jobs);
  r.add("a", job_state::waiting);
  CHECK(r.reason() == "ManualPending");
  r.tell();
  as<acquire_lease>(r.next());
}

TEST_CASE("BUG-9: the Job has the settings and the Secret of its own "
          "KopiaMaintenance, whoever wins") {
  auto source = a_claim("web");
  source.wish.settings.limits = {{"memory", "9Gi"}};
  manual_room r{"a"};
  r.who().wish.settings.limits = {{"memory", "3Gi"}};
  r.facts.claimants.push_back(source);
  r.settle();
  auto step = r.next();
  const auto& made = as<make_job>(step).wanted;
  CHECK(made.settings.limits == quantities{{"memory", "3Gi"}});
  CHECK(made.winner.object == object_key{"app", "data"});
  CHECK(made.namespaces == std::vector<std::string>{"app", "web"});
  auto& job = r.add("a", job_state::waiting);
  r.tell();
  r.facts.claimants[1].status = told(r.facts, r.facts.claimants[1], now);
  CHECK(as<acquire_lease>(r.next()).secret == secret_used(r.who().wish));
  // The winner's template is another.
  job.template_digest = "of the winner";
  auto drop = r.next();
  CHECK(as<drop_job>(drop).job.uid == job.uid);
}

TEST_CASE("of the Jobs that ended so many stay as the history limits say") {
  for (int limit : {0, 1, 3}) {
    manual_room r{"e"};
    r.who().wish.settings.successful_jobs_history_limit = limit;
    auto at = now - 1h;
    for (auto tag : {"a", "b", "c", "d", "e"})
      r.add(tag, job_state::complete, at += 60s);
    r.tell();
    std::vector<std::string> gone;
    for (int i = 0; i < 9; ++i) {
      auto step = r.next();
      if (rests(step))
        break;
      auto uid = as<drop_job>(step).job.uid;
      gone.push_back(uid.value);
      std::erase_if(r.facts.jobs,
                    [&](const job_fact& job) { return job.uid == uid; });
    }
    CHECK(r.facts.jobs.size() == static_cast<std::size_t>(limit));
    CHECK(gone.front() == "job-a");
  }
}

TEST_CASE("a result from a clock that was ahead hides no later Job") {
  manual_room r{"b"};
  r.add("b", job_state::complete, now - 1min);
  r.tell();
  auto told = *r.who().status->standalone;
  told.last_manual_result->tag = "a";
  told.last_manual_result->finished = now + 400 * 24h;
  told.last_manual_sync = "a";
  r.who().status->standalone = told;
  REQUIRE(r.result());
  CHECK(r.result()->tag == "b");
  CHECK(r.result()->finished == now - 1min);
}

TEST_CASE("a tag that comes back is new") {
  manual_room r{"a"};
  r.add("a", job_state::complete, now - 10min);
  r.tell();
  CHECK(r.reason() == "ManualComplete");
  SECTION("after another that was done") {
    r.ask("b");
    as<make_job>(r.tell().next());
    r.add("b", job_state::complete, now - 5min);
    r.tell();
    r.ask("a");
    CHECK(r.reason() == "ManualPending");
  }
  SECTION("after another that waited") {
    r.ask("b");
    r.add("b", job_state::waiting);
    r.tell();
    CHECK(r.reason() == "ManualPending");
    r.ask("a");
    // The Job that waited goes, but only when that is noted.
    CHECK(rests(r.next_other()));
    r.blocked.clear();
    CHECK(r.reason() == "ManualPending");
    CHECK(r.result()->tag == "b");
    CHECK(r.result()->reason == replaced_reason);
    CHECK(r.wanted().standalone->last_manual_sync == "a");
    r.tell();
    CHECK(as<drop_job>(r.next()).job.manual->tag == "b");
    r.facts.jobs.pop_back();
  }
  r.tell();
  // The Job of its first run is in the way.
  CHECK(as<drop_job>(r.next()).job.manual->tag == "a");
  r.facts.jobs.front().deleting = true;
  CHECK(rests(r.next()));
  r.facts.jobs.clear();
  CHECK(as<make_job>(r.next()).wanted.manual_tag == "a");
  CHECK(r.reason() == "ManualPending");
  auto synced = r.wanted().standalone->last_manual_sync;
  r.add("a", job_state::failed, now + 60s);
  CHECK(r.reason(now + 60s) == "ManualFailed");
  CHECK(r.wanted(now + 60s).standalone->last_manual_sync == synced);
}

TEST_CASE("a tag that was replaced before its turn and comes back is run") {
  manual_room r{"b"};
  r.add("b", job_state::waiting);
  r.tell().ask("c");
  r.tell();
  as<drop_job>(r.next());
  r.ask("b");
  CHECK(r.reason() == "ManualPending");
  r.tell();
  as<acquire_lease>(r.next());
}

TEST_CASE("a suspended KopiaMaintenance gets no Job, and its tag stays "
          "pending") {
  manual_room r{"a"};
  r.who().wish.settings.suspend = true;
  CHECK(r.reason() == "Suspended");
  r.tell();
  CHECK(rests(r.next()));
  // One that waited already goes, one that runs ends.
  auto& job = r.add("a", job_state::waiting);
  CHECK(as<drop_job>(r.next()).job.uid == job.uid);
  job.state = job_state::running;
  r.hold(job);
  CHECK(r.reason() == "ManualRunning");
  r.tell();
  CHECK(rests(r.next()));
  r.facts.jobs.clear();
  r.facts.lease = {};
  r.who().status.reset();
  r.who().wish.settings.suspend = false;
  as<make_job>(r.tell().next());
}

TEST_CASE("a waiting Job of an old template is made anew under its name") {
  manual_room r{"a"};
  auto& job = r.add("a", job_state::waiting);
  r.tell();
  SECTION("the template") {
    job.template_digest = "old";
  }
  SECTION("the location") {
    job.location = "elsewhere";
  }
  SECTION("it ran without the ticket") {
    job.ticketless = true;
  }
  auto step = r.next();
  CHECK(as<drop_job>(step).job.uid == job.uid);
  REQUIRE(step.events.size() == 1);
  CHECK(step.events[0].reason == "JobDropped");
  // Nor does it start if it has the Lease already.
  r.hold(job);
  as<drop_job>(r.next());
  r.facts.lease = {};
  r.facts.jobs.clear();
  CHECK(as<make_job>(r.next()).wanted.key == manual_job_key(r.who().wish));
}

TEST_CASE("a Job whose KopiaMaintenance is another is not taken for its own") {
  manual_room r{"a"};
  auto& job = r.add("a", job_state::complete);
  job.manual = manual_mark{{"of one that was deleted"}, "a"};
  CHECK(r.reason() == "ManualPending");
  CHECK_FALSE(r.result());
  job.state = job_state::waiting;
  job.finished.reset();
  CHECK(as<drop_job>(r.next_other()).job.uid == job.uid);
}

TEST_CASE("a Job that waited and was deleted by hand is made again") {
  manual_room r{"a"};
  r.add("a", job_state::waiting);
  r.tell();
  r.facts.jobs.clear();
  CHECK(r.reason() == "ManualPending");
  as<make_job>(r.next());
}

TEST_CASE("a KopiaMaintenance that is scheduled from now on drops what waits "
          "and keeps its history") {
  manual_room r{"a"};
  r.add("a", job_state::complete, now - 10min);
  r.tell();
  r.ask("b");
  r.add("b", job_state::waiting);
  r.tell();
  r.ask("");
  r.settle().facts.copies.clear();
  r.tell();
  CHECK(as<drop_job>(r.next()).job.manual->tag == "b");
  r.facts.jobs.pop_back();
  CHECK(rests(r.next()));
  CHECK(r.reason() == "MaintenanceActive");
  CHECK(r.wanted().standalone->last_manual_sync == "a");
}
