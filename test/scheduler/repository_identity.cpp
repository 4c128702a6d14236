#include "scheduler/repository_identity.hpp"

#include "test/scheduler/secret_table.hpp"

#include <catch2/catch.hpp>

#include <boost/json.hpp>

#include <fstream>
#include <iterator>
#include <random>
#include <set>
#include <sstream>

using namespace holystone;
using namespace holystone::scheduler;
using namespace holystone::test;

namespace {

std::string documentation() {
  std::ifstream in{HOLYSTONE_SOURCE_DIR "/docs/repository-identity.md"};
  return {std::istreambuf_iterator<char>{in}, {}};
}

struct vector_line {
  std::string hash;
  std::string json;
};

/// The lines of the code block of this kind.
std::vector<vector_line> vectors(const std::string& kind) {
  const auto text = documentation();
  const auto begin = text.find("```" + kind + "\n");
  REQUIRE(begin != std::string::npos);
  const auto end = text.find("\n```", begin);
  std::istringstream lines{text.substr(begin, end - begin)};
  std::vector<vector_line> out;
  std::string line;
  std::getline(lines, line);
  while (std::getline(lines, line))
    out.push_back({line.substr(0, 16), line.substr(17)});
  return out;
}

location to_location(const boost::json::object& json) {
  location where;
  for (const auto& [key, value] : json)
    (key == "backend" ? where.backend : where.parts[std::string{key}])
        = value.as_string().c_str();
  return where;
}

/// Ways to write the same S3 location, chosen at random.
class speller {
public:
  explicit speller(unsigned seed) : random_(seed) {
    // nop
  }

  keys spell(const std::string& host, const std::string& bucket,
             const std::vector<std::string>& folders) {
    keys out{{"AWS_ACCESS_KEY_ID", word()}, {"AWS_SECRET_ACCESS_KEY", word()}};
    std::string prefix;
    for (const auto& folder : folders)
      prefix += slashes() + folder;
    if (coin())
      prefix += slashes();
    out["KOPIA_REPOSITORY"] = "s3://" + bucket + prefix + (coin() ? "\n" : "");
    std::string name = mixed_case(host) + (coin() ? "." : "");
    const bool plain = coin();
    name = plain ? "https://" + name + (coin() ? ":443" : "")
                 : name + (coin() ? ":443" : "");
    out[coin() ? "AWS_S3_ENDPOINT" : "KOPIA_S3_ENDPOINT"]
        = name + (coin() ? "/" : "");
    if (coin())
      out["AWS_REGION"] = word();
    if (coin())
      out["KOPIA_S3_BUCKET"] = bucket;
    return out;
  }

  std::string word() {
    std::string out;
    for (auto n = 3 + random_() % 6; n > 0; --n)
      out += static_cast<char>('a' + random_() % 26);
    return out;
  }

  unsigned below(unsigned limit) {
    return static_cast<unsigned>(random_() % limit);
  }

private:
  bool coin() {
    return random_() % 2 == 0;
  }

  std::string slashes() {
    return std::string(1 + random_() % 3, '/');
  }

  std::string mixed_case(std::string text) {
    for (auto& c : text)
      if (coin() && c >= 'a' && c <= 'z')
        c = static_cast<char>(c - 'a' + 'A');
    return text;
  }

  std::mt19937 random_;
};

std::string hash_of(const keys& secret) {
  const auto where = locate(to_secret(secret), "app", std::nullopt);
  INFO((where ? std::string{} : where.why().message));
  REQUIRE(where);
  return identify(*where).hex;
}

} // namespace

TEST_CASE("the documented vectors are what the code computes") {
  const auto lines = vectors("vectors");
  REQUIRE(lines.size() >= 14);
  for (const auto& line : lines) {
    INFO(line.json);
    const auto where = to_location(boost::json::parse(line.json).as_object());
    CHECK(canonical_json(where) == line.json);
    CHECK(identify(where).hex == line.hash);
  }
}

TEST_CASE("the documented vectors by secret are what the code computes") {
  const auto lines = vectors("secret-vectors");
  REQUIRE(lines.size() == 2);
  const location where{"s3",
                       {{"bucket", "backups"},
                        {"endpoint", "minio.example:9000"},
                        {"prefix", "apps/"}}};
  CHECK(identify_by_secret("kopia-config", {}, where).hex == lines[0].hash);
  CHECK(identify_by_secret("kopia-config", {"tls-secret", "", "ca.crt"}, where)
            .hex
        == lines[1].hash);
}

TEST_CASE("random spellings of a location keep its hash") {
  speller random{20261121};
  for (int round = 0; round < 300; ++round) {
    const auto host = random.word() + ".example";
    const auto bucket = random.word();
    std::vector<std::string> folders;
    for (auto n = random.below(4); n > 0; --n)
      folders.push_back(random.word());
    const auto expected = hash_of(random.spell(host, bucket, folders));
    for (int spelling = 0; spelling < 5; ++spelling)
      CHECK(hash_of(random.spell(host, bucket, folders)) == expected);
  }
}

TEST_CASE("a random change of the location alters its hash") {
  speller random{7};
  for (int round = 0; round < 300; ++round) {
    const auto host = random.word() + ".example";
    const auto bucket = random.word();
    std::vector<std::string> folders{random.word(), random.word()};
    const auto before = hash_of(random.spell(host, bucket, folders));
    switch (random.below(5)) {
      case 0:
        CHECK(hash_of(random.spell("x" + host, bucket, folders)) != before);
        break;
      case 1:
        CHECK(hash_of(random.spell(host, bucket + "x", folders)) != before);
        break;
      case 2:
        folders.push_back(random.word());
        CHECK(hash_of(random.spell(host, bucket, folders)) != before);
        break;
      case 3:
        folders = {folders[0] + folders[1]};
        CHECK(hash_of(random.spell(host, bucket, folders)) != before);
        break;
      default:
        folders[1] += "-";
        CHECK(hash_of(random.spell(host, bucket, folders)) != before);
    }
  }
}

TEST_CASE("identity by secret tells names, CAs and locations apart") {
  const location one{"s3", {{"bucket", "one"}}};
  const location two{"s3", {{"bucket", "two"}}};
  const std::vector<repository_id> all{
      identify_by_secret("a", {}, one),
      identify_by_secret("b", {}, one),
      identify_by_secret("a", {}, two),
      identify_by_secret("a", {"ca", "", "ca.crt"}, one),
      identify_by_secret("a", {"", "ca", "ca.crt"}, one),
      identify_by_secret("a", {"ca", "", "tls.crt"}, one),
      identify(one)};
  CHECK(std::set<repository_id>(all.begin(), all.end()).size() == all.size());
}

TEST_CASE("one server is one endpoint for the limit, whatever the bucket") {
  const auto endpoint = [](const keys& secret) {
    return endpoint_of(*locate(to_secret(secret), "app", std::nullopt));
  };
  CHECK(endpoint(s3) == "minio.example:9000");
  CHECK(endpoint(with(s3, {{"KOPIA_S3_BUCKET", "other"}})) == endpoint(s3));
  CHECK(endpoint(with(s3, {{"AWS_S3_ENDPOINT", "minio2.example:9000"}}))
        != endpoint(s3));
  CHECK(endpoint(with(s3, {{"AWS_S3_ENDPOINT", ""}})) == "s3.aws");
}
