#include "test/cli/quiet_server.hpp"

#include "metrics/http_server.hpp"

using namespace holystone;
using namespace holystone::test;

namespace {

/// All that the operator says before it ends by itself, with code 1.
std::string last_words(const quiet_server& cluster,
                       std::vector<std::string> flags) {
  std::vector<std::string> arguments{"operator", "--kubeconfig",
                                     cluster.kubeconfig_file, "--mover-image=x",
                                     "--inspection-bind-address=127.0.0.1:0"};
  arguments.insert(arguments.end(), flags.begin(), flags.end());
  auto outcome = run_program(arguments);
  CHECK(outcome.exit_code == 1);
  return outcome.out + outcome.err;
}

} // namespace

TEST_CASE("an operator whose port is taken says so and ends") {
  quiet_server cluster;
  metrics::http_options options;
  options.address = "127.0.0.1";
  metrics::http_server other{options, [](const auto&) {
                             }};
  auto place = "127.0.0.1:" + std::to_string(other.port());
  auto said = last_words(cluster, {"--metrics-bind-address=" + place});
  CHECK(said.find("cannot start") != std::string::npos);
  CHECK(said.find(std::to_string(other.port())) != std::string::npos);
}

TEST_CASE("an operator whose certificate is not there says so and ends") {
  quiet_server cluster;
  auto said = last_words(cluster, {"--metrics-bind-address=127.0.0.1:0",
                                   "--tls-certificate=/nowhere/tls.crt",
                                   "--tls-key=/nowhere/tls.key"});
  CHECK(said.find("/nowhere/tls.crt") != std::string::npos);
}
