#include "test/cli/program_run.hpp"

#include <catch2/catch.hpp>

using namespace holystone::test;

namespace {

run_outcome hash(const std::string& manifest,
                 std::vector<std::string> more = {}) {
  std::vector<std::string> arguments{"hash", "-f", "-"};
  arguments.insert(arguments.end(), more.begin(), more.end());
  conversation program{arguments};
  program.say(manifest);
  return program.finish();
}

const std::string yaml = R"(apiVersion: v1
kind: ConfigMap
metadata: {name: unrelated}
---
apiVersion: v1
kind: Secret
metadata:
  name: kopia-config
  namespace: app
stringData:
  KOPIA_REPOSITORY: s3://backups/apps
  KOPIA_PASSWORD: the-password
  AWS_S3_ENDPOINT: https://minio.example:9000
  AWS_ACCESS_KEY_ID: the-access-key
data:
  AWS_SECRET_ACCESS_KEY: dGhlLXNlY3JldC1rZXk=
)";

const std::string json = R"({"kind":"Secret","metadata":{"namespace":"app"},
"data":{"KOPIA_PASSWORD":"dGhlLXBhc3N3b3Jk"},
"stringData":{"KOPIA_REPOSITORY":"filesystem:///mnt/backups/apps"}})";

} // namespace

TEST_CASE("hash shows location and hash of a Secret and none of its bytes") {
  const auto run = hash(yaml);
  CHECK(run.exit_code == 0);
  CHECK(run.out
        == "hash:     8e242e7713d02879\n"
           "location: {\"backend\":\"s3\",\"bucket\":\"backups\","
           "\"endpoint\":\"minio.example:9000\",\"prefix\":\"apps/\"}\n"
           "meaning:  s3://backups/apps/ at minio.example:9000\n");
  CHECK(run.err.empty());
}

TEST_CASE("hash takes the volume of a filesystem repository") {
  const auto run = hash(
      json, {"--volume", "nfs?server=nas&share=/export&mount=/mnt/backups"});
  CHECK(run.exit_code == 0);
  CHECK(run.out.find("75b93f031906db2e") != std::string::npos);
  const auto without = hash(json);
  CHECK(without.out.find("\"namespace\":\"app\"") != std::string::npos);
  CHECK(hash(json, {"--namespace", "other"}).out.find("\"namespace\":\"other\"")
        != std::string::npos);
}

TEST_CASE("hash says what is wrong with a Secret and never a value of it") {
  const auto replaced
      = [](std::string text, const std::string& what, const std::string& by) {
          return text.replace(text.find(what), what.size(), by);
        };
  const std::vector<std::pair<std::string, std::string>> rows{
      {replaced(yaml, "KOPIA_PASSWORD", "OTHER"),
       "key KOPIA_PASSWORD is missing"},
      {replaced(yaml, "https://minio.example:9000", "localhost"), "localhost"},
      {replaced(yaml, "dGhlLXNlY3JldC1rZXk=", "the-secret-key!"),
       "data.AWS_SECRET_ACCESS_KEY: it is not base64"},
      {replaced(yaml, "kind: Secret", "kind: Pod"), "no object of kind Secret"},
      {replaced(yaml, "stringData:\n", "stringData: the-text\nother:\n"),
       "stringData: it must be a map"},
      {"kind: Secret\nstringData: {A: [the-list]}\n", "stringData.A"},
      {"kind: Secret\nstringData: {A: *the-anchor}\n", "neither YAML nor JSON"},
      {"a: [the-unclosed", "neither YAML nor JSON"},
      {"", "no object of kind Secret"},
      {yaml + "\n---\n" + yaml, "2 Secrets"},
  };
  for (const auto& [manifest, says] : rows) {
    const auto run = hash(manifest);
    INFO(run.err);
    CHECK(run.exit_code == 1);
    CHECK(run.out.empty());
    CHECK(run.err.find(says) != std::string::npos);
    CHECK(run.err.find("the-") == std::string::npos);
  }
}

TEST_CASE("hash names a file that it cannot read and a volume it can't") {
  const auto absent = run_program({"hash", "-f", "/nothing/here"});
  CHECK(absent.exit_code == 1);
  CHECK(absent.err.find("/nothing/here") != std::string::npos);
  const auto wrong = hash(json, {"--volume", "nfs?server=nas"});
  CHECK(wrong.exit_code == 1);
  CHECK(wrong.err.find("share is missing") != std::string::npos);
  CHECK(run_program({"hash"}).exit_code == 2);
}

TEST_CASE("hash of a folder is refused in one line") {
  const auto run = run_program({"hash", "-f", "/tmp"});
  CHECK(run.exit_code == 1);
  CHECK(run.err == "holystone hash: /tmp: cannot be read\n");
}
