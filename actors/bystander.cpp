#include "actors/bystander.hpp"

#include "actors/api_client.hpp"
#include "actors/setup.hpp"
#include "k8s_io/transport.hpp"
#include "metrics/instruments.hpp"

#include <caf/actor_system.hpp>
#include <caf/scoped_actor.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <future>
#include <mutex>

namespace holystone::actors {

namespace {

bool is_read(verb what) {
  return what == verb::get || what == verb::list;
}

/// How far the reading has come; written on the threads of the actors.
class progress {
public:
  /// All was read.
  void complete() {
    settle(std::nullopt);
  }

  /// Takes note of an answer that was not what was asked for.
  void note(const request& what, const response& answer) {
    // Other installs are looked for where that is allowed.
    auto is_of_neighbours = what.kind == resources::leases && what.ns.empty();
    auto is_refused = answer.status == 401 || answer.status == 403;
    if (what.what == verb::list && !is_of_neighbours
        && (is_refused || answer.status == 404))
      settle(error{describe(what, answer)});
    else if (is_refused && !is_of_neighbours)
      keep(describe(what, answer));
    else if (answer.status == 0 || answer.status >= 500)
      trouble(describe(what, answer));
  }

  /// The end of the reading, or an error after that time.
  std::optional<error> wait(std::chrono::seconds patience) {
    if (end_.wait_for(patience) == std::future_status::ready)
      return end_.get();
    std::lock_guard guard{mutex_};
    return error{fmt::format("the cluster was not read within {} s{}{}",
                             patience.count(), trouble_.empty() ? "" : ": ",
                             trouble_)};
  }

  std::vector<std::string> refusals() const {
    std::lock_guard guard{mutex_};
    return refusals_;
  }

private:
  void settle(std::optional<error> how) {
    std::lock_guard guard{mutex_};
    if (!std::exchange(is_settled_, true))
      promise_.set_value(std::move(how));
  }

  void keep(std::string text) {
    std::lock_guard guard{mutex_};
    if (std::ranges::find(refusals_, text) == refusals_.end())
      refusals_.push_back(std::move(text));
  }

  void trouble(std::string text) {
    std::lock_guard guard{mutex_};
    trouble_ = std::move(text);
  }

  mutable std::mutex mutex_;
  bool is_settled_ = false;
  std::promise<std::optional<error>> promise_;
  std::shared_future<std::optional<error>> end_{promise_.get_future()};
  std::vector<std::string> refusals_;
  std::string trouble_;
};

/// The only way to the API server here: what is no reading ends at it, and no
/// watch begins, because nobody waits for news.
api_client::behavior_type
reading_client(api_client::pointer self, const api_client& to,
               const std::shared_ptr<progress>& seen) {
  self->link_to(to);
  auto pass = [=](const request_ptr& what) -> caf::result<response_ptr> {
    if (!is_read(what->what)) {
      response none;
      none.failure = "a bystander writes nothing";
      return std::make_shared<const response>(std::move(none));
    }
    auto promise = self->make_response_promise<response_ptr>();
    self->request(to, caf::infinite, call_atom::value, what)
        .then(
            [=](const response_ptr& answer) mutable {
              if (!answer->ok())
                seen->note(*what, *answer);
              promise.deliver(answer);
            },
            [=](const caf::error& why) mutable { promise.deliver(why); });
    return promise;
  };
  return {
      [=](call_atom, const request_ptr& what) { return pass(what); },
      [=](urgent_atom, const request_ptr& what) { return pass(what); },
      [](watch_atom, std::uint64_t, const request_ptr&, const stream_sink&) {
        // nop
      },
      [](credit_atom, const stream_sink&, std::uint64_t, std::uint64_t) {
        // nop
      },
      [](cancel_atom, const stream_sink&, std::uint64_t) {
        // nop
      },
      [self](mailbox_atom) { return messages_waiting(self); },
  };
}

/// A question of this process to itself.
class question : public metrics::http_exchange {
public:
  explicit question(std::string target) {
    asked_.method = "GET";
    asked_.target = std::move(target);
  }

  const metrics::http_request& request() const override {
    return asked_;
  }

  // Whoever fell with it in hand has not answered.
  ~question() override {
    respond({503, "text/plain", {}, "the actors fell; try again\n"});
  }

  void respond(metrics::http_response response) override {
    if (!is_answered_.exchange(true))
      answer_.set_value(std::move(response));
  }

  std::shared_ptr<metrics::http_stream> stream(int, std::string,
                                               metrics::http_headers) override {
    throw std::logic_error("a bystander tells no events");
  }

  std::future<metrics::http_response> answer() {
    return answer_.get_future();
  }

private:
  metrics::http_request asked_;
  std::atomic<bool> is_answered_ = false;
  std::promise<metrics::http_response> answer_;
};

} // namespace

class bystander::implementation {
public:
  implementation(const config::options& settings, credentials who)
      : net_(std::make_shared<transport>(std::move(who))) {
    auto setup = to_setup(settings, "bystander");
    setup.stands_by = true;
    setup.meters = &meters_;
    setup.make_client
        = [net = net_, seen = seen, meters = &meters_](caf::actor_system& in) {
            api_client to = in.spawn(api_client_over, net, meters);
            return in.spawn(reading_client, to, seen);
          };
    setup.registry.on_complete = [seen = seen] {
      seen->complete();
    };
    top_ = system_.spawn(root, std::move(setup));
  }

  ~implementation() {
    caf::anon_send_exit(top_, caf::exit_reason::user_shutdown);
  }

  metrics::http_response ask(const std::string& target) {
    auto exchange = std::make_shared<question>(target);
    auto answer = exchange->answer();
    caf::anon_send(top_, http_atom::value, exchange_ptr{std::move(exchange)});
    // The inspector itself gives up after 10 s and says so.
    return answer.get();
  }

  const std::shared_ptr<progress> seen = std::make_shared<progress>();

private:
  std::shared_ptr<transport> net_;
  metrics::instruments meters_;
  caf::actor_system_config config_;
  caf::actor_system system_{configured(config_)};
  root_actor top_;
};

bystander::bystander(const config::options& settings, credentials who)
    : implementation_(
        std::make_unique<implementation>(settings, std::move(who))) {
  // nop
}

bystander::~bystander() = default;

std::optional<error> bystander::read(std::chrono::seconds patience) {
  return implementation_->seen->wait(patience);
}

metrics::http_response bystander::ask(const std::string& target) {
  return implementation_->ask(target);
}

std::vector<std::string> bystander::refusals() const {
  return implementation_->seen->refusals();
}

} // namespace holystone::actors
