#include "scheduler/home.hpp"

#include "repository_room.hpp"
#include "scheduler/object_names.hpp"
#include "scheduler/secret_copies.hpp"

using namespace holystone;
using namespace holystone::scheduler;
using namespace holystone::test::one_repository;

namespace {

const named_volume disk{"disk", {}, {}, "/repository"};

/// A repository on a volume that app and web can mount, app's claim first.
room on_a_volume() {
  room r{{a_claim("app", "0 2 * * *", 2h), a_claim("web", "0 3 * * *", 1h)}};
  r.facts.reached_by = reach::claim;
  for (auto& c : r.facts.claimants) {
    c.reached_by = reach::claim;
    c.wish.volume = to_repository_volume(
        disk, {c.wish.who.object.ns, disk.claim_name}, pv_volume("u"));
  }
  return r;
}

cron_job_fact cron_job_in(const std::string& where, const std::string& winner,
                          instant since) {
  cron_job_fact found;
  found.exists = found.ours = true;
  found.key = {where, cron_job_name(here, maintenance_kind::full)};
  found.uid = {"of-" + where};
  found.winner = claim_key{claim_kind::replication_source, {winner, "data"}};
  found.effective_since = since;
  return found;
}

job_fact job_in(const std::string& where,
                job_state state = job_state::waiting) {
  auto job = a_job(state);
  job.key = {where, "job-" + where};
  job.uid = {"job-" + where};
  return job;
}

std::string namespaces(const std::vector<job_fact>& jobs) {
  std::string text;
  for (const auto& job : jobs)
    text += job.key.ns + " ";
  return text;
}

} // namespace

TEST_CASE("a repository is at home beside the winner only where nobody else "
          "can mount its volume") {
  auto r = on_a_volume();
  CHECK(home_of(r.facts, ns) == "app");
  for (auto how : {reach::network, reach::nfs, reach::unknown}) {
    r.facts.reached_by = how;
    CHECK(home_of(r.facts, ns) == ns);
  }
  r.facts.reached_by = reach::claim;
  r.facts.claimants.clear();
  CHECK(home_of(r.facts, ns) == ns);
}

TEST_CASE("Jobs count in the operator's namespace, in the claimants', and "
          "where the Lease's holder is") {
  auto r = on_a_volume();
  for (auto where : {ns, std::string{"app"}, std::string{"evil"},
                     std::string{"old"}, std::string{"web"}})
    r.facts.jobs.push_back(job_in(where));
  r.facts.lease.holder = {"job-old"};
  r.facts.lease.holder_job = {"old", "job-old"};
  sort_out(r.facts, ns);
  CHECK(namespaces(r.facts.jobs) == ns + " app old web ");
  CHECK(namespaces(r.facts.strange_jobs) == "evil ");
  // Who claims later has a say from then on; who leaves has none any more.
  r.facts.claimants.push_back(a_claim("evil"));
  r.facts.claimants.erase(r.facts.claimants.begin());
  r.facts.lease.holder = {};
  sort_out(r.facts, ns);
  CHECK(namespaces(r.facts.jobs) == ns + " web evil ");
  CHECK(namespaces(r.facts.strange_jobs) == "app old ");
}

TEST_CASE("a claim that can't show its volume gives its namespace no say") {
  auto r = on_a_volume();
  r.facts.jobs = {job_in("evil")};
  auto claim = a_claim("evil");
  claim.wish.defect = trouble{"Waiting", "Secret evil/kopia does not exist"};
  r.facts.claimants.push_back(claim);
  sort_out(r.facts, ns);
  CHECK(namespaces(r.facts.jobs).empty());
  CHECK(namespaces(r.facts.strange_jobs) == "evil ");
}

TEST_CASE("pods of strangers don't count either, and in a bucket's repository "
          "nobody's beside the operator's") {
  room r{{a_claim("app")}};
  pod_fact pod;
  pod.key = {"app", "p"};
  r.facts.pods.push_back(pod);
  r.facts.jobs.push_back(job_in("app", job_state::running));
  sort_out(r.facts, ns);
  CHECK(r.facts.pods.empty());
  CHECK(r.facts.strange_pods.size() == 1);
  CHECK(r.facts.jobs.empty());
}

TEST_CASE("a CronJob that a hand-over left behind goes when nothing there is "
          "of use any more") {
  auto r = on_a_volume();
  r.facts.cron_jobs.full = cron_job_in("app", "app", now - 1h);
  sort_out(r.facts, ns);
  CHECK(r.facts.cron_jobs.full.key.ns == "app");
  r.facts.claimants.erase(r.facts.claimants.begin());
  r.facts.lease.exists = true;
  r.facts.lease.holder = {"job-app"};
  r.facts.lease.holder_job = {"app", "job-app"};
  r.facts.lease.acquired = now - 60s;
  r.facts.lease.deadline = now + 8h;
  r.facts.jobs.push_back(job_in("app", job_state::running));
  sort_out(r.facts, ns);
  CHECK_FALSE(r.facts.cron_jobs.full.exists);
  REQUIRE(r.facts.elsewhere.full.size() == 1);
  auto made = std::get<apply_cron_job>(r.next().action);
  CHECK(made.wanted.key.ns == "web");
  CHECK(made.wanted.credentials == "kopia");
  CHECK(made.wanted.made_from == ns);
  CHECK(made.wanted.effective_since == now);
  r.put_in_place(maintenance_kind::full, now);
  r.with_statuses();
  CHECK(std::holds_alternative<std::monostate>(r.next().action));
  r.facts.lease.holder = {};
  r.facts.lease.holder_job = {};
  r.facts.jobs.front().state = job_state::complete;
  sort_out(r.facts, ns);
  auto gone = std::get<delete_cron_job>(r.next().action);
  CHECK(gone.key.ns == "app");
  CHECK(gone.uid.value == "of-app");
}

TEST_CASE("a CronJob that can't be written is told with its namespace, at "
          "home and left behind") {
  auto r = on_a_volume();
  auto told_of = [&](const std::string& where, const std::string& purpose) {
    auto name = where + "/kopia-maintenance-0123456789abcdef";
    r.facts.troubles = {{"cronjob/" + name, {"a webhook says no"}}};
    r.blocked = {"cronjob/" + name};
    auto status = std::get<write_status>(r.next().action).status;
    CHECK(status.reason == "Error");
    CHECK(status.message
          == fmt::format("CronJob {} can't be {}: a webhook says no.", name,
                         purpose));
  };
  told_of("app", "written as ReplicationSource app/data asks");
  r.settle().with_statuses();
  r.facts.copies.clear();
  r.facts.elsewhere.full.push_back(cron_job_in("web", "web", now - 2h));
  told_of("web", "deleted");
  // What does not hinder any more is not told.
  r.facts.elsewhere.full.clear();
  CHECK(rests(r.next()));
}

TEST_CASE("of two CronJobs the later one tells who has won, and none speaks "
          "for another namespace") {
  auto r = on_a_volume();
  r.facts.cron_jobs.full = cron_job_in("app", "app", now - 2h);
  r.facts.elsewhere.full.push_back(cron_job_in("web", "web", now - 1h));
  sort_out(r.facts, ns);
  CHECK(r.facts.cron_jobs.full.key.ns == "web");
  CHECK(r.facts.elsewhere.full.front().key.ns == "app");
  r.facts.cron_jobs.full.winner->object.ns = "app";
  r.facts.elsewhere.full.front().winner->object.ns = "web";
  sort_out(r.facts, ns);
  CHECK(r.facts.cron_jobs.full.key.ns == "app");
}

TEST_CASE("no copy is made for pods that run beside their claim") {
  auto r = on_a_volume();
  CHECK(missing_copies(r.facts).empty());
  r.facts.copies.push_back(copy_for(r.facts.claimants.front()));
  CHECK_FALSE(is_claimed(r.facts, r.facts.copies.front()));
}

TEST_CASE("who reaches the data is told by the location, not by its text") {
  auto on = [](const volume_identity& volume) {
    return reach_of(*filesystem_location(volume, "app", "/repository"));
  };
  CHECK(on(nfs_volume("nas", "/export")) == reach::nfs);
  CHECK(on(csi_volume("ebs.csi.aws.com", "vol-1", {})) == reach::claim);
  CHECK(on(claim_volume("u")) == reach::claim);
  CHECK(reach_of(*filesystem_location(std::nullopt, "app", "/r"))
        == reach::unknown);
  CHECK(reach_of({"s3", {{"bucket", R"("backend":"filesystem")"}}})
        == reach::network);
}

TEST_CASE("S4: a volume that an admission policy adds in the operator's "
          "namespace makes no claimant's namespace a home") {
  auto r = on_a_volume();
  for (auto& c : r.facts.claimants)
    c.wish.volume = to_injected_volume(disk, pv_volume("u"));
  CHECK(home_of(r.facts, ns) == ns);
  CHECK(namespaces_with_say(r.facts, ns) == std::vector<std::string>{ns});
  CHECK(missing_copies(r.facts).size() == 2);
  // The CronJob there may record any winner, one in a tenant's namespace not.
  r.facts.cron_jobs.full = cron_job_in(ns, "web", now - 1h);
  CHECK(winner_of(r.facts)->wish.who.object.ns == "app");
  r.facts.cron_jobs.full.is_operators = true;
  CHECK(winner_of(r.facts)->wish.who.object.ns == "web");
}

TEST_CASE("a KopiaMaintenance has its repository beside it, with its own "
          "Secret and a CronJob named after it") {
  room r{{a_claim("app", "0 2 * * *", 2h)}};
  r.facts.claimants.push_back(a_claim("web", "0 3 * * *", 1h));
  auto& maintenance = r.facts.claimants.back().wish;
  maintenance.who = {claim_kind::kopia_maintenance, {"web", "daily"}};
  CHECK(home_of(r.facts, ns) == "web");
  CHECK(cron_job_key(r.facts, maintenance_kind::full, ns)
        == object_key{"web", maintenance_cron_job_name(
                                 {"web", "daily"}, maintenance_kind::full)});
  CHECK(namespaces_with_say(r.facts, ns)
        == std::vector<std::string>{ns, "web"});
  CHECK(missing_copies(r.facts).empty());
  auto wanted
      = wanted_cron_job(r.facts, r.policy(), maintenance_kind::full, now);
  REQUIRE(wanted);
  CHECK(wanted->credentials == maintenance.secret.name);
  // While it can't win, the embedded claim has it in the operator's namespace.
  maintenance.defect = trouble{"Waiting", "no Secret"};
  CHECK(cron_job_key(r.facts, maintenance_kind::full, ns)
        == object_key{ns, cron_job_name(here, maintenance_kind::full)});
  CHECK(namespaces_with_say(r.facts, ns) == std::vector<std::string>{ns});
}

TEST_CASE("a CronJob in a tenant's namespace that names a KopiaMaintenance "
          "moves no incumbent unless that one claims the repository") {
  room r{{a_claim("app", "0 2 * * *", 2h), a_claim("web", "0 3 * * *", 1h)}};
  r.facts.cron_jobs.full = cron_job_in(ns, "web", now - 2h);
  r.facts.cron_jobs.full.is_operators = true;
  auto forged = cron_job_in("evil", "evil", now - 1h);
  forged.winner->kind = claim_kind::kopia_maintenance;
  r.facts.elsewhere.full.push_back(forged);
  CHECK(winner_of(r.facts)->wish.who.object.ns == "web");
}
