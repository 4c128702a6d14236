// `holystone doctor` against the simulated API server, as a process.

#include "cli/examination.hpp"
#include "cli/rights.hpp"
#include "k8s_io/fields.hpp"
#include "k8s_io/yaml.hpp"
#include "test/cli/read_server.hpp"

using namespace holystone;
using namespace holystone::test;

namespace {

using k8s_io::items_at;
using k8s_io::text_at;

/// A cluster in which all is well.
struct healthy_server : read_server {
  healthy_server() {
    define_kinds();
    let_lead("volsync-1_00000000");
    show_replicas(1);
  }

  void show_replicas(int ready, json::array flags = {}) {
    flags.insert(flags.begin(), "operator");
    show_pods(ready, {{"serviceAccountName", "keeper"},
                      {"containers",
                       json::array{{{"image", "i:1"}, {"args", flags}}}}});
  }

  /// The Deployment with a template like this, and another one after it, where
  /// whoever keeps the first without care reads.
  void show_pods(int ready, json::object spec) {
    json::object other{
        {"containers", json::array{{{"image", "other/program:1"},
                                    {"args", json::array{"serve", "--all"}}}}}};
    auto deployment = [](const char* name, json::object pod, int available) {
      return json::object{{"metadata", {{"name", name}}},
                          {"spec", {{"template", {{"spec", pod}}}}},
                          {"status", {{"availableReplicas", available}}}};
    };
    show("/apis/apps/v1/namespaces/volsync-system/deployments",
         {{"kind", "DeploymentList"},
          {"apiVersion", "apps/v1"},
          {"metadata", {{"resourceVersion", "1"}}},
          {"items", json::array{deployment("volsync", std::move(spec), ready),
                                deployment("web", std::move(other), 0)}}});
  }

  /// The one line of a check, and its verdict.
  std::string line(const std::string& check, int exit_code) {
    auto told = run({"doctor"});
    INFO(told.out << told.err);
    CHECK(told.exit_code == exit_code);
    CHECK(told.err.empty());
    std::istringstream lines{told.out};
    for (std::string one; std::getline(lines, one);)
      if (one.size() > 9 && one.substr(9).starts_with(check))
        return one;
    FAIL("no check called " + check);
    return {};
  }
};

/// A rule of a role as single rights.
void add_rights(const json::value& rule, const std::string& ns,
                std::set<std::string>& all) {
  auto name = items_at(rule, "resourceNames").empty()
                  ? std::string{}
                  : std::string{rule.at("resourceNames").at(0).as_string()};
  for (const auto& resource : items_at(rule, "resources"))
    for (const auto& verb : items_at(rule, "verbs"))
      all.insert(cli::to_string(
          cli::right{rule.at("apiGroups").at(0).as_string(),
                     resource.as_string(), verb.as_string(), ns, name}));
}

} // namespace

TEST_CASE("doctor: all is well") {
  healthy_server here;
  auto told = here.run({"doctor"});
  INFO(told.out << told.err);
  CHECK(told.exit_code == 0);
  CHECK_FALSE(says(told.out, "failed"));
  CHECK_FALSE(says(told.out, "warning"));
  CHECK(std::ranges::count(told.out, '\n') == 11);
  CHECK(here.writes() == 0);
  CHECK(
      here.reviewed()
      == std::set<std::string>{"system:serviceaccount:volsync-system:keeper"});
}

TEST_CASE("doctor: JSON for programs") {
  healthy_server here;
  here.show_replicas(0);
  auto told = here.run({"doctor", "-o", "json"});
  CHECK(told.exit_code == 1);
  auto all = json::parse(told.out);
  CHECK(all.at("failed").to_number<int>() == 1);
  CHECK(all.at("warnings").to_number<int>() == 0);
  for (const auto& one : items_at(all, "checks"))
    CHECK((text_at(one, "verdict") == "failed")
          == (text_at(one, "check") == "deployment"));
}

TEST_CASE("doctor: what fails is told with what to do") {
  healthy_server here;
  SECTION("a right") {
    here.deny("patch", "leases");
    CHECK(says(here.line("rights", 1),
               "ServiceAccount volsync-system/keeper may not patch leases "
               "(coordination.k8s.io) in volsync-system"));
  }
  SECTION("a right that only some flags need") {
    here.deny("create", "tokenreviews");
    CHECK(here.line("rights", 0).starts_with("ok"));
    here.show_replicas(1, {"--metrics-access=token"});
    CHECK(says(here.line("rights", 1), "may not create tokenreviews"));
  }
  SECTION("an old server") {
    here.is_version("v1.29.9");
    CHECK(here.line("API server", 1).starts_with("failed"));
    CHECK(says(here.run({"doctor"}).out,
               "\n                     -> holystone needs Kubernetes 1.30"));
  }
  SECTION("a claim that a CronJob mounts") {
    here.make("/apis/batch/v1/namespaces/shop/cronjobs",
              {{"metadata",
                {{"name", "k"},
                 {"labels", {{"volsync.backube/location-hash", "x"}}}}},
               {"spec",
                {{"schedule", "0 2 * * *"},
                 {"jobTemplate",
                  {{"spec",
                    {{"template",
                      {{"spec",
                        {{"restartPolicy", "Never"},
                         {"containers",
                          json::array{{{"name", "k"}, {"image", "i:1"}}}},
                         {"volumes",
                          json::array{{{"name", "r"},
                                       {"persistentVolumeClaim",
                                        {{"claimName", "gone"}}}}}}}}}}}}}}}}});
    CHECK(says(here.line("storage", 1),
               "there is no PersistentVolumeClaim shop/gone for CronJob "
               "shop/k"));
  }
}

TEST_CASE("doctor: what may not be looked at is no failure") {
  healthy_server here;
  here.forbid("/apis/authorization.k8s.io");
  CHECK(here.line("rights", 0).starts_with("warning"));
  here.forbid("/apis/apps");
  CHECK(says(here.line("deployment", 0), "not found out"));
  here.forbid("/apis/coordination.k8s.io/v1/leases");
  CHECK(says(here.line("fork", 0), "not found out"));
}

TEST_CASE("doctor: somebody has to make the backups meanwhile") {
  healthy_server here;
  here.add_source("data");
  CHECK(says(here.line("fork", 0), "nobody makes backups"));
  auto told = here.run({"doctor"}).out;
  CHECK(says(told, "-> keep the fork running"));
  CHECK_FALSE(says(told, "to 0"));
  here.forbid("/apis/volsync.backube/v1alpha1/replicationsources");
  CHECK(says(here.line("fork", 0), "not found out"));
}

TEST_CASE("doctor: the ServiceAccount is the one that the pods have") {
  healthy_server here;
  auto container
      = json::array{{{"image", "i:1"}, {"args", json::array{"operator"}}}};
  SECTION("named by none: it is the namespace's own") {
    here.show_pods(1, {{"containers", container}});
    CHECK(here.line("rights", 0).starts_with("ok"));
    CHECK(here.reviewed()
          == std::set<std::string>{
              "system:serviceaccount:volsync-system:default"});
  }
  SECTION("not known: nothing is said of its rights") {
    here.deny("list", "leases");
    here.show_pods(1, {{"containers", json::array{}}});
    CHECK(says(here.line("rights", 0), "not found out"));
    CHECK(here.reviewed().empty());
  }
}

TEST_CASE("doctor: settings that could not be read are told, not guessed") {
  healthy_server here;
  here.show_replicas(1, {"--of-tomorrow"});
  CHECK(says(here.line("settings", 0), "--of-tomorrow"));
  CHECK(here.line("time zones", 0).starts_with("warning"));
  here.show_replicas(1, {"--timezone=Asia/Tokyo"});
  CHECK(says(here.line("time zones", 0), "Asia/Tokyo"));
}

TEST_CASE("doctor, get: an operator without a Lease leads all the same") {
  read_server here;
  here.define_kinds();
  here.show(
      "/apis/apps/v1/namespaces/volsync-system/deployments",
      {{"kind", "DeploymentList"},
       {"apiVersion", "apps/v1"},
       {"metadata", {{"resourceVersion", "1"}}},
       {"items",
        json::array{
            {{"metadata", {{"name", "volsync"}}},
             {"spec",
              {{"template",
                {{"spec",
                  {{"containers",
                    json::array{
                        {{"image", "i:1"},
                         {"args", json::array{"operator",
                                              "--leader-elect=false"}}}}}}}}}}},
             {"status", {{"availableReplicas", 1}}}}}}});
  auto told = here.run({"doctor"});
  INFO(told.out);
  CHECK(told.exit_code == 0);
  CHECK(says(told.out, "ok       leader      it leads without a Lease"));
  CHECK(here.run({"get"}).err.empty());
  here.let_lead("volsync-1_00000000", seconds{3600});
  CHECK(here.run({"get"}).err.empty());
  CHECK(here.run({"doctor"}).exit_code == 0);
}

TEST_CASE("doctor: a clock that is wrong here makes no Lease old") {
  healthy_server here;
  config::options how;
  how.ns = "volsync-system";
  how.kubeconfig = here.kubeconfig_file;
  auto api = cli::cluster::reach(how);
  auto who = cli::load_credentials(how);
  REQUIRE((api && who));
  auto found = cli::examine(**api, std::move(*who), how,
                            [] { return this_moment() + seconds{3600}; });
  for (const auto& one : found) {
    INFO(one.check << ": " << one.what);
    CHECK((one.how == cli::verdict::ok) == (one.check != "clock"));
  }
}

TEST_CASE("doctor: the images that count are those of our pods") {
  healthy_server here;
  auto show_pod = [&](json::object labels) {
    here.make("/api/v1/namespaces/shop/serviceaccounts",
              {{"metadata", {{"name", "default"}}}});
    here.make(
        "/api/v1/namespaces/shop/pods",
        {{"metadata", {{"name", "p"}, {"labels", std::move(labels)}}},
         {"spec",
          {{"containers", json::array{{{"name", "k"}, {"image", "i:1"}}}}}}});
    here.set_status(
        "/api/v1/namespaces/shop/pods/p",
        {{"containerStatuses",
          json::array{
              {{"name", "k"},
               {"image", "i:1"},
               {"state", {{"waiting", {{"reason", "ImagePullBackOff"}}}}}}}}});
  };
  SECTION("the fork's") {
    show_pod({{"volsync.backube/kopia-maintenance", "true"}});
    CHECK(here.line("image", 0).starts_with("ok"));
  }
  SECTION("ours") {
    show_pod({{"volsync.backube/kopia-maintenance", "true"},
              {"volsync.backube/location-hash", "0123456789abcdef"}});
    CHECK(here.line("image", 1).starts_with("failed"));
  }
}

TEST_CASE("doctor: an empty cluster") {
  read_server here;
  auto told = here.run({"doctor"});
  CHECK(told.exit_code == 1);
  CHECK(says(told.out, "volsync.backube/v1alpha1 is not served"));
  CHECK(says(told.out, "no operator leads"));
}

TEST_CASE("doctor: nobody there is one check that failed") {
  auto file = std::filesystem::temp_directory_path()
              / ("holystone-nobody-" + std::to_string(getpid()));
  REQUIRE_FALSE(simulator::write_private_file(
      file.string(), simulator::kubeconfig("http://127.0.0.1:1", {})));
  auto told = run_program({"doctor", "--kubeconfig", file.string()});
  std::filesystem::remove(file);
  CHECK(told.exit_code == 1);
  CHECK(told.out.starts_with("failed   API server"));
  CHECK(std::ranges::count(told.out, '\n') == 2);
}

TEST_CASE("doctor: the rights are those of the role that is applied") {
  std::ifstream file{std::filesystem::path{HOLYSTONE_SOURCE_DIR}
                     / "deploy/operator/2-rbac.yaml"};
  std::stringstream text;
  text << file.rdbuf();
  auto documents = k8s_io::read_yaml(text.str());
  REQUIRE(documents);
  std::set<std::string> granted;
  for (const auto& one : *documents)
    for (const auto& rule : items_at(one, "rules"))
      add_rights(rule, text_at(one, "metadata", "namespace"), granted);
  std::set<std::string> needed;
  config::options settings;
  settings.ns = "volsync-system";
  for (const auto& one : cli::needed_rights(settings))
    needed.insert(cli::to_string(one));
  CHECK(needed == granted);
}
