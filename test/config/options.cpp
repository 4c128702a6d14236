#include "config/options.hpp"

#include <CLI/CLI.hpp>
#include <catch2/catch.hpp>

#include <map>

using namespace holystone;
using namespace holystone::config;

namespace {

using variables = std::map<std::string, std::string>;

surroundings process(variables values = {},
                     std::optional<std::string> account = {}) {
  return {[values](const char* name) -> std::optional<std::string> {
            auto found = values.find(name);
            return found == values.end() ? std::nullopt
                                         : std::optional{found->second};
          },
          [account] {
            return account;
          }};
}

result<options> parsed(std::vector<std::string> flags,
                       const surroundings& around = process()) {
  CLI::App app{"", "operator"};
  flag_words words;
  add_flags(app, words);
  std::reverse(flags.begin(), flags.end());
  app.parse(flags);
  return make_options(words, around);
}

options accepted(std::vector<std::string> flags,
                 const surroundings& around = process()) {
  auto out = parsed(std::move(flags), around);
  REQUIRE(out);
  return *out;
}

std::string refused(std::string flag) {
  CAPTURE(flag);
  auto out = parsed({std::move(flag)});
  REQUIRE(!out);
  return out.why().message;
}

} // namespace

TEST_CASE("the defaults are those of the contract") {
  auto out = accepted({});
  CHECK(out.repository_identity == identity_mode::location);
  CHECK(out.default_maintenance);
  CHECK(out.timezone.name() == "UTC");
  CHECK(out.max_concurrent_maintenance == 10);
  CHECK(out.max_concurrent_per_endpoint == 0);
  CHECK(out.maintenance_jitter == seconds{0});
  CHECK(out.takeover == takeover_mode::idle);
  CHECK(out.admission == admission_mode::on);
  CHECK(out.namespaces.empty());
  CHECK(out.ns == "volsync-system");
  CHECK(out.kubeconfig.empty());
  CHECK(out.leader_elect);
  CHECK(out.metrics_bind_address == bind_address{"", 8080});
  CHECK(out.inspection_bind_address == bind_address{"127.0.0.1", 8081});
  CHECK(out.who_reads_metrics == metrics_access::everybody);
  CHECK(out.tls_certificate.empty());
  CHECK(out.tls_key.empty());
  CHECK(out.mover_image.empty());
  CHECK(out.level == log_level::info);
}

TEST_CASE("an untouched struct holds the same defaults as the flags") {
  auto out = accepted({});
  options untouched;
  CHECK(out.metrics_bind_address == untouched.metrics_bind_address);
  CHECK(out.inspection_bind_address == untouched.inspection_bind_address);
  CHECK(out.max_concurrent_maintenance == untouched.max_concurrent_maintenance);
  CHECK(out.timezone == untouched.timezone);
  CHECK(out.ns == untouched.ns);
}

TEST_CASE("every flag is understood") {
  auto out = accepted({"--repository-identity=secret",
                       "--default-maintenance=false",
                       "--timezone=Europe/Berlin",
                       "--max-concurrent-maintenance=0",
                       "--max-concurrent-per-endpoint",
                       "3",
                       "--maintenance-jitter=1m30s",
                       "--takeover=never",
                       "--admission=off",
                       "--namespaces=a,b-1,a",
                       "--namespace=ops",
                       "--kubeconfig=/k",
                       "--leader-elect=false",
                       "--metrics-bind-address=[::1]:0",
                       "--inspection-bind-address=:9",
                       "--metrics-access=token",
                       "--tls-certificate=/c",
                       "--tls-key=/d",
                       "--mover-image=x/y:z",
                       "--log-level=debug"});
  CHECK(out.repository_identity == identity_mode::secret);
  CHECK(!out.default_maintenance);
  CHECK(out.timezone.name() == "Europe/Berlin");
  CHECK(out.max_concurrent_maintenance == 0);
  CHECK(out.max_concurrent_per_endpoint == 3);
  CHECK(out.maintenance_jitter == seconds{90});
  CHECK(out.takeover == takeover_mode::never);
  CHECK(out.admission == admission_mode::off);
  CHECK(out.namespaces == std::vector<std::string>{"a", "b-1"});
  CHECK(out.ns == "ops");
  CHECK(out.kubeconfig == "/k");
  CHECK(!out.leader_elect);
  CHECK(to_string(out.metrics_bind_address) == "[::1]:0");
  CHECK(to_string(out.inspection_bind_address) == ":9");
  CHECK(out.who_reads_metrics == metrics_access::token);
  CHECK(out.tls_certificate == "/c");
  CHECK(out.tls_key == "/d");
  CHECK(out.mover_image == "x/y:z");
  CHECK(out.level == log_level::debug);
  CHECK(accepted({"--leader-elect"}).leader_elect);
}

TEST_CASE("the last of two equal flags counts") {
  CHECK(accepted({"--timezone=Asia/Tokyo", "--timezone=Europe/Paris"})
            .timezone.name()
        == "Europe/Paris");
  CHECK(accepted({"--leader-elect=false", "--leader-elect=true"}).leader_elect);
}

TEST_CASE("a bad value is one line that names flag and allowed values") {
  CHECK(refused("--repository-identity=name")
        == "--repository-identity=name: must be one of location, secret");
  CHECK(refused("--default-maintenance=yes")
        == "--default-maintenance=yes: must be one of true, false");
  CHECK(refused("--timezone=Nowhere")
        == "--timezone=Nowhere: must be a name of the IANA time zone database "
           "such as UTC or Europe/Berlin");
  CHECK(refused("--takeover=sometimes")
        == "--takeover=sometimes: must be one of idle, never, always");
  CHECK(refused("--admission=1") == "--admission=1: must be one of on, off");
  CHECK(refused("--leader-elect=maybe")
        == "--leader-elect=maybe: must be one of true, false");
  CHECK(refused("--metrics-access=no")
        == "--metrics-access=no: must be one of everybody, token");
  for (auto one : {"--tls-certificate", "--tls-key"})
    CHECK(refused(std::string{one} + "=/f")
              .ends_with("the path of a PEM file, because the other of the two "
                         "is given"));
  CHECK(refused("--log-level=loud")
        == "--log-level=loud: must be one of debug, info, warn, error");
  for (auto word : {"-1", "1.5", "x", "100001", "99999999999999999999"}) {
    auto flag = std::string{"--max-concurrent-maintenance="} + word;
    CHECK(refused(flag)
          == flag + ": must be a number from 0 (no limit) to 100000");
  }
  for (auto word : {"10", "-5m", "25h", "soon"}) {
    auto flag = std::string{"--maintenance-jitter="} + word;
    CHECK(refused(flag)
          == flag + ": must be a duration from 0 to 24h such as 90s or 15m");
  }
  for (auto word : {"8080", "localhost", ":x", ":70000", "::1:80", ":"}) {
    auto flag = std::string{"--metrics-bind-address="} + word;
    CHECK(refused(flag)
          == flag + ": must be [host]:port such as :8080 or 127.0.0.1:8081");
  }
  for (auto word : {"A", "a,,b", "a,", "-a", "a_b"}) {
    auto flag = std::string{"--namespaces="} + word;
    CHECK(refused(flag)
          == flag
                 + ": must be names of namespaces joined by "
                   "commas");
  }
}

TEST_CASE("the operator namespace is looked for in the known order") {
  auto all = process({{"POD_NAMESPACE", "from-env"}}, "from-account");
  CHECK(accepted({"--namespace=from-flag"}, all).ns == "from-flag");
  CHECK(accepted({}, all).ns == "from-env");
  CHECK(accepted({}, process({{"POD_NAMESPACE", ""}}, "from-account")).ns
        == "from-account");
  CHECK(accepted({}, process()).ns == "volsync-system");
  auto bad = parsed({}, process({{"POD_NAMESPACE", "No Such"}}));
  REQUIRE(!bad);
  CHECK(bad.why().message
        == "--namespace=No Such: must be the name of a namespace");
}

TEST_CASE("image, kubeconfig and pod name come from the environment") {
  auto around = process({{"RELATED_IMAGE_KOPIA_CONTAINER", "image"},
                         {"KUBECONFIG", "file"},
                         {"POD_NAME", "volsync-1"}});
  auto out = accepted({}, around);
  CHECK(out.mover_image == "image");
  CHECK(out.kubeconfig == "file");
  CHECK(out.pod_name == "volsync-1");
  CHECK(accepted({"--mover-image=own"}, around).mover_image == "own");
  CHECK(accepted({"--kubeconfig=own"}, around).kubeconfig == "own");
}
