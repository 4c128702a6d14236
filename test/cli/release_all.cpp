// `holystone release --all` against the simulated API server, as a process.

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <thread>

#include "test/cli/quiet_server.hpp"

using namespace holystone;
using namespace holystone::test;
using namespace holystone::simulator;

namespace {

const std::string other = "fedcba9876543210";
const std::string leader = leases + "/holystone-leader";
const std::string accounts = "/serviceaccounts";

json::object labels(const std::string& repository) {
  return {{"volsync.backube/kopia-maintenance", "true"},
          {"volsync.backube/repository-hash", repository},
          {"volsync.backube/location-hash", repository}};
}

json::object job_spec(bool is_suspended) {
  return {
      {"suspend", is_suspended},
      {"template",
       {{"spec",
         {{"restartPolicy", "Never"},
          {"containers", json::array{{{"name", "k"}, {"image", "i:1"}}}}}}}}};
}

json::object a_cron_job(const std::string& name, json::object carries) {
  return {{"metadata", {{"name", name}, {"labels", std::move(carries)}}},
          {"spec",
           {{"schedule", "0 2 * * *"},
            {"jobTemplate", {{"spec", job_spec(true)}}}}}};
}

json::object a_thing(const std::string& name, json::object carries) {
  return {{"metadata", {{"name", name}, {"labels", std::move(carries)}}}};
}

std::string uid_of(const json::value& object) {
  return std::string{object.at("metadata").at("uid").as_string()};
}

/// A cluster that was maintained, and has more than that.
struct maintained : quiet_server {
  std::string beside = "/namespaces/app";

  maintained() {
    auto made = send("POST", cron_jobs,
                     a_cron_job("kopia-maintenance-" + hash, labels(hash)));
    add_job("waits", hash, true, uid_of(made));
    auto copy = labels(hash);
    copy["volsync.backube/holystone-copy"] = "true";
    send("POST", "/api/v1" + ns + "/secrets",
         a_thing("maintenance-app-k", copy));
    send("POST", "/api/v1" + ns + accounts,
         a_thing("volsync-kopia-maintenance",
                 {{"volsync.backube/kopia-maintenance", "true"}}));
    send("POST", leases, a_thing("kopia-repository-" + hash, {}));
    send("POST", leases, a_thing("holystone-leader", {}));
    auto outside = labels(other);
    outside["volsync.backube/operator-namespace"] = "volsync-system";
    send("POST", "/apis/batch/v1" + beside + "/cronjobs",
         a_cron_job("kopia-maint-nas", outside));
    send("POST", "/api/v1" + beside + accounts,
         a_thing("volsync-kopia-maintenance",
                 {{"volsync.backube/kopia-maintenance", "true"},
                  {"volsync.backube/operator-namespace", "volsync-system"}}));
    add_strangers();
  }

  /// The fork's and others', some under our names.
  void add_strangers() {
    stranger(cron_jobs,
             a_cron_job("kopia-maintenance-0011223344556677",
                        {{"volsync.backube/kopia-maintenance", "true"},
                         {"volsync.backube/repository-hash", "0011"}}));
    auto others = labels(hash);
    others["volsync.backube/operator-namespace"] = "volsync-two";
    stranger("/apis/batch/v1" + beside + "/cronjobs",
             a_cron_job("kopia-maint-two", others));
    stranger("/api/v1" + ns + "/secrets",
             a_thing("maintenance-secret",
                     {{"volsync.backube/source-namespace", "app"}}));
    stranger(leases, a_thing("b95b3104.backube", {}));
    send("POST", "/api/v1/namespaces", a_thing("two", {}));
    stranger("/api/v1/namespaces/two" + accounts,
             a_thing("volsync-kopia-maintenance", {}));
    stranger("/api/v1" + beside + "/persistentvolumeclaims",
             {{"metadata", {{"name", "volsync-kopia-maintenance-nas-cache"}}},
              {"spec",
               {{"accessModes", json::array{"ReadWriteOnce"}},
                {"resources", {{"requests", {{"storage", "1Gi"}}}}}}}});
  }

  void stranger(const std::string& where, json::object what) {
    auto made = send("POST", where, std::move(what));
    strangers.emplace_back(
        where + "/" + std::string{made.at("metadata").at("name").as_string()},
        made);
  }

  void check_strangers() {
    for (const auto& [where, before] : strangers) {
      INFO(where);
      CHECK(get(where) == before);
    }
  }

  /// A Job of the repository; its UID.
  std::string add_job(const std::string& name, const std::string& repository,
                      bool is_suspended, const std::string& owner = {}) {
    json::object meta{{"name", name}, {"labels", labels(repository)}};
    if (!owner.empty())
      meta["ownerReferences"]
          = json::array{{{"apiVersion", "batch/v1"},
                         {"kind", "CronJob"},
                         {"name", "kopia-maintenance-" + repository},
                         {"uid", owner},
                         {"controller", true},
                         {"blockOwnerDeletion", true}}};
    return uid_of(send("POST", jobs,
                       {{"metadata", meta}, {"spec", job_spec(is_suspended)}}));
  }

  void finish(const std::string& job) {
    send("PATCH", jobs + "/" + job + "/status",
         {{"status",
           {{"startTime", "2026-11-21T04:00:00Z"},
            {"completionTime", "2026-11-21T04:30:00Z"},
            {"succeeded", 1},
            {"conditions",
             json::array{{{"type", "SuccessCriteriaMet"}, {"status", "True"}},
                         {{"type", "Complete"}, {"status", "True"}}}}}}},
         "application/merge-patch+json");
  }

  std::vector<std::string> ours() const {
    return {cron_jobs + "/kopia-maintenance-" + hash,
            jobs + "/waits",
            "/api/v1" + ns + "/secrets/maintenance-app-k",
            "/api/v1" + ns + accounts + "/volsync-kopia-maintenance",
            leases + "/kopia-repository-" + hash,
            leader,
            "/apis/batch/v1" + beside + "/cronjobs/kopia-maint-nas",
            "/api/v1" + beside + accounts + "/volsync-kopia-maintenance"};
  }

  std::vector<std::pair<std::string, json::value>> strangers;
};

} // namespace

TEST_CASE("release --all tells what it would delete and deletes nothing") {
  maintained here;
  std::vector<json::value> before;
  for (const auto& one : here.ours())
    before.push_back(here.get(one));
  auto told = here.release({"--all"});
  INFO(told.out << told.err);
  CHECK(told.exit_code == 0);
  for (auto part :
       {"CronJob volsync-system/kopia-maintenance-", "Job volsync-system/waits",
        "Secret volsync-system/maintenance-app-k",
        "CronJob app/kopia-maint-nas",
        "Lease volsync-system/kopia-repository-"})
    CHECK(says(told.out, part));
  CHECK_FALSE(says(told.out, "0011223344556677"));
  CHECK(says(told.out, "--yes"));
  std::vector<json::value> after;
  for (const auto& one : here.ours())
    after.push_back(here.get(one));
  CHECK(before == after);
  CHECK(std::ranges::count(after, json::value{}) == 0);
  here.check_strangers();
}

TEST_CASE("A-18: after release --all nothing of ours is left, and all of the "
          "fork's") {
  maintained here;
  auto told = here.release({"--all", "--yes"});
  INFO(told.out << told.err);
  CHECK(told.exit_code == 0);
  CHECK(
      says(told.out, "Job volsync-system/waits is deleted; it had not begun"));
  for (const auto& one : here.ours()) {
    INFO(one);
    CHECK(here.get(one).is_null());
  }
  here.check_strangers();
  auto again = here.release({"--all"});
  CHECK(again.exit_code == 0);
  CHECK(says(again.out, "Nothing of ours is left"));
}

TEST_CASE("release --all never ends what runs, and goes on where it stopped") {
  maintained here;
  auto copy = here.ours()[2];
  auto made
      = here.send("POST", cron_jobs,
                  a_cron_job("kopia-maintenance-" + other, labels(other)));
  here.add_job("runs", other, false, uid_of(made));
  auto told = here.release({"--all", "--yes", "--timeout", "0s"});
  INFO(told.out << told.err);
  CHECK(told.exit_code == 1);
  CHECK(says(told.err, "Job volsync-system/runs runs"));
  CHECK(says(told.err, "run it again"));
  auto job = here.get(jobs + "/runs");
  REQUIRE_FALSE(job.is_null());
  CHECK_FALSE(k8s_io::read_job(job).deleting);
  auto kept = here.get(cron_jobs + "/kopia-maintenance-" + other);
  REQUIRE_FALSE(kept.is_null());
  CHECK(kept.at("spec").at("suspend") == true);
  // Others' repositories don't wait for it, but its account does.
  CHECK(here.get(copy).is_null());
  CHECK_FALSE(here.get("/api/v1" + ns + accounts + "/volsync-kopia-maintenance")
                  .is_null());
  here.finish("runs");
  auto again = here.release({"--all", "--yes"});
  INFO(again.out << again.err);
  CHECK(again.exit_code == 0);
  CHECK(here.get(jobs + "/runs").is_null());
  for (const auto& one : here.ours())
    CHECK(here.get(one).is_null());
  here.check_strangers();
}

TEST_CASE("A-5: release --all waits for a pod that nobody saw end") {
  maintained here;
  here.send(
      "PATCH", leases + "/kopia-repository-" + hash,
      {{"metadata",
        {{"annotations",
          {{"volsync.backube/holder-job", "volsync-system/lost"},
           {"volsync.backube/holder-deadline", "2099-11-21T12:00:00Z"}}}}},
       {"spec", {{"holderIdentity", "lost"}}}},
      "application/merge-patch+json");
  auto told = here.release({"--all", "--yes", "--timeout", "0s"});
  CHECK(told.exit_code == 1);
  CHECK(says(told.err, "holystone release --yes " + hash
                           + " --namespace volsync-system"));
  CHECK_FALSE(here.get(leases + "/kopia-repository-" + hash).is_null());
  CHECK(here.release({"--yes", hash}).exit_code == 0);
  CHECK(here.release({"--all", "--yes"}).exit_code == 0);
  CHECK(here.get(leases + "/kopia-repository-" + hash).is_null());
}

TEST_CASE("release --all refuses while an operator leads, and waits to see "
          "whether one does") {
  maintained here;
  auto hold = [&](const std::string& at, int lasts) {
    here.send("PATCH", leader,
              {{"spec",
                {{"holderIdentity", "volsync-1"},
                 {"leaseDurationSeconds", lasts},
                 {"renewTime", at}}}},
              "application/merge-patch+json");
  };
  hold("2026-11-21T05:00:00.000000Z", 3'600);
  std::atomic<bool> is_over = false;
  std::thread renewing{[&] {
    const auto deadline
        = std::chrono::steady_clock::now() + std::chrono::minutes{4};
    for (auto n = 0; !is_over && std::chrono::steady_clock::now() < deadline;
         ++n) {
      hold(fmt::format("2026-11-21T05:00:00.{:06}Z", n), 3'600);
      std::this_thread::sleep_for(std::chrono::milliseconds{100});
    }
  }};
  auto told = here.release({"--all", "--yes"});
  is_over = true;
  renewing.join();
  CHECK(told.exit_code == 1);
  CHECK(says(told.err, "volsync-1 renews Lease "
                       "volsync-system/holystone-leader"));
  CHECK(says(told.err, "Deployment in namespace volsync-system"));
  for (const auto& one : here.ours())
    CHECK_FALSE(here.get(one).is_null());
  // It died without giving the Lease back.
  hold("2026-11-21T05:00:01.000000Z", 4);
  CHECK(here.release({"--all", "--yes"}).exit_code == 0);
  CHECK(here.get(leader).is_null());
}

TEST_CASE("release --all refuses where nothing of ours is when something is in "
          "another namespace") {
  maintained here;
  auto elsewhere = "/apis/coordination.k8s.io/v1/namespaces/app/leases";
  here.stranger(elsewhere, a_thing("somebodys", {}));
  auto lease = GENERATE_COPY(std::string{"holystone-leader"},
                             "kopia-repository-" + other);
  here.stranger(elsewhere, a_thing(lease, {}));
  for (std::vector<std::string> flags :
       {std::vector<std::string>{"--all"}, {"--all", "--yes"}}) {
    auto told = here.release(flags, "two");
    INFO(told.out << told.err);
    CHECK(told.exit_code == 1);
    CHECK(says(told.err, "holystone release --all --namespace app"));
    CHECK(says(told.err, "holystone release --all --namespace volsync-system"));
    CHECK_FALSE(says(told.out, "Nothing of ours is left"));
  }
  for (const auto& one : here.ours())
    CHECK_FALSE(here.get(one).is_null());
  // What is here goes; and what stays elsewhere is told.
  auto told = here.release({"--all", "--yes"});
  CHECK(told.exit_code == 1);
  CHECK(says(told.err, "holystone release --all --namespace app"));
  for (const auto& one : here.ours())
    CHECK(here.get(one).is_null());
  here.check_strangers();
}

TEST_CASE("release --all says when it may not look into other namespaces") {
  metrics::http_options loopback;
  loopback.address = "127.0.0.1";
  // Nothing is there, and Leases may be listed in one namespace only.
  metrics::http_server server{
      loopback, [](const std::shared_ptr<metrics::http_exchange>& exchange) {
        const auto& target = exchange->request().target;
        metrics::http_response answer;
        answer.content_type = "application/json";
        answer.body = R"({"kind":"List","items":[]})";
        if (target.find("/leases/") != target.npos)
          answer.status = 404;
        else if (target.starts_with("/apis/coordination.k8s.io/v1/leases"))
          answer.status = 403;
        exchange->respond(std::move(answer));
      }};
  auto file = (std::filesystem::temp_directory_path()
               / ("holystone-forbidden-" + std::to_string(getpid())))
                  .string();
  REQUIRE_FALSE(write_private_file(
      file,
      kubeconfig("http://127.0.0.1:" + std::to_string(server.port()), {})));
  auto told = run_program({"release", "--all", "--kubeconfig", file,
                           "--namespace", "volsync-system"});
  std::filesystem::remove(file);
  INFO(told.out << told.err);
  CHECK(told.exit_code == 0);
  CHECK(says(told.out, "Nothing of ours is left in namespace volsync-system; "
                       "nobody could look into others"));
  CHECK(says(told.out, "403"));
}

TEST_CASE("release wants a repository or --all, and not both") {
  quiet_server here;
  CHECK(here.release({}).exit_code == 2);
  CHECK(here.release({"--all", hash}).exit_code == 2);
  CHECK(here.release({"--all", "--timeout", "soon"}).exit_code == 2);
}
