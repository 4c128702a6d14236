#include "actors/observed.hpp"

#include <catch2/catch.hpp>

using namespace holystone;
using namespace holystone::actors;

namespace {

const instant start = *parse_rfc3339("2026-11-21T12:00:00Z");
const object_key cron_job_key{"volsync-system",
                              "kopia-maintenance-0123456789abcdef"};

observed a_repository() {
  repository_facts from;
  from.id = {"0123456789abcdef"};
  from.location_id = {"fedcba9876543210"};
  return observed{std::move(from), "volsync-system"};
}

fact cron_job(const std::string& version, const std::string& schedule) {
  cron_job_fact now_is;
  now_is.exists = true;
  now_is.key = cron_job_key;
  now_is.uid = {"cron-job"};
  now_is.version = {version};
  now_is.schedule = schedule;
  return cron_job_seen{now_is, parse_cron_job_name(cron_job_key.name)};
}

fact_ptr share(observation what) {
  return std::make_shared<const observation>(std::move(what));
}

fact_ptr lost(watched_kind kind, const object_key& key,
              const std::string& uid) {
  return share(loss{kind, {key, {uid}}, nullptr});
}

claimant make_claimant(const std::string& version, int failures) {
  claimant who;
  who.wish.who = {claim_kind::replication_source, {"app", "data"}};
  who.wish.uid = {"source"};
  who.wish.version = {version};
  who.location = "{}";
  who.status.emplace();
  who.status->failures = failures;
  return who;
}

pod_fact make_pod(const std::string& name, bool bound) {
  pod_fact pod;
  pod.key = {"volsync-system", name};
  pod.uid = {name};
  pod.job = {"job"};
  pod.bound = bound;
  return pod;
}

/// A write of the CronJob that was answered with this version.
void write(observed& known, const std::string& version,
           const std::string& schedule) {
  known.finish(apply_cron_job{}, {observation{cron_job(version, schedule)}},
               start);
}

} // namespace

TEST_CASE("an answer that is older than what the watch told meanwhile is no "
          "news") {
  // A Job that we make is changed by its controller before we hear that it is
  // made; with the older version every resume of it would be refused.
  auto known = a_repository();
  known.begin(apply_cron_job{});
  known.see(share(cron_job("10", "0 2 * * *")), start);
  known.see(share(cron_job("12", "0 4 * * *")), start);
  known.finish(apply_cron_job{}, {observation{cron_job("10", "0 2 * * *")}},
               start);
  CHECK(known.facts().cron_jobs.full.version.value == "12");
  CHECK(known.facts().cron_jobs.full.schedule == "0 4 * * *");
}

TEST_CASE("news older than our own write wait for its echo") {
  auto known = a_repository();
  known.see(share(cron_job("1", "old")), start);
  write(known, "3", "ours");
  CHECK(known.facts().cron_jobs.full.schedule == "ours");
  known.see(share(cron_job("2", "older")), start);
  CHECK(known.facts().cron_jobs.full.schedule == "ours");
  known.see(share(cron_job("3", "ours")), start);
  known.see(share(cron_job("4", "newer")), start);
  CHECK(known.facts().cron_jobs.full.schedule == "newer");
}

TEST_CASE("an echo that never comes is given up after half a minute, and what "
          "it held back counts") {
  auto known = a_repository();
  write(known, "x3", "ours");
  // Versions that are no numbers tell nothing of their order.
  known.see(share(cron_job("x4", "theirs")), start);
  CHECK(known.gives_up_at() == start + seconds{31});
  known.give_up_echoes(start + seconds{30});
  CHECK(known.facts().cron_jobs.full.schedule == "ours");
  known.give_up_echoes(start + seconds{31});
  CHECK(known.facts().cron_jobs.full.schedule == "theirs");
  CHECK_FALSE(known.gives_up_at());
}

TEST_CASE("an echo that holds nothing back wakes nobody") {
  auto known = a_repository();
  known.see(share(cron_job("1", "old")), start);
  write(known, "3", "ours");
  CHECK_FALSE(known.gives_up_at());
}

TEST_CASE("what we made is looked for after half a minute and then ever less "
          "often, until a watch tells of it") {
  auto known = a_repository();
  write(known, "2", "ours");
  write(known, "3", "ours");
  CHECK(known.gives_up_at() == start + seconds{31});
  CHECK(known.unheard(start + seconds{30}).empty());
  auto first = known.unheard(start + seconds{31});
  REQUIRE(first.size() == 1);
  CHECK(first[0].kind == watched_kind::cron_jobs);
  CHECK(first[0].which.key == cron_job_key);
  CHECK(known.gives_up_at() == start + seconds{63});
  known.give_up_echoes(start + seconds{62});
  CHECK(known.unheard(start + seconds{62}).empty());
  CHECK(known.unheard(start + seconds{63}).size() == 1);
  known.see(share(cron_job("3", "ours")), start + seconds{64});
  CHECK_FALSE(known.gives_up_at());
}

TEST_CASE("a write that changed nothing has no echo") {
  auto known = a_repository();
  known.see(share(cron_job("3", "same")), start);
  write(known, "3", "same");
  known.see(share(cron_job("4", "next")), start);
  CHECK(known.facts().cron_jobs.full.schedule == "next");
}

TEST_CASE("a loss ends the waiting for an echo") {
  auto known = a_repository();
  write(known, "3", "ours");
  known.see(lost(watched_kind::cron_jobs, cron_job_key, "cron-job"), start);
  CHECK_FALSE(known.facts().cron_jobs.full.exists);
  known.see(share(cron_job("x4", "theirs")), start);
  CHECK(known.facts().cron_jobs.full.schedule == "theirs");
}

TEST_CASE("news about a claimant don't undo our write of its status") {
  auto known = a_repository();
  known.claim(make_claimant("1", 0), start);
  write_status write;
  write.who = make_claimant("", 0).wish.who;
  write.status.failures = 7;
  claimant_fact answer;
  answer.uid = {"source"};
  answer.version = {"3"};
  known.finish(write, {observation{fact{answer}}}, start);
  CHECK(known.facts().claimants.at(0).status->failures == 7);
  known.claim(make_claimant("2", 0), start);
  CHECK(known.facts().claimants.at(0).status->failures == 7);
  known.claim(make_claimant("3", 7), start);
  known.claim(make_claimant("4", 8), start);
  CHECK(known.facts().claimants.at(0).status->failures == 8);
  known.unclaim(write.who);
  CHECK(known.facts().claimants.empty());
}

TEST_CASE("A-5: a pod that had a node and vanished has not ended") {
  auto known = a_repository();
  known.see(share(fact{pod_seen{"", make_pod("bound", true)}}), start);
  auto unbound = make_pod("unbound", false);
  auto unheard = make_pod("unheard", false);
  for (const auto& pod : {unbound, unheard})
    known.see(share(fact{pod_seen{"", pod}}), start);
  auto last = std::make_shared<const fact>(pod_seen{"", unbound});
  known.see(share(loss{watched_kind::pods, {unbound.key, unbound.uid}, last}),
            start + seconds{5});
  // In a gap of the watch it may have got a node.
  for (const auto* name : {"bound", "unheard"})
    known.see(lost(watched_kind::pods, {"volsync-system", name}, name),
              start + seconds{5});
  REQUIRE(known.facts().pods.size() == 2);
  for (const auto& pod : known.facts().pods) {
    CHECK_FALSE(pod.ended);
    CHECK(pod.vanished == start + seconds{5});
  }
}

TEST_CASE("the loss of another repository's object changes nothing") {
  auto known = a_repository();
  known.see(share(cron_job("1", "ours")), start);
  lease_seen lease;
  lease.fact.exists = true;
  lease.fact.uid = {"lease"};
  lease.fact.holder = {"job"};
  known.see(share(fact{lease}), start);
  auto pod = make_pod("theirs", true);
  auto last = std::make_shared<const fact>(pod_seen{"", pod});
  known.see(share(loss{watched_kind::pods, {pod.key, pod.uid}, last}), start);
  CHECK(known.facts().pods.empty());
  lease.fact.uid = {"their-lease"};
  last = std::make_shared<const fact>(lease);
  known.see(share(loss{watched_kind::leases, {{}, {"their-lease"}}, last}),
            start);
  CHECK(known.facts().lease.uid == object_uid{"lease"});
  known.see(lost(watched_kind::cron_jobs, {}, "their-cron-job"), start);
  CHECK(known.facts().cron_jobs.full.schedule == "ours");
}

TEST_CASE("A-5: who frees the Lease by hand vouches for a vanished pod") {
  auto known = a_repository();
  lease_seen lease;
  lease.fact.exists = true;
  lease.fact.holder = {"job"};
  known.see(share(fact{lease}), start);
  known.see(share(fact{pod_seen{"", make_pod("gone", true)}}), start);
  known.see(share(fact{pod_seen{"", make_pod("there", true)}}), start);
  known.see(lost(watched_kind::pods, {"volsync-system", "gone"}, "gone"),
            start);
  lease.fact.holder = {};
  known.see(share(fact{lease}), start);
  REQUIRE(known.facts().pods.size() == 1);
  CHECK(known.facts().pods[0].uid == object_uid{"there"});
  // And for one whose object goes only then.
  known.see(lost(watched_kind::pods, {"volsync-system", "there"}, "there"),
            start);
  CHECK(known.facts().pods.empty());
}

TEST_CASE("A-5: an ended pod of the Lease's holder is kept as proof") {
  auto known = a_repository();
  lease_seen lease;
  lease.fact.exists = true;
  lease.fact.holder = {"job"};
  known.see(share(fact{lease}), start);
  auto pod = make_pod("done", true);
  pod.ended = true;
  known.see(share(fact{pod_seen{"", pod}}), start);
  known.see(lost(watched_kind::pods, pod.key, "done"), start);
  REQUIRE(known.facts().pods.size() == 1);
  CHECK(known.facts().pods[0].ended);
}

TEST_CASE("what an answer does not show is folded from the write itself") {
  auto known = a_repository();
  job_fact job;
  job.key = {"volsync-system", "run"};
  job.uid = {"job"};
  known.read(job_seen{"", job}, start);
  known.finish(acquire_lease{job, {}, {}}, {}, start);
  CHECK(known.facts().never_resumed == job.uid);
  known.begin(resume_job{job});
  CHECK_FALSE(known.facts().never_resumed);
  known.finish(drop_job{job, {}}, {}, start);
  CHECK(known.facts().jobs.at(0).deleting);
  copy_fact copy;
  copy.key = {"volsync-system", "copy"};
  copy.uid = {"copy"};
  secret_fact secret;
  secret.copy = copy;
  known.read(secret, start);
  REQUIRE(known.facts().copies.size() == 1);
  known.finish(delete_copy{copy}, {}, start);
  CHECK(known.facts().copies.empty());
  known.see(share(cron_job("1", "mine")), start);
  known.finish(delete_cron_job{cron_job_key, {"cron-job"}}, {}, start);
  CHECK(known.facts().cron_jobs.full.deleting);
}

TEST_CASE("PERTURB-15: a manifest that a webhook changed is remembered as "
          "settled") {
  auto known = a_repository();
  apply_cron_job apply;
  apply.digests.whole = "wanted";
  auto answer = std::get<cron_job_seen>(cron_job("3", "x"));
  answer.fact.digest = "found";
  known.finish(apply, {observation{fact{answer}}}, start);
  CHECK(known.facts().settled.full.wanted == "wanted");
  CHECK(known.facts().settled.full.found == "found");
}

TEST_CASE("the CronJobs of both kinds are kept apart") {
  auto known = a_repository();
  known.see(share(cron_job("1", "full")), start);
  auto quick = std::get<cron_job_seen>(cron_job("2", "quick"));
  quick.fact.key.name += "-quick";
  quick.whose->kind = maintenance_kind::quick;
  quick.fact.uid = {"quick"};
  known.see(share(fact{quick}), start);
  CHECK(known.facts().cron_jobs.full.schedule == "full");
  CHECK(known.facts().cron_jobs.quick.schedule == "quick");
  delete_cron_job gone{quick.fact.key, quick.fact.uid};
  known.finish(gone, {}, start);
  CHECK(known.facts().cron_jobs.quick.deleting);
  CHECK_FALSE(known.facts().cron_jobs.full.deleting);
  known.see(lost(watched_kind::cron_jobs, quick.fact.key, "quick"), start);
  CHECK_FALSE(known.facts().cron_jobs.quick.exists);
  CHECK(known.facts().cron_jobs.full.exists);
}

TEST_CASE("news that are surely newer than our write need no echo, and older "
          "ones are of no use even when it never comes") {
  auto known = a_repository();
  write(known, "9", "ours");
  known.see(share(cron_job("8", "older")), start);
  known.give_up_echoes(start + seconds{31});
  CHECK(known.facts().cron_jobs.full.schedule == "ours");
  write(known, "11", "ours again");
  // A relist skips what was between.
  known.see(share(cron_job("100", "theirs")), start);
  CHECK(known.facts().cron_jobs.full.schedule == "theirs");
  known.see(share(cron_job("x101", "theirs again")), start);
  CHECK(known.facts().cron_jobs.full.schedule == "theirs again");
}

TEST_CASE("an answer that comes after the object's loss does not bring it "
          "back") {
  auto known = a_repository();
  job_fact job;
  job.key = {"volsync-system", "run"};
  job.uid = {"job"};
  job.version = {"1"};
  known.see(share(fact{job_seen{"", job}}), start);
  known.begin(resume_job{job});
  CHECK(known.see(lost(watched_kind::jobs, job.key, "job"), start));
  auto answer = job;
  answer.version = {"2"};
  known.finish(resume_job{job}, {observation{fact{job_seen{"", answer}}}},
               start);
  CHECK(known.facts().jobs.empty());
  CHECK_FALSE(known.gives_up_at());
  known.read(job_seen{"", answer}, start);
  CHECK(known.facts().jobs.empty());
  // A watch knows better: the loss was that of a label.
  known.see(share(fact{job_seen{"", answer}}), start);
  CHECK(known.facts().jobs.size() == 1);
}

TEST_CASE("the loss of what was never seen is no news, but it counts against "
          "a late answer") {
  auto known = a_repository();
  known.begin(apply_cron_job{});
  CHECK_FALSE(known.see(lost(watched_kind::cron_jobs, cron_job_key, "cron-job"),
                        start));
  write(known, "3", "ours");
  CHECK_FALSE(known.facts().cron_jobs.full.exists);
}

TEST_CASE("what the server says is not there is lost") {
  auto known = a_repository();
  job_fact job;
  job.key = {"volsync-system", "run"};
  job.uid = {"job"};
  lease_seen lease;
  lease.fact.exists = true;
  lease.fact.uid = {"lease"};
  known.see(share(fact{job_seen{"", job}}), start);
  known.see(share(fact{lease}), start);
  known.see(share(cron_job("1", "ours")), start);
  known.lack(suspend_job{job}, start);
  CHECK(known.facts().jobs.empty());
  known.lack(release_lease{}, start);
  CHECK_FALSE(known.facts().lease.exists);
  known.lack(set_last_schedule{cron_job_key, {"cron-job"}, start}, start);
  CHECK_FALSE(known.facts().cron_jobs.full.exists);
  known.see(share(cron_job("2", "ours")), start);
  known.lack(delete_cron_job{cron_job_key, {"cron-job"}}, start);
  CHECK_FALSE(known.facts().cron_jobs.full.exists);
}

TEST_CASE("what is read after a conflict counts when it is newer than what is "
          "known") {
  auto known = a_repository();
  auto job = [](const std::string& uid, const std::string& version) {
    job_fact now_is;
    now_is.key = {"volsync-system", "run"};
    now_is.uid = {uid};
    now_is.version = {version};
    return now_is;
  };
  auto version = [&] {
    return known.facts().jobs.at(0).version.value;
  };
  // A watch that mixed up its lines told the older one last.
  known.see(share(fact{job_seen{"", job("a", "9")}}), start);
  known.see(share(fact{job_seen{"", job("a", "8")}}), start);
  known.read(job_seen{"", job("a", "10")}, start);
  CHECK(version() == "10");
  known.read(job_seen{"", job("a", "9")}, start);
  CHECK(version() == "10");
}

TEST_CASE("what is read under a known name ends who had it before") {
  auto known = a_repository();
  lease_seen lease;
  lease.fact.exists = true;
  lease.fact.uid = {"lease"};
  lease.fact.holder = {"a"};
  known.see(share(fact{lease}), start);
  job_fact job;
  job.key = {"volsync-system", "run"};
  job.uid = {"a"};
  job.pods = 2;
  known.see(share(fact{job_seen{"", job}}), start);
  job.uid = {"b"};
  known.read(job_seen{"", job}, start);
  REQUIRE(known.facts().jobs.size() == 1);
  CHECK(known.facts().gone_holder.uid == object_uid{"a"});
  CHECK(known.facts().gone_holder.pods == 2);
}

TEST_CASE(
    "a Job that is gone when it is to be resumed for the first time never "
    "ran") {
  auto known = a_repository();
  job_fact job;
  job.key = {"volsync-system", "run"};
  job.uid = {"job"};
  known.see(share(fact{job_seen{"", job}}), start);
  known.finish(acquire_lease{job, start, {}}, {}, start);
  known.begin(resume_job{job});
  CHECK_FALSE(known.facts().never_resumed);
  known.lack(resume_job{job}, start);
  CHECK(known.facts().never_resumed == job.uid);
  // The answer to a second try tells nothing of the first.
  known.begin(resume_job{job});
  known.begin(resume_job{job});
  known.lack(resume_job{job}, start);
  CHECK_FALSE(known.facts().never_resumed);
}

TEST_CASE("facts that rest are the same when they are asked for") {
  auto known = a_repository();
  auto location = known.facts().location_id;
  known.grant(true);
  known.rest();
  CHECK(known.facts().granted);
  CHECK(known.facts().location_id == location);
  // Nothing has changed since: what rests is good as it is.
  known.rest();
  known.rest();
  CHECK(known.facts().granted);
  known.grant(false);
  known.rest();
  CHECK_FALSE(known.facts().granted);
}

TEST_CASE("news that nobody asked for wait, and are there when somebody asks") {
  auto known = a_repository();
  known.rest();
  CHECK(known.see(share(cron_job("1", "0 2 * * *")), start));
  CHECK(known.see(share(pod_seen{{}, make_pod("pod", true)}), start));
  known.claim(make_claimant("1", 0), start);
  known.see(share(cron_job("2", "0 3 * * *")), start);
  known.claim(make_claimant("2", 4), start);
  known.rest();
  CHECK(known.facts().cron_jobs.full.schedule == "0 3 * * *");
  REQUIRE(known.facts().pods.size() + known.facts().strange_pods.size() == 1);
  REQUIRE(known.facts().claimants.size() == 1);
  CHECK(known.facts().claimants.front().status->failures == 4);
  CHECK(known.facts().location == "{}");
}

TEST_CASE("a loss finds what waits to be asked for") {
  auto known = a_repository();
  known.rest();
  known.see(share(cron_job("1", "0 2 * * *")), start);
  known.claim(make_claimant("1", 0), start);
  CHECK(known.see(lost(watched_kind::cron_jobs, cron_job_key, "cron-job"),
                  start));
  known.rest();
  known.claim(make_claimant("2", 0), start);
  known.unclaim(make_claimant("2", 0).wish.who);
  CHECK_FALSE(known.facts().cron_jobs.full.exists);
  CHECK(known.facts().claimants.empty());
}

TEST_CASE("while an echo is owed no news wait") {
  auto known = a_repository();
  write(known, "5", "0 2 * * *");
  known.rest();
  known.see(share(cron_job("4", "0 1 * * *")), start);
  known.rest();
  CHECK(known.facts().cron_jobs.full.schedule == "0 2 * * *");
}
