#include "inspection.hpp"

#include <catch2/catch.hpp>

using namespace holystone;
using namespace holystone::actors;

namespace {

boost::json::value page(stage& s, const std::string& query) {
  auto answer = ask(s, "/v1/repositories" + query);
  INFO(answer->body);
  REQUIRE(answer->status == 200);
  return boost::json::parse(answer->body);
}

std::vector<std::string> hashes_in(const boost::json::value& list) {
  std::vector<std::string> found;
  for (const auto& item : items_at(list, "items"))
    found.push_back(text_at(item, "hash"));
  return found;
}

/// A way to the API server that never says how much waits for it.
api_client::behavior_type busy_client(api_client::pointer self,
                                      const api_client& to) {
  return {
      [=](call_atom, const request_ptr& what) {
        return self->delegate(to, call_atom::value, what);
      },
      [=](urgent_atom, const request_ptr& what) {
        return self->delegate(to, urgent_atom::value, what);
      },
      [=](watch_atom, std::uint64_t ticket, const request_ptr& what,
          const stream_sink& sink) {
        self->send(to, watch_atom::value, ticket, what, sink);
      },
      [=](credit_atom, const stream_sink& sink, std::uint64_t ticket,
          std::uint64_t lines) {
        self->send(to, credit_atom::value, sink, ticket, lines);
      },
      [=](cancel_atom, const stream_sink& sink, std::uint64_t ticket) {
        self->send(to, cancel_atom::value, sink, ticket);
      },
      [=](mailbox_atom) {
        return self->make_response_promise<std::uint64_t>();
      },
  };
}

} // namespace

TEST_CASE("the list of repositories comes in pages, each repository once") {
  simulated_world world;
  for (int i = 0; i < 5; ++i)
    add_source(world, fmt::format("app{}", i), fmt::format("bucket{}", i));
  stage s{world};
  s.pass(20s);
  auto whole = hashes_in(page(s, ""));
  REQUIRE(whole.size() == 5);
  CHECK(std::ranges::is_sorted(whole));
  std::vector<std::string> found;
  std::string query = "?limit=2";
  for (int i = 0; i < 3; ++i) {
    auto part = page(s, query);
    CHECK(*integer_at(part, "total") == 5);
    auto some = hashes_in(part);
    found.insert(found.end(), some.begin(), some.end());
    auto next = text_at(part, "continue");
    CHECK(next.empty() == (i == 2));
    query = "?limit=2&continue=" + next;
  }
  CHECK(found == whole);
  // A repository that went meanwhile is no reason to begin again.
  CHECK(hashes_in(page(s, "?continue=0000000000000000")) == whole);
  CHECK(hashes_in(page(s, "?continue=ffffffffffffffff")).empty());
}

TEST_CASE("a question that the list does not know is refused") {
  simulated_world world;
  stage s{world};
  s.pass(20s);
  for (auto query :
       {"?limit=0", "?limit=1001", "?limit=", "?limit=x", "?limit=5x",
        "?limit=-1", "?limit", "?page=2", "?&", "?"}) {
    INFO(query);
    auto answer = ask(s, std::string{"/v1/repositories"} + query);
    CHECK(answer->status == 400);
    CHECK_THAT(answer->body, Catch::Contains("limit"));
  }
}

TEST_CASE("whoever looks on is told of each change and of the end") {
  simulated_world world;
  add_source(world, "app", "one");
  stage s{world};
  s.pass(20s);
  auto hash = hashes_in(page(s, "")).at(0);
  auto events = ask(s, "/v1/events")->streamed;
  REQUIRE(events);
  // What nobody was told so far may come once.
  s.pass(60s);
  events->text.clear();
  s.pass(10min);
  CHECK(events->text.empty());

  create_job(world, "first");
  s.pass(5s);
  CHECK_THAT(events->text, Catch::Contains("event: repository\n"));
  CHECK_THAT(events->text, Catch::Contains("\"hash\":\"" + hash + "\""));
  CHECK_THAT(events->text, Catch::Contains("\"running\":true"));
  CHECK_THAT(events->text, !Catch::Contains("secret\":"));
  s.pass(3min);
  events->text.clear();
  world.call("DELETE", "/apis/volsync.backube/v1alpha1/namespaces/app/"
                       "replicationsources/data");
  s.pass(60s);
  CHECK_THAT(events->text, Catch::EndsWith("event: gone\ndata: {\"hash\":\""
                                           + hash + "\"}\n\n"));
}

TEST_CASE("the page is beside what it shows, and unknown routes are not") {
  simulated_world world;
  stage s{world};
  s.pass(5s);
  CHECK(ask(s, "/")->status == 200);
  CHECK(ask(s, "/page.js")->status == 200);
  for (auto target : {"/v1", "/v1/", "/v1/repositories/", "/v1/repositories/..",
                      "/../page.js", "/v1/repositories/0123456789abcdeg/x"}) {
    INFO(target);
    CHECK(ask(s, target)->status == 404);
  }
}

TEST_CASE("each actor of the core says how much waits for it") {
  simulated_world world;
  add_source(world, "app", "one");
  stage s{world};
  s.pass(20s);
  auto shown = boost::json::parse(ask(s, "/v1/actors")->body);
  std::set<std::string> said;
  for (const auto& one : items_at(shown, "actors"))
    if (integer_at(one, "mailbox"))
      said.insert(text_at(one, "name"));
  for (auto name :
       {"root", "inspector", "registry", "api-client", "secret-mirror",
        "volume-reader", "job-runner", "account-keeper", "neighbours",
        "elector", "watcher/ReplicationSource", "watcher/Job"}) {
    INFO(name);
    CHECK(said.contains(name));
  }
  auto hash = hashes_in(page(s, "")).at(0);
  CHECK(!said.contains("repository/" + hash));
  auto one = boost::json::parse(ask(s, "/v1/repositories/" + hash)->body);
  CHECK(integer_at(one, "mailbox") == 0);
}

TEST_CASE("what waits for an actor is what it has not begun") {
  simulated_world world;
  stage s{world};
  s.pass(20s);
  caf::scoped_actor self{s.system};
  auto asked = self->request(s.top, caf::infinite, mailbox_atom::value);
  for (int i = 0; i < 3; ++i)
    caf::anon_send(s.top, mailbox_atom::value);
  s.settle();
  std::uint64_t waiting = 0;
  asked.receive([&](std::uint64_t told) { waiting = told; },
                [](const caf::error&) {});
  CHECK(waiting == 3);
}

TEST_CASE("an actor that is too busy to say it is shown without") {
  simulated_world world;
  stage s{world, [&](root_setup& setup) {
            setup.make_client = [&](caf::actor_system& in) -> api_client {
              return in.spawn(busy_client, in.spawn(simulated_client, &world));
            };
          }};
  s.pass(20s);
  auto answer = ask(s, "/v1/actors");
  CHECK(answer->body.empty());
  s.pass(2s);
  REQUIRE(answer->status == 200);
  auto shown = boost::json::parse(answer->body);
  for (const auto& one : items_at(shown, "actors")) {
    auto name = text_at(one, "name");
    INFO(name);
    if (text_at(one, "parent") != "registry")
      CHECK(static_cast<bool>(integer_at(one, "mailbox"))
            == (name != "api-client"));
  }
}
