// The reflector against a model of an API server that breaks in every way the
// protocol allows, at random. Whatever happened, once the server is healthy the
// view must equal the store, and no removal may ever name an object other than
// the one in the view (which `view` itself checks).

#include "reflector_harness.hpp"

#include <random>

using namespace holystone;
using namespace holystone::k8s_io;
using namespace holystone::test;

namespace {

/// A store with a history, as much of one as a watch cache has.
class model_server {
public:
  using state = std::map<std::string, view::seen>;

  explicit model_server(std::mt19937& random) : random_(random) {
    past_.push_back({});
  }

  /// Creates, changes, deletes or re-creates an object.
  void change() {
    auto name = std::string{"o"} + static_cast<char>('a' + random_() % 6);
    auto now = past_.back();
    auto key = "n/" + name;
    auto version = std::to_string(past_.size());
    auto found = now.find(key);
    if (found == now.end()) {
      now[key] = {std::to_string(++uids_), version};
      history_.push_back(event("ADDED", job(name, now[key].uid, version)));
    } else if (random_() % 3 == 0) {
      history_.push_back(
          event("DELETED", job(name, found->second.uid, version)));
      now.erase(found);
    } else {
      found->second.version = version;
      history_.push_back(
          event("MODIFIED", job(name, found->second.uid, version)));
    }
    past_.push_back(now);
  }

  /// Forgets the history up to now.
  void compact() {
    floor_ = past_.size() - 1;
  }

  std::size_t version() const {
    return past_.size() - 1;
  }

  std::size_t floor() const {
    return floor_;
  }

  const state& present() const {
    return past_.back();
  }

  /// The line of the event that led to `version`.
  const std::string& line(std::size_t version) const {
    return history_.at(version - 1);
  }

  /// The answer to a list, possibly an old one for `resourceVersion=0`.
  response list(const request& call) {
    auto at = version();
    std::size_t from = 0;
    if (!call.continue_token.empty()) {
      auto colon = call.continue_token.find(':');
      at = std::stoul(call.continue_token);
      from = std::stoul(call.continue_token.substr(colon + 1));
      if (at < floor_)
        return refusal(410, status(410, "Expired"));
    } else if (call.resource_version == "0" && random_() % 2 == 0) {
      at -= random_() % (at - floor_ + 1);
    } else if (call.resource_version && *call.resource_version != "0"
               && std::stoul(*call.resource_version) > at) {
      return refusal(504, status(504, "Timeout", "ResourceVersionTooLarge"));
    }
    // Pages of two objects; a version turns paging off.
    auto size = call.limit == 0 ? std::size_t{1000} : std::size_t{2};
    std::vector<std::string> items;
    std::size_t index = 0;
    for (auto& [key, what] : past_.at(at)) {
      if (index >= from && items.size() < size)
        items.push_back(job(key.substr(2), what.uid, what.version));
      ++index;
    }
    auto next = from + items.size() < past_.at(at).size()
                    ? fmt::format("{}:{}", at, from + items.size())
                    : std::string{};
    return page(items, std::to_string(at), next);
  }

private:
  std::mt19937& random_;
  std::vector<state> past_;
  std::vector<std::string> history_;
  std::size_t floor_ = 0;
  std::size_t uids_ = 0;
};

/// Performs the effects of one reflector against the model.
class driver {
public:
  explicit driver(unsigned seed) : random_(seed), server_(random_) {
    perform(machine_.step(reflector::start{}, moment(), seen_));
  }

  /// One random thing happens.
  void disturb() {
    switch (random_() % 16) {
      case 0:
        return server_.compact();
      case 1:
        return end({410, status(410, "Expired"), {}, {}});
      case 2:
        return lines({event("ERROR", status(410, "Expired"))});
      case 3:
        return end({200, {}, "connection reset", {}});
      case 4:
        return end({200, {}, {}, {}});
      case 5:
        return end({429, {}, {}, seconds{1}});
      case 6:
        return lines({server_line().substr(0, 20)}); // cut within a line
      case 7:
        return lines({event("ADDED", R"({"kind":"Pod"})"), "{}"});
      case 8:
        return answer(refusal(random_() % 2 == 0 ? 500 : 0));
      case 9:
        return lines({event("ERROR", status(500, "InternalError"))});
      case 10: // the same line again
        if (watching_ && sent_ > server_.floor() && sent_ > 0)
          lines({server_.line(sent_)});
        return;
      case 11:
        return now_ += std::chrono::minutes{3}, void();
      default:
        return server_.change();
    }
  }

  /// The server does its part of what is open.
  void serve() {
    if (list_) {
      answer(server_.list(*list_));
    } else if (watching_ && sent_ < server_.floor()) {
      end({410, status(410, "Expired"), {}, {}});
    } else if (watching_ && sent_ < server_.version()) {
      auto line = server_.line(++sent_);
      now_ += milliseconds{10};
      lines(random_() % 4 == 0
                ? std::vector{line, bookmark(std::to_string(sent_))}
                : std::vector{line});
    } else if (sleep_) {
      now_ += sleep_->time;
      auto ticket = std::exchange(sleep_, {})->ticket;
      perform(machine_.step(reflector::woken{ticket}, moment(), seen_));
    }
  }

  bool is_settled() const {
    return !list_ && !sleep_ && watching_ && sent_ == server_.version();
  }

  void check_equal() const {
    REQUIRE(seen_.objects == server_.present());
    REQUIRE(machine_.size() == server_.present().size());
  }

  const reflector::counters& counts() const {
    return machine_.counts();
  }

  unsigned roll(unsigned sides) {
    return static_cast<unsigned>(random_() % sides);
  }

private:
  reflector::moment moment() {
    return {now_, static_cast<double>(random_() % 1000) / 1000};
  }

  std::string server_line() {
    return event("ADDED", job("oa", "1", "1"));
  }

  void answer(response what) {
    if (!list_)
      return;
    list_.reset();
    perform(machine_.step(reflector::listed{ticket_, std::move(what)}, moment(),
                          seen_));
  }

  void lines(std::vector<std::string> texts) {
    if (watching_)
      perform(machine_.step(reflector::lines{ticket_, std::move(texts)},
                            moment(), seen_));
  }

  void end(watch_end how) {
    if (!std::exchange(watching_, false))
      return;
    perform(machine_.step(reflector::ended{ticket_, std::move(how)}, moment(),
                          seen_));
  }

  // At most one thing may be open at a time.
  void perform(reflector::effects what) {
    for (auto& effect : what) {
      if (auto* closed = std::get_if<reflector::close_watch>(&effect)) {
        REQUIRE(closed->ticket == ticket_);
        watching_ = false;
        continue;
      }
      if (std::holds_alternative<reflector::report>(effect)
          || std::holds_alternative<reflector::synced>(effect))
        continue;
      REQUIRE_FALSE(list_);
      REQUIRE_FALSE(watching_);
      REQUIRE_FALSE(sleep_);
      if (auto* asked = std::get_if<reflector::send_list>(&effect)) {
        ticket_ = asked->ticket;
        list_ = asked->call;
      } else if (auto* opened = std::get_if<reflector::open_watch>(&effect)) {
        ticket_ = opened->ticket;
        watching_ = true;
        sent_ = std::stoul(opened->order.resource_version.value());
      } else {
        sleep_ = std::get<reflector::sleep>(effect);
      }
    }
  }

  std::mt19937 random_;
  model_server server_;
  reflector machine_{{.kind = resources::jobs}};
  view seen_;
  steady_time now_{std::chrono::hours{1}};
  std::uint64_t ticket_ = 0;
  std::optional<request> list_;
  bool watching_ = false;
  std::size_t sent_ = 0;
  std::optional<reflector::sleep> sleep_;
};

} // namespace

TEST_CASE("a view equals its store after any disturbance") {
  std::uint64_t relists = 0, expired = 0, failures = 0, events = 0;
  for (unsigned seed = 1; seed <= 400; ++seed) {
    INFO("seed " << seed);
    driver it{seed};
    for (auto i = 0; i < 150; ++i) {
      for (auto n = it.roll(4); n > 0; --n)
        it.disturb();
      for (auto n = it.roll(4); n > 0; --n)
        it.serve();
    }
    auto steps = 0;
    while (!it.is_settled() && steps++ < 5'000)
      it.serve();
    REQUIRE(it.is_settled());
    it.check_equal();
    relists += it.counts().relists;
    expired += it.counts().expired;
    failures += it.counts().failures;
    events += it.counts().events;
  }
  // The disturbances did take place.
  CHECK(relists > 400);
  CHECK(expired > 400);
  CHECK(failures > 400);
  CHECK(events > 4'000);
}
