#include "actors/secret_mirror.hpp"

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/scheduler/test_coordinator.hpp>
#include <caf/scoped_actor.hpp>
#include <caf/send.hpp>

#include <catch2/catch.hpp>

#include <deque>
#include <map>

using namespace holystone;
using namespace holystone::actors;
using namespace std::chrono_literals;

namespace {

/// A server that answers when it is told to.
using slow_server = api_client::extend<
    // Answers the oldest call of a verb with this status and body.
    takes<end_atom, int, int, std::string>>;

/// A call that was not answered yet.
struct open_call {
  caf::typed_response_promise<response_ptr> promise;
  request_ptr what;
};

/// All of them, by verb.
using open_calls = std::map<verb, std::deque<open_call>>;

slow_server::behavior_type slow(slow_server::pointer self, open_calls* open) {
  auto hold = [=](const request_ptr& what) {
    auto promise = self->make_response_promise<response_ptr>();
    (*open)[what->what].push_back({promise, what});
    return promise;
  };
  return {
      [=](call_atom, const request_ptr& what) { return hold(what); },
      [=](urgent_atom, const request_ptr& what) { return hold(what); },
      [](watch_atom, std::uint64_t, const request_ptr&, const stream_sink&) {},
      [](credit_atom, const stream_sink&, std::uint64_t, std::uint64_t) {},
      [](cancel_atom, const stream_sink&, std::uint64_t) {},
      [=](end_atom, int what, int status, std::string& body) {
        auto& calls = (*open)[static_cast<verb>(what)];
        response out;
        out.status = status;
        out.body = std::move(body);
        calls.front().promise.deliver(
            response_ptr{std::make_shared<const response>(std::move(out))});
        calls.pop_front();
      },
      [self](mailbox_atom) { return messages_waiting(self); },
  };
}

struct test_config : caf::actor_system_config {
  test_config() {
    set("scheduler.policy", caf::atom("testing"));
  }
};

struct fixture {
  ~fixture() {
    caf::anon_send_exit(mirror, caf::exit_reason::kill);
    caf::anon_send_exit(api, caf::exit_reason::kill);
    sched().run();
  }

  caf::scheduler::test_coordinator& sched() {
    return dynamic_cast<caf::scheduler::test_coordinator&>(system.scheduler());
  }

  std::size_t waiting(verb what) {
    return open[what].size();
  }

  void answer(verb what, int status, const std::string& body) {
    caf::anon_send(api, end_atom::value, static_cast<int>(what), status, body);
    sched().run();
  }

  void order_copies(std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) {
      write_copy copy;
      copy.source.key = {"app", "secret-" + std::to_string(i)};
      orders.push_back(self->request(
          mirror, caf::infinite, copy_atom::value,
          copy_order_ptr{std::make_shared<const copy_order>(copy_order{
              "0123456789abcdef",
              std::make_shared<const write_copy>(std::move(copy))})}));
    }
    sched().run();
  }

  /// How many orders were carried out; all must have ended.
  std::size_t done() {
    std::size_t count = 0;
    for (auto& order : orders)
      order.receive([&](const outcome_ptr& end) { count += end->done; },
                    [](const caf::error& why) { FAIL(caf::to_string(why)); });
    return count;
  }

  using order_handle = decltype(std::declval<caf::scoped_actor&>()->request(
      std::declval<secret_mirror_actor>(), caf::infinite, copy_atom::value,
      copy_order_ptr{}));

  test_config config;
  caf::actor_system system{config};
  open_calls open;
  slow_server api = system.spawn(slow, &open);
  secret_mirror_actor mirror
      = system.spawn(secret_mirror, api, std::string{"volsync-system"});
  caf::scoped_actor self{system};
  std::vector<order_handle> orders;
};

const std::string secret = R"({"apiVersion":"v1","kind":"Secret",
  "metadata":{"name":"s","namespace":"app","uid":"u","resourceVersion":"1"},
  "data":{"KOPIA_REPOSITORY":"czM6Ly9i"}})";

} // namespace

TEST_CASE_METHOD(fixture, "few Secrets are in memory however many are copied") {
  order_copies(3 * most_copies_at_once);
  auto most = std::size_t{0};
  while (waiting(verb::get) + waiting(verb::create) > 0) {
    while (waiting(verb::get) > 0)
      answer(verb::get, 200, secret);
    most = std::max(most, waiting(verb::get) + waiting(verb::create));
    if (waiting(verb::create) > 0)
      answer(verb::create, 201, secret);
  }
  CHECK(most == most_copies_at_once);
  CHECK(done() == 3 * most_copies_at_once);
}

TEST_CASE_METHOD(fixture, "a copy that fails makes room for the next") {
  order_copies(3 * most_copies_at_once);
  auto refused = std::size_t{0};
  while (waiting(verb::get) + waiting(verb::create) > 0) {
    // Not found; no Secret at all; refused when it is written.
    if (waiting(verb::get) > 0)
      answer(verb::get, refused % 3 == 0 ? 404 : 200,
             refused % 3 == 1 ? "{}" : secret);
    if (waiting(verb::create) > 0)
      answer(verb::create, 403, "{}");
    ++refused;
  }
  CHECK(refused == 3 * most_copies_at_once);
  CHECK(done() == 0);
}

TEST_CASE_METHOD(fixture, "a call is not given up while it waits for its turn "
                          "at the server") {
  order_copies(1);
  sched().advance_time(600s);
  REQUIRE(waiting(verb::get) == 1);
  answer(verb::get, 200, secret);
  sched().advance_time(600s);
  sched().run();
  REQUIRE(waiting(verb::create) == 1);
  answer(verb::create, 201, secret);
  CHECK(done() == 1);
}

TEST_CASE_METHOD(fixture, "a copy says which version of the Secret led to its "
                          "repository, even if a newer one was copied") {
  write_copy copy;
  copy.source.key = {"app", "secret"};
  copy.source_uid = {"read"};
  copy.source_version = "7";
  orders.push_back(self->request(
      mirror, caf::infinite, copy_atom::value,
      copy_order_ptr{std::make_shared<const copy_order>(
          copy_order{"0123456789abcdef",
                     std::make_shared<const write_copy>(std::move(copy))})}));
  sched().run();
  answer(
      verb::get, 200,
      R"({"metadata": {"uid": "read", "resourceVersion": "8"}, "data": {}})");
  REQUIRE(waiting(verb::create) == 1);
  auto body = open[verb::create].front().what->body.text();
  CHECK(body.find(R"("volsync.backube/source-version":"7")") != body.npos);
  answer(verb::create, 201, "{}");
  CHECK(done() == 1);
}
