#include "test/cli/program_run.hpp"

#include <catch2/catch.hpp>

#include <cstdlib>

using namespace holystone::test;

namespace {

std::vector<std::string> maintain(std::vector<std::string> more) {
  std::vector<std::string> arguments{"mover", "maintain",
                                     "--credentials=/nothing",
                                     "--termination-log=/dev/null"};
  arguments.insert(arguments.end(), more.begin(), more.end());
  return arguments;
}

} // namespace

TEST_CASE("the mover's help names every flag of the pod template") {
  const auto run = run_program({"mover", "maintain", "--help"});
  CHECK(run.exit_code == 0);
  for (const char* flag :
       {"--repository", "--namespace", "--volume", "--repository-folder",
        "--credentials", "--ca-file", "--config", "--cache", "--kind",
        "--no-verify", "--deadline", "--takeover", "--known-identity",
        "--admission", "--termination-log", "--kopia", "HOLYSTONE_ADMITTED",
        "HOLYSTONE_CONTROLLER_UID"}) {
    INFO(flag);
    CHECK(says(run.out, flag));
  }
}

TEST_CASE("the mover refuses wrong flags with exit code 2") {
  for (const auto& wrong : std::vector<std::vector<std::string>>{
           {},
           {"--repository=x", "--kind=other"},
           {"--repository=x", "--deadline=0"},
           {"--repository=x", "--takeover=maybe"},
           {"--repository=x", "--admission=maybe"},
           {"--repository=x", "--metadata-cache-mb=-1"}}) {
    const auto run = run_program(maintain(wrong));
    CHECK(run.exit_code == 2);
    CHECK_FALSE(run.err.empty());
  }
  CHECK(says(run_program(maintain({"--repositry=x"})).err, "--repository"));
}

TEST_CASE("the mover takes its ticket from the environment") {
  const auto without = run_program(maintain({"--repository=x"}));
  CHECK(without.exit_code == 1);
  CHECK(says(without.out, "\"class\":\"not-admitted\""));
  ::setenv("HOLYSTONE_ADMITTED", "uid", 1);
  ::setenv("HOLYSTONE_CONTROLLER_UID", "uid", 1);
  const auto with = run_program(maintain({"--repository=x"}));
  ::unsetenv("HOLYSTONE_ADMITTED");
  ::unsetenv("HOLYSTONE_CONTROLLER_UID");
  CHECK(with.exit_code == 1);
  CHECK(says(with.out, "cannot read the credentials in /nothing"));
  const auto off = run_program(maintain({"--repository=x", "--admission=off"}));
  CHECK(says(off.out, "cannot read the credentials in /nothing"));
}
