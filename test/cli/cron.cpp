#include <boost/json.hpp>
#include <catch2/catch.hpp>

#include <fstream>
#include <sstream>

#include "scheduler/time.hpp"
#include "test/cli/program_run.hpp"

namespace json = boost::json;

using namespace holystone;
using test::conversation;
using test::run_program;

namespace {

std::string ask(std::vector<std::string> flags) {
  std::vector<std::string> arguments{"cron", "next", "--from",
                                     "2026-10-24T12:00:00+02:00"};
  arguments.insert(arguments.end(), flags.begin(), flags.end());
  auto outcome = run_program(arguments);
  CHECK(outcome.err.empty());
  CHECK(outcome.exit_code == 0);
  return outcome.out;
}

std::string refused(std::vector<std::string> flags) {
  std::vector<std::string> arguments{"cron", "next"};
  arguments.insert(arguments.end(), flags.begin(), flags.end());
  auto outcome = run_program(arguments);
  CHECK(outcome.exit_code == 2);
  CHECK(outcome.out.empty());
  return outcome.err;
}

// Asks one line and waits for its answer.
json::object answer_to(conversation& batch, const std::string& line) {
  batch.say(line + "\n");
  auto answer = batch.line();
  CAPTURE(line);
  REQUIRE(answer);
  auto value = json::parse(*answer);
  REQUIRE(value.is_object());
  return value.as_object();
}

json::object question_of(const json::object& vector) {
  json::object question{
      {"spec", vector.at("spec")},
      {"from", to_rfc3339(instant{seconds{vector.at("from_unix").as_int64()}})},
      {"count", 4}};
  if (auto zone = vector.if_contains("tz"))
    question["tz"] = *zone;
  return question;
}

void check_answer(const json::object& vector, const json::object& answer) {
  CAPTURE(json::serialize(vector), json::serialize(answer));
  REQUIRE(answer.size() == 1);
  if (vector.at("err").as_bool()) {
    CHECK(answer.contains("error"));
  } else if (vector.contains("never")) {
    CHECK(answer.at("never").as_bool());
  } else if (auto expected = vector.if_contains("next_unix")) {
    json::array times;
    for (auto& time : expected->as_array())
      times.emplace_back(to_rfc3339(instant{seconds{time.as_int64()}}));
    CHECK(answer.at("next").as_array() == times);
  } else {
    CHECK(vector.at("library_hangs").as_bool());
  }
}

} // namespace

TEST_CASE("cron next prints one UTC instant a line") {
  CHECK(ask({"--tz", "Europe/Berlin", "--count", "3", "0 2 * * *"})
        == "2026-10-25T00:00:00Z\n2026-10-25T01:00:00Z\n"
           "2026-10-26T01:00:00Z\n");
  CHECK(ask({"TZ=Asia/Tokyo @daily"}) == "2026-10-24T15:00:00Z\n");
  CHECK(ask({"--hash", "0123456789abcdef", "H H * * *"})
        == "2026-10-24T15:05:00Z\n");
}

TEST_CASE("cron next says never") {
  CHECK(ask({"0 0 30 2 *"}) == "never\n");
  CHECK(ask({"--count", "5", ", * * * *"}) == "never\n");
}

TEST_CASE("cron next refuses with the reason on stderr") {
  CHECK(refused({"61 * * * *"})
        == "holystone cron next: schedule \"61 * * * *\": minute 61 is outside "
           "0-59\n");
  CHECK(refused({"CRON_TZ=UTC"}).find("nothing follows the time zone")
        != std::string::npos);
  CHECK(refused({"--tz", "Nowhere", "* * * * *"}).find("\"Nowhere\" is unknown")
        != std::string::npos);
  CHECK(refused({"--from", "yesterday", "* * * * *"}).find("--from must be")
        != std::string::npos);
  CHECK(refused({"H * * * *"}).find("add --hash") != std::string::npos);
  CHECK(refused({"--count", "0", "* * * * *"}).find("--count")
        != std::string::npos);
  CHECK(refused({}).find("SPEC is missing") != std::string::npos);
}

TEST_CASE("a batch answers every golden vector over one pipe") {
  std::ifstream file{HOLYSTONE_TEST_DATA "/cron-golden.json"};
  std::stringstream text;
  text << file.rdbuf();
  auto vectors = json::parse(text.str()).at("vectors").as_array();
  REQUIRE(vectors.size() == 978);
  conversation batch{{"cron", "next", "--batch"}};
  for (auto& value : vectors) {
    auto& vector = value.as_object();
    auto line = json::serialize(question_of(vector));
    check_answer(vector, answer_to(batch, line));
  }
  auto outcome = batch.finish();
  CHECK(outcome.exit_code == 0);
  CHECK(outcome.out.empty());
}

TEST_CASE("a batch answers a bad line with an error and goes on") {
  conversation batch{{"cron", "next", "--batch"}};
  for (auto line :
       {"", "nonsense", "[1]", "{}", R"({"spec":1})", R"({"spec":null})",
        R"({"spec":"* * * * *","count":0})",
        R"({"spec":"* * * * *","count":"2"})",
        R"({"spec":"* * * * *","from":"now"})", R"({"spec":"* * * * *","x":1})",
        R"({"spec":"* * * * *","tz":"Nowhere"})", "\xFF\xFE",
        R"({"spec":"H * * * *"})"}) {
    auto answer = answer_to(batch, line);
    CAPTURE(line);
    CHECK(answer.size() == 1);
    CHECK(answer.contains("error"));
  }
  // Far deeper than a parser that recurses could bear.
  CHECK(answer_to(batch, std::string(100'000, '[')).contains("error"));
  CHECK(answer_to(batch, R"({"spec":"0 0 30 2 *"})")
        == json::object{{"never", true}});
  CHECK(answer_to(batch, R"({"spec":"H 2 * * *","hash":"0123456789abcdef",)"
                         R"("from":"2026-11-21T00:00:00Z","tz":null})")
        == json::object{{"next", {"2026-11-21T02:05:00Z"}}});
  CHECK(batch.finish().exit_code == 0);
}

TEST_CASE("a batch takes no flag that its lines say") {
  for (auto flag : {"--tz=UTC", "--from=2026-11-21T00:00:00Z", "--count=2",
                    "--hash=0123456789abcdef"}) {
    CAPTURE(flag);
    auto told = run_program({"cron", "next", "--batch", flag});
    CHECK(told.exit_code == 2);
    CHECK(told.err.find("--batch reads its schedules") != std::string::npos);
  }
}
