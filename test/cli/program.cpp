#include <catch2/catch.hpp>

#include "test/cli/program_run.hpp"

using holystone::test::run_program;

namespace {

// What a refused command line says, without the line that points at --help.
std::string complaint(std::vector<std::string> arguments) {
  auto outcome = run_program(std::move(arguments));
  CHECK(outcome.exit_code == 2);
  CHECK(outcome.out.empty());
  return outcome.err.substr(0, outcome.err.find('\n'));
}

} // namespace

TEST_CASE("the version is one line") {
  for (auto word : {"version", "--version"}) {
    auto outcome = run_program({word});
    CHECK(outcome.exit_code == 0);
    CHECK(outcome.out.starts_with("holystone "));
    CHECK(std::count(outcome.out.begin(), outcome.out.end(), '\n') == 1);
    CHECK(outcome.err.empty());
  }
}

TEST_CASE("a wrong command names the nearest right one") {
  CHECK(
      complaint({"oprator"})
      == "holystone: there is no command \"oprator\"; did you mean operator?");
  CHECK(complaint({"mover", "maintian"})
        == "holystone mover: there is no command \"maintian\"; did you mean "
           "maintain?");
  CHECK(complaint({"cron", "nxt"})
        == "holystone cron: there is no command \"nxt\"; did you mean next?");
}

TEST_CASE("a wrong flag names the nearest right one") {
  CHECK(complaint({"operator", "--tiemzone=UTC"})
        == "holystone operator: unknown flag --tiemzone; did you mean "
           "--timezone?");
  CHECK(complaint({"operator", "--max-concurent-maintenance", "3"})
        == "holystone operator: unknown flag --max-concurent-maintenance; did "
           "you mean --max-concurrent-maintenance?");
  CHECK(complaint({"cron", "next", "--form", "now", "* * * * *"})
        == "holystone cron next: unknown flag --form; did you mean --from?");
}

TEST_CASE("a huge wrong flag is answered at once and in one short line") {
  auto line = complaint({"operator", "--" + std::string(100'000, 'x')});
  CHECK(line.size() < 200);
}

TEST_CASE("a command that needs another one lists the choices") {
  CHECK(complaint({}).starts_with("holystone: which command? One of operator"));
  CHECK(complaint({"cron"}) == "holystone cron: which command? One of next");
  CHECK(complaint({"mover"})
        == "holystone mover: which command? One of "
           "maintain");
}

TEST_CASE("every command explains itself on stdout") {
  for (auto& command :
       std::vector<std::vector<std::string>>{{},
                                             {"operator"},
                                             {"mover"},
                                             {"mover", "maintain"},
                                             {"cron"},
                                             {"cron", "next"},
                                             {"hash"},
                                             {"release"},
                                             {"get"},
                                             {"why"},
                                             {"doctor"},
                                             {"completion"},
                                             {"version"}}) {
    auto arguments = command;
    arguments.push_back("--help");
    auto outcome = run_program(arguments);
    CHECK(outcome.exit_code == 0);
    CHECK(outcome.out.find("Usage: holystone") != std::string::npos);
    CHECK(outcome.err.empty());
  }
}

TEST_CASE("a bad setting of the operator is one line with the allowed values") {
  auto outcome = run_program({"operator", "--takeover=sometimes"});
  CHECK(outcome.exit_code == 2);
  CHECK(outcome.err
        == "holystone operator: --takeover=sometimes: must be one of idle, "
           "never, always\n");
  CHECK(complaint({"operator", "--timezone=Mars/Base"})
        == "holystone operator: --timezone=Mars/Base: must be a name of the "
           "IANA time zone database such as UTC or Europe/Berlin");
}
