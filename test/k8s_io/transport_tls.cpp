// Trust, identity and their rotation over real TLS connections.

#include "raw_server.hpp"
#include "transport_harness.hpp"

#include <stdlib.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <filesystem>
#include <fstream>

using namespace holystone;
using namespace holystone::k8s_io;
using namespace holystone::test;

namespace {

/// A directory that vanishes with its test.
class scratch {
public:
  scratch() {
    auto pattern = (std::filesystem::temp_directory_path() / "holystone-XXXXXX")
                       .string();
    path_ = ::mkdtemp(pattern.data());
  }
  ~scratch() {
    std::filesystem::remove_all(path_);
  }
  std::string path(const std::string& name) const {
    return path_ / name;
  }
  void write(const std::string& name, const std::string& text) const {
    // As the kubelet does it: a new file takes the old one's name.
    std::ofstream{path(name + ".new")} << text;
    std::filesystem::rename(path(name + ".new"), path(name));
  }

private:
  std::filesystem::path path_;
};

credential_sources trusting(const raw_server& server,
                            const test_authority& authority) {
  credential_sources out;
  out.server = server.url();
  out.authority.inline_text = secret_bytes{authority.pem()};
  return out;
}

raw_tls serving(certificate own) {
  return {std::move(own), {}};
}

void always_ok(raw_connection& to) {
  while (to.read_request() && to.answer(200, "{}")) {
    // nop
  }
}

/// Says 200 to `accepted` as the bearer token, 401 to others, and counts.
struct token_judge {
  std::atomic<const char*> accepted{"one"};
  std::atomic<int> good{0}, bad{0};

  raw_server::script script() {
    return [this](raw_connection& to) {
      while (auto got = to.read_request())
        if (got->field("Authorization")
            == std::string{"Bearer "} + accepted.load()) {
          ++good;
          to.answer(200, "{}");
        } else {
          ++bad;
          to.answer(401, "{}");
        }
    };
  }
};

/// Trusts the authority in the file and looks at it again at this time.
credentials rereading(const raw_server& server, const std::string& authority,
                      std::chrono::steady_clock::time_point next_look) {
  credential_sources sources;
  sources.server = server.url();
  sources.authority.path = authority;
  auto who = credentials::load(std::move(sources), next_look - 5min);
  REQUIRE(who);
  return std::move(*who);
}

} // namespace

TEST_CASE("a server is trusted by its authority and its name only") {
  test_authority ours, foreign;
  raw_server server{always_ok, serving(ours.issue("kubernetes"))};
  CHECK(
      ask(*std::make_unique<transport>(credentials_of(trusting(server, ours))),
          jobs())
          .status
      == 200);

  transport other{credentials_of(trusting(server, foreign))};
  auto refused = ask(other, jobs());
  CHECK(refused.status == 0);
  INFO(refused.failure);
  CHECK(refused.failure.find("is this the authority") != std::string::npos);

  auto nobody = trusting(server, ours);
  nobody.authority = {};
  transport system{credentials_of(std::move(nobody))};
  CHECK(ask(system, jobs()).status == 0);

  raw_server elsewhere{always_ok, serving(ours.issue("kubernetes", false))};
  transport wrong_name{credentials_of(trusting(elsewhere, ours))};
  CHECK(ask(wrong_name, jobs()).status == 0);
}

TEST_CASE("tls-server-name is verified instead of the address") {
  test_authority ours;
  raw_server server{always_ok, serving(ours.issue("kubernetes", false))};
  auto sources = trusting(server, ours);
  sources.tls_server_name = "kubernetes";
  transport net{credentials_of(sources)};
  CHECK(ask(net, jobs()).status == 200);
  sources.tls_server_name = "someone.else";
  transport other{credentials_of(sources)};
  CHECK(ask(other, jobs()).status == 0);
}

TEST_CASE("verification is skipped when the kubeconfig says so") {
  test_authority ours;
  raw_server server{always_ok, serving(ours.issue("kubernetes", false))};
  auto sources = trusting(server, ours);
  sources.authority = {};
  sources.skip_verify = true;
  transport net{credentials_of(std::move(sources))};
  CHECK(ask(net, jobs()).status == 200);
}

TEST_CASE("a client certificate is shown, in place or from files") {
  test_authority ours;
  auto me = ours.issue("system:holystone");
  std::promise<std::string> first, second;
  std::atomic<int> count{0};
  raw_server server{
      [&](raw_connection& to) {
        to.read_request();
        (count++ == 0 ? first : second).set_value(to.client_name());
        to.answer(200, "{}");
      },
      raw_tls{ours.issue("kubernetes"), ours.pem()}};
  auto sources = trusting(server, ours);
  sources.certificate.inline_text = secret_bytes{me.pem};
  sources.key.inline_text = secret_bytes{me.key};
  transport net{credentials_of(sources)};
  CHECK(ask(net, jobs()).status == 200);
  CHECK(first.get_future().get() == "system:holystone");

  scratch files;
  files.write("c", me.pem);
  files.write("k", me.key);
  sources.certificate = {{}, files.path("c")};
  sources.key = {{}, files.path("k")};
  transport other{credentials_of(sources)};
  CHECK(ask(other, jobs()).status == 200);
  CHECK(second.get_future().get() == "system:holystone");
}

TEST_CASE("R-41: a refused token is read again and the call repeated once") {
  test_authority ours;
  token_judge judge;
  raw_server server{judge.script(), serving(ours.issue("kubernetes"))};
  scratch files;
  files.write("token", "one\n");
  auto sources = trusting(server, ours);
  sources.token_file = files.path("token");
  transport net{credentials_of(std::move(sources))};
  CHECK(ask(net, jobs()).status == 200);

  judge.accepted = "two";
  files.write("token", "two\n");
  CHECK(ask(net, jobs()).status == 200);
  CHECK(judge.bad == 1);
  CHECK(ask(net, jobs()).status == 200);
  CHECK(judge.bad == 1);

  // No other token is there: the refusal is the answer, at once.
  judge.accepted = "three";
  CHECK(ask(net, jobs()).status == 401);
  CHECK(judge.bad == 2);
  // Another one is there, but no better: one repetition and no more.
  files.write("token", "four\n");
  CHECK(ask(net, jobs()).status == 401);
  CHECK(judge.bad == 4);
  CHECK(judge.good == 3);
}

TEST_CASE("R-41: a write is repeated with its body") {
  test_authority ours;
  std::vector<std::string> bodies;
  raw_server server{[&](raw_connection& to) {
                      for (auto status : {401, 200})
                        if (auto got = to.read_request()) {
                          bodies.push_back(got->body);
                          to.answer(status, "{}");
                        }
                    },
                    serving(ours.issue("kubernetes"))};
  scratch files;
  files.write("token", "one\n");
  auto sources = trusting(server, ours);
  sources.token_file = files.path("token");
  transport net{credentials_of(std::move(sources))};
  files.write("token", "two\n");
  auto call = jobs(verb::apply);
  call.body = R"({"a":1})";
  CHECK(ask(net, call).status == 200);
  CHECK(bodies == std::vector<std::string>{R"({"a":1})", R"({"a":1})"});
}

TEST_CASE("R-41: a watch refused with 401 is opened again with a new token") {
  test_authority ours;
  token_judge judge;
  raw_server server{judge.script(), serving(ours.issue("kubernetes"))};
  scratch files;
  files.write("token", "old");
  auto sources = trusting(server, ours);
  sources.token_file = files.path("token");
  recorder watched;
  transport net{credentials_of(std::move(sources))};
  files.write("token", "one");
  net.open_watch(jobs(verb::watch, ""), watched.listener());
  CHECK(watched.end().status == 200);
  CHECK(judge.bad == 1);
}

TEST_CASE("R-42: a new authority closes idle connections to the old one") {
  test_authority before, after;
  CHECK(at_some_pace([&](std::chrono::milliseconds until_look) {
    std::atomic<int> closed{0};
    raw_server server{[&](raw_connection& to) {
                        always_ok(to);
                        ++closed;
                      },
                      serving(before.issue("kubernetes"))};
    scratch files;
    files.write("ca", before.pem());
    auto next_look = std::chrono::steady_clock::now() + until_look;
    transport net{rereading(server, files.path("ca"), next_look)};
    CHECK(ask(net, jobs()).status == 200);
    CHECK(server.accepted() == 1);
    files.write("ca", after.pem());
    if (std::chrono::steady_clock::now() > next_look)
      return false;
    // The server still has the old authority's certificate.
    CHECK(eventually([&] { return ask(net, jobs()).status == 0; }));
    CHECK(server.accepted() == 2);
    CHECK(eventually([&] { return closed == 2; }));
    return true;
  }));
}

TEST_CASE("R-42: a damaged bundle disturbs nothing") {
  test_authority ours;
  CHECK(at_some_pace([&](std::chrono::milliseconds until_look) {
    raw_server server{always_ok, serving(ours.issue("kubernetes"))};
    scratch files;
    files.write("ca", ours.pem());
    auto next_look = std::chrono::steady_clock::now() + until_look;
    transport net{rereading(server, files.path("ca"), next_look)};
    CHECK(ask(net, jobs()).status == 200);
    files.write("ca", ours.pem().substr(0, 100));
    if (std::chrono::steady_clock::now() > next_look)
      return false;
    // Requests before the look at the damaged file, and the first after it.
    for (auto looked = false; !looked;) {
      looked = std::chrono::steady_clock::now() > next_look;
      REQUIRE(ask(net, jobs()).status == 200);
    }
    CHECK(server.accepted() == 1);
    return true;
  }));
}

TEST_CASE("R-44: a watch opened with an old token goes on after its rotation") {
  test_authority ours;
  CHECK(at_some_pace([&](std::chrono::milliseconds until_look) {
    std::promise<void> rotated;
    std::atomic<bool> was_old{false}, is_new{false};
    raw_server server{[&](raw_connection& to) {
                        auto got = to.read_request();
                        if (!got)
                          return;
                        auto token = got->field("Authorization");
                        if (got->line().find("watch=") == std::string::npos) {
                          is_new = token == "Bearer two";
                          to.answer(200, "{}");
                          return;
                        }
                        was_old = token == "Bearer one";
                        to.begin_stream();
                        to.chunk("{\"a\":1}\n");
                        rotated.get_future().wait_for(deadline);
                        to.chunk("{\"a\":2}\n");
                        to.wait_for_close();
                      },
                      serving(ours.issue("kubernetes"))};
    scratch files;
    files.write("token", "one");
    auto sources = trusting(server, ours);
    sources.token_file = files.path("token");
    auto next_look = std::chrono::steady_clock::now() + until_look;
    auto who = credentials::load(std::move(sources), next_look - 50s);
    REQUIRE(who);
    recorder watched;
    transport net{std::move(*who)};
    net.open_watch(jobs(verb::watch, ""), watched.listener());
    watched.lines(1);
    files.write("token", "two");
    auto in_time = std::chrono::steady_clock::now() < next_look;
    if (in_time)
      CHECK(eventually(
          [&] { return ask(net, jobs()).status == 200 && is_new.load(); }));
    rotated.set_value();
    watched.lines(2);
    CHECK(was_old);
    CHECK_FALSE(watched.has_ended());
    return in_time;
  }));
}

TEST_CASE("R-43: no failure text holds the token") {
  test_authority ours, foreign;
  raw_server server{always_ok, serving(ours.issue("kubernetes"))};
  auto sources = trusting(server, foreign);
  sources.token = secret_bytes{"hunter2"};
  transport net{credentials_of(std::move(sources))};
  auto call = jobs();
  auto answer = ask(net, call);
  CHECK(describe(call, answer).find("hunter2") == std::string::npos);
}
