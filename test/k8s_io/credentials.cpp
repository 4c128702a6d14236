#include "k8s_io/credentials.hpp"

#include <catch2/catch.hpp>

#include <map>

using namespace holystone;
using namespace holystone::k8s_io;
using namespace std::chrono_literals;

namespace {

// A PEM block around a DER sequence of one byte.
const std::string first_pem
    = "-----BEGIN CERTIFICATE-----\nMAEB\n-----END CERTIFICATE-----\n";
const std::string second_pem
    = "-----BEGIN CERTIFICATE-----\nMAEC\n-----END CERTIFICATE-----\n";

/// Files in memory, credentials that read them, and a clock.
struct pod {
  std::map<std::string, std::string> files{{"token", "one\n"},
                                           {"ca", first_pem}};
  int token_reads = 0;
  credentials::time_point now{1h};

  file_reader reader() {
    return [this](const std::string& path) -> result<std::string> {
      token_reads += path == "token";
      auto found = files.find(path);
      if (found == files.end())
        return error{path + ": no such file"};
      return found->second;
    };
  }

  result<credentials> load() {
    credential_sources sources;
    sources.server = "https://h";
    sources.token_file = "token";
    sources.authority.path = "ca";
    return credentials::load(std::move(sources), now, reader());
  }
};

} // namespace

TEST_CASE("R-40: a rotated token is used within a minute") {
  pod it;
  auto who = it.load();
  REQUIRE(who);
  CHECK(who->token(it.now).reveal() == "one");
  it.files["token"] = "two";
  CHECK(who->token(it.now + 30s).reveal() == "one");
  CHECK(who->token(it.now + 60s).reveal() == "two");
}

TEST_CASE("R-40: the file is read once a minute, not with each request") {
  pod it;
  auto who = it.load();
  it.token_reads = 0;
  for (auto i = 0; i < 600; ++i)
    who->token(it.now += 1s);
  CHECK(it.token_reads == 12); // every 50 s
}

TEST_CASE("R-40: an unreadable, empty or strange file keeps the old token") {
  pod it;
  auto who = it.load();
  for (std::string content : {"", " \n", "two\r\nX-Header: y"}) {
    it.files["token"] = content;
    CHECK(who->token(it.now += 60s).reveal() == "one");
  }
  it.files.erase("token");
  CHECK(who->token(it.now += 60s).reveal() == "one");
  it.files["token"] = "two";
  CHECK(who->token(it.now += 60s).reveal() == "two");
}

TEST_CASE("R-41: after a 401 the token is read again, and a new one is tried") {
  pod it;
  auto who = it.load();
  auto started = it.now += 1s;
  it.now += 1s;
  CHECK_FALSE(who->refused(started, it.now)); // the same token again
  it.files["token"] = "two";
  CHECK(who->refused(started, it.now));
  CHECK(who->token(it.now).reveal() == "two");
  // A request that started before the new token came needs no new look.
  it.token_reads = 0;
  CHECK(who->refused(started, it.now));
  CHECK(it.token_reads == 0);
}

TEST_CASE("R-41: a token in place can't be tried again") {
  credential_sources sources;
  sources.server = "https://h";
  sources.token = secret_bytes{"t"};
  auto who = credentials::load(std::move(sources), {});
  REQUIRE(who);
  CHECK(who->token({}).reveal() == "t");
  CHECK_FALSE(who->refused({}, {}));
}

TEST_CASE("R-42: a replaced authority is taken up after five minutes") {
  pod it;
  auto who = it.load();
  auto before = who->tls_now(it.now).generation;
  it.files["ca"] = second_pem;
  CHECK(who->tls_now(it.now + 4min).authority == first_pem);
  auto& after = who->tls_now(it.now + 5min);
  CHECK(after.authority == second_pem);
  CHECK(after.generation != before);
}

TEST_CASE("R-42: an empty or damaged bundle keeps the old one") {
  pod it;
  auto who = it.load();
  auto before = who->tls_now(it.now).generation;
  for (std::string content :
       {std::string{}, std::string{"garbage"}, first_pem.substr(0, 40),
        second_pem + first_pem.substr(0, 40),
        std::string{"-----BEGIN CERTIFICATE-----\n!!\n-----END "
                    "CERTIFICATE-----\n"},
        std::string{"-----BEGIN CERTIFICATE-----\nMAUB\n-----END "
                    "CERTIFICATE-----\n"}}) {
    INFO(content);
    it.files["ca"] = content;
    CHECK(who->tls_now(it.now += 5min).authority == first_pem);
  }
  it.files.erase("ca");
  CHECK(who->tls_now(it.now += 5min).authority == first_pem);
  CHECK(who->tls_now(it.now).generation == before);
  it.files["ca"] = second_pem + first_pem;
  CHECK(who->tls_now(it.now += 5min).authority == second_pem + first_pem);
}

TEST_CASE("credentials that can't be read at the start are named") {
  pod it;
  it.files.erase("ca");
  CHECK(it.load().why().message == "ca: no such file");
  it.files["ca"] = "x";
  CHECK(it.load().why().message.find("certificate authority")
        != std::string::npos);
  it.files["ca"] = first_pem;
  it.files["token"] = "";
  CHECK(it.load().why().message == "token: the token is empty");
}

TEST_CASE("a file that can't be read is an error with its name") {
  auto missing = read_file("/does/not/exist");
  REQUIRE_FALSE(missing);
  CHECK(missing.why().message.find("/does/not/exist: No such file")
        != std::string::npos);
  CHECK_FALSE(read_file("/"));
  CHECK(read_file("/proc/self/stat"));
}
