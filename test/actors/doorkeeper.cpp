#include "actors/doorkeeper.hpp"

#include "k8s_io/fields.hpp"
#include "metrics/log.hpp"
#include "test/metrics/echo.hpp"
#include "test/metrics/raw_client.hpp"
#include "test/metrics/recorded_stream.hpp"

#include <boost/json/parse.hpp>

#include <catch2/catch.hpp>

#include <algorithm>
#include <mutex>
#include <sstream>
#include <vector>

using namespace holystone;
using namespace holystone::actors;
using k8s_io::text_at;

namespace {

using exchange = std::shared_ptr<metrics::recorded_exchange>;

constexpr auto review = "TokenReview";

/// A doorkeeper, the API server that it asks, and what is behind the door.
struct door {
  std::vector<std::string> asked;
  std::vector<std::string> let_in;
  std::vector<std::shared_ptr<metrics::http_stream>> streams;
  std::chrono::steady_clock::time_point now{};
  int status = 201;
  /// What the API server says when it refuses.
  std::string message;
  bool is_known = true;
  bool is_allowed = true;
  /// Keeps what is asked until `speak`.
  bool is_silent = false;
  /// Is there no way to give what is asked for?
  bool is_broken = false;
  std::vector<std::function<void()>> unsaid;

  std::shared_ptr<doorkeeper> keeper = std::make_shared<doorkeeper>(
      [this](const k8s_io::request& call, const doorkeeper::answered& done) {
        asked.emplace_back(call.kind.kind);
        auto tell = [this, done, about = call.kind.kind] {
          k8s_io::response answer;
          answer.status = status;
          answer.body = !answer.ok()      ? about_refusal()
                        : about == review ? about_token()
                                          : about_access();
          done(answer);
        };
        if (is_silent)
          unsaid.emplace_back(tell);
        else
          tell();
      },
      [this] { return now; });
  exchange_handler handle = keeper->only_with_token(
      [this](const exchange_ptr& who) { admit(who); });

  std::string about_token() const {
    return is_known ? R"({"status":{"authenticated":true,
                          "user":{"username":"ann"}}})"
                    : R"({"status":{}})";
  }

  std::string about_access() const {
    return is_allowed ? R"({"status":{"allowed":true}})" : R"({"status":{}})";
  }

  std::string about_refusal() const {
    return R"({"kind":"Status","code":403,"message":")" + message + R"("})";
  }

  void speak() {
    for (const auto& tell : std::exchange(unsaid, {}))
      tell();
  }

  /// So many visitors with tokens that nobody has.
  std::vector<exchange> strangers(int count) {
    std::vector<exchange> all;
    for (int i = 0; i < count; ++i)
      all.push_back(knock("/metrics", "Bearer made-up-" + std::to_string(i)));
    return all;
  }

  void admit(const exchange_ptr& who) {
    if (is_broken)
      throw std::bad_alloc{};
    let_in.push_back(who->request().target);
    if (who->request().target == "/v1/events")
      streams.push_back(who->stream(200, "text/event-stream", {}));
    else
      who->respond({200, "text/plain", {}, "inside\n"});
  }

  exchange knock(std::string target, std::string authorization = "Bearer t") {
    auto visitor = std::make_shared<metrics::recorded_exchange>();
    visitor->asked.target = std::move(target);
    if (!authorization.empty())
      visitor->asked.headers.add("authorization", std::move(authorization));
    handle(visitor);
    return visitor;
  }
};

std::string why(const exchange& visitor) {
  return text_at(boost::json::parse(visitor->body), "error");
}

std::size_t count_of(int status, const std::vector<exchange>& visitors) {
  return static_cast<std::size_t>(std::ranges::count(
      visitors, status, [](const exchange& one) { return one->status; }));
}

/// What is logged meanwhile.
struct captured_log {
  std::ostringstream out;

  captured_log() {
    metrics::redirect_log(&out);
  }
  ~captured_log() {
    metrics::redirect_log(nullptr);
  }

  std::size_t lines() const {
    return static_cast<std::size_t>(std::ranges::count(out.str(), '\n'));
  }
};

using guard = exchange_handler (*)(exchange_handler);

int status_for(std::string host, guard before = only_by_local_names) {
  auto visitor = std::make_shared<metrics::recorded_exchange>();
  if (!host.empty())
    visitor->asked.headers.add("Host", std::move(host));
  before([](const exchange_ptr& who) {
    who->respond({200, "text/plain", {}, "inside\n"});
  })(visitor);
  return visitor->status;
}

} // namespace

TEST_CASE("who is known and may read the path is let in") {
  door d;
  auto visitor = d.knock("/v1/actors?limit=1");
  CHECK(visitor->status == 200);
  CHECK(d.let_in == std::vector<std::string>{"/v1/actors?limit=1"});
  CHECK(d.asked == std::vector<std::string>{review, "SubjectAccessReview"});
}

TEST_CASE("without a token nobody is let in, and nobody is asked about him") {
  door d;
  for (auto text : {"", "Bearer", "Bearer ", "Basic YTpi", "t"}) {
    CAPTURE(text);
    auto visitor = d.knock("/v1/actors", text);
    CHECK(visitor->status == 401);
    CHECK(why(visitor).find("kubectl create token") != std::string::npos);
    // Over kubectl port-forward, too.
    CHECK(why(visitor).find("loopback") == std::string::npos);
  }
  CHECK(d.let_in.empty());
  CHECK(d.asked.empty());
}

TEST_CASE("the scheme is read without regard to case") {
  door d;
  CHECK(d.knock("/", "bearer t")->status == 200);
}

TEST_CASE("a token that nobody has, and a path that one may not read") {
  door d;
  d.is_known = false;
  CHECK(d.knock("/v1/actors", "Bearer x")->status == 401);
  d.is_known = true;
  d.is_allowed = false;
  auto visitor = d.knock("/v1/actors");
  CHECK(visitor->status == 403);
  CHECK(why(visitor).starts_with("ann may not get /v1/actors"));
  CHECK(d.let_in.empty());
}

TEST_CASE("while the API server says nothing nobody is let in") {
  door d;
  captured_log log;
  d.status = 503;
  auto visitor = d.knock("/v1/actors", "Bearer very-secret");
  CHECK(visitor->status == 503);
  CHECK(visitor->body.find("very-secret") == std::string::npos);
  d.status = 201;
  CHECK(d.knock("/v1/actors", "Bearer very-secret")->status == 200);
}

TEST_CASE("an operator that may not ask says so in its log, once a minute, "
          "and visitors hear no names") {
  door d;
  captured_log log;
  d.status = 403;
  d.message = "system:serviceaccount:volsync-system:volsync may not";
  for (int i = 0; i < 20; ++i) {
    auto visitor = d.knock("/metrics", "Bearer very-secret");
    CHECK(visitor->status == 503);
    CHECK(why(visitor) == "the API server could not be asked");
  }
  CHECK(log.lines() == 1);
  CHECK(log.out.str().find(d.message) != std::string::npos);
  CHECK(log.out.str().find("system:auth-delegator") != std::string::npos);
  CHECK(log.out.str().find("very-secret") == std::string::npos);
  d.now += std::chrono::minutes{1};
  d.knock("/metrics");
  CHECK(log.lines() == 2);
}

TEST_CASE("an answer is good for a while, for this token and this path") {
  door d;
  d.knock("/v1/actors");
  d.now += std::chrono::seconds{59};
  CHECK(d.knock("/v1/actors")->status == 200);
  CHECK(d.asked.size() == 2);
  d.is_allowed = false;
  CHECK(d.knock("/v1/repositories")->status == 403);
  CHECK(d.knock("/v1/actors", "Bearer u")->status == 403);
  d.now += std::chrono::seconds{2};
  CHECK(d.knock("/v1/actors")->status == 403);
}

TEST_CASE("a new right is noticed soon") {
  door d;
  d.is_allowed = false;
  d.knock("/v1/actors");
  d.is_allowed = true;
  CHECK(d.knock("/v1/actors")->status == 403);
  d.now += std::chrono::seconds{11};
  CHECK(d.knock("/v1/actors")->status == 200);
}

TEST_CASE("paths without end do not fill the memory") {
  door d;
  d.knock("/first");
  d.now += std::chrono::seconds{1};
  for (int i = 0; i < 1000; ++i)
    d.knock("/v1/repositories/" + std::to_string(i));
  d.asked.clear();
  d.knock("/first");
  CHECK(d.asked.size() == 2);
}

TEST_CASE("who asks for paths without end pushes out what ends soonest, and "
          "not all others") {
  door d;
  for (int i = 0; i < 600; ++i)
    d.knock("/v1/repositories/" + std::to_string(i), "Bearer greedy");
  d.now += std::chrono::seconds{10};
  d.knock("/metrics");
  for (int i = 600; i < 1200; ++i)
    d.knock("/v1/repositories/" + std::to_string(i), "Bearer greedy");
  d.asked.clear();
  CHECK(d.knock("/metrics")->status == 200);
  for (int i = 600; i < 1200; ++i)
    d.knock("/v1/repositories/" + std::to_string(i), "Bearer greedy");
  CHECK(d.asked.empty());
}

TEST_CASE("made-up tokens do not make the doorkeeper forget whom it let in") {
  door d;
  d.knock("/metrics");
  d.is_known = false;
  for (int i = 0; i < 3000; ++i)
    d.knock("/metrics", "Bearer made-up-" + std::to_string(i));
  d.asked.clear();
  CHECK(d.knock("/metrics")->status == 200);
  CHECK(d.asked.empty());
}

TEST_CASE("what fails behind the door is the visitor's loss alone") {
  door d;
  d.is_broken = true;
  CHECK(d.knock("/metrics")->status == 500);
  d.is_broken = false;
  CHECK(d.knock("/metrics")->status == 200);
}

TEST_CASE("a stream ends when the right to it has to be shown anew") {
  door d;
  auto visitor = d.knock("/v1/events");
  REQUIRE(visitor->streamed);
  d.now += std::chrono::seconds{59};
  auto later = d.knock("/v1/events");
  auto other = d.knock("/v1/events", "Bearer other");
  d.keeper->end_streams();
  CHECK(visitor->streamed->is_open());
  d.now += std::chrono::seconds{1};
  d.keeper->end_streams();
  CHECK_FALSE(visitor->streamed->is_open());
  CHECK_FALSE(later->streamed->is_open());
  CHECK(other->streamed->is_open());
  d.is_allowed = false;
  CHECK(d.knock("/v1/events")->status == 403);
}

TEST_CASE("reviews under way are few, and whoever comes then comes again") {
  door d;
  d.is_silent = true;
  auto visitors = d.strangers(20);
  CHECK(d.asked.size() == 12);
  CHECK(visitors.front()->status == 0);
  CHECK(visitors.back()->status == 503);
  CHECK(visitors.back()->headers.find("Retry-After") == "1");
  d.is_silent = false;
  d.speak();
  CHECK(visitors.front()->status == 200);
  CHECK(d.knock("/metrics", "Bearer made-up-19")->status == 200);
}

TEST_CASE("strangers leave places for those who were let in within the hour") {
  door d;
  for (auto token : {"Bearer a", "Bearer b", "Bearer c", "Bearer d"})
    d.knock("/metrics", token);
  d.now += std::chrono::minutes{59};
  d.is_silent = true;
  auto flood = d.strangers(20);
  std::vector<exchange> known;
  for (auto token : {"Bearer a", "Bearer b", "Bearer c", "Bearer d"})
    known.push_back(d.knock("/metrics", token));
  CHECK(count_of(503, known) == 0);
  // Nobody is known on a path that he was never let in to.
  CHECK(d.knock("/v1/actors", "Bearer a")->status == 503);
  d.is_silent = false;
  d.speak();
  CHECK(count_of(200, known) == 4);
}

TEST_CASE("who was let in more than an hour ago is a stranger again") {
  door d;
  d.knock("/metrics");
  d.now += std::chrono::minutes{62};
  d.is_silent = true;
  auto flood = d.strangers(12);
  CHECK(d.knock("/metrics")->status == 503);
}

TEST_CASE("who lost the right is a stranger at once") {
  door d;
  d.knock("/metrics");
  d.now += std::chrono::minutes{2};
  d.is_allowed = false;
  CHECK(d.knock("/metrics")->status == 403);
  d.now += std::chrono::minutes{2};
  d.is_silent = true;
  auto flood = d.strangers(12);
  CHECK(d.knock("/metrics")->status == 503);
}

TEST_CASE("equal questions are asked once, and all who ask hear the answer") {
  door d;
  d.is_silent = true;
  std::vector<exchange> visitors;
  for (int i = 0; i < 40; ++i)
    visitors.push_back(d.knock("/metrics"));
  CHECK(d.asked.size() == 1);
  d.is_silent = false;
  d.speak();
  CHECK(count_of(200, visitors) == 40);
  CHECK(d.asked.size() == 2);
}

TEST_CASE("one of those who wait together fails alone behind the door") {
  door d;
  d.is_silent = true;
  std::vector<exchange> visitors{d.knock("/metrics"), d.knock("/metrics")};
  d.is_broken = true;
  d.is_silent = false;
  d.speak();
  CHECK(count_of(500, visitors) == 2);
  d.is_broken = false;
  CHECK(d.knock("/metrics")->status == 200);
}

TEST_CASE("no more wait together than leave connections for probes, and "
          "strangers among them leave room for others") {
  door d;
  d.knock("/metrics");
  d.now += std::chrono::minutes{2};
  d.is_silent = true;
  std::vector<exchange> strangers;
  std::vector<exchange> known;
  for (int i = 0; i < 60; ++i)
    strangers.push_back(d.knock("/metrics", "Bearer made-up"));
  for (int i = 0; i < 60; ++i)
    known.push_back(d.knock("/metrics"));
  CHECK(count_of(0, strangers) == 42);
  CHECK(count_of(0, known) == 14);
}

TEST_CASE("a question that gets no answer holds no place") {
  door d;
  d.is_silent = true;
  auto visitors = d.strangers(12);
  d.unsaid.clear();
  d.is_silent = false;
  CHECK(d.knock("/metrics", "Bearer made-up-0")->status == 200);
  CHECK(d.knock("/metrics", "Bearer other")->status == 200);
}

TEST_CASE("a probe is answered while nobody says whose the visitors' tokens "
          "are") {
  std::mutex mutex;
  std::vector<doorkeeper::answered> unanswered;
  auto keeper = std::make_shared<doorkeeper>(
      [&](const k8s_io::request&, doorkeeper::answered done) {
        std::lock_guard guard{mutex};
        unanswered.push_back(std::move(done));
      },
      std::chrono::steady_clock::now);
  metrics::http_server server{test::local(),
                              keeper->only_with_token(test::echo)};
  std::vector<std::unique_ptr<test::raw_client>> strangers;
  // Each with a token of his own, or all with one.
  auto differ = GENERATE(true, false);
  for (int i = 0; i < 200; ++i) {
    strangers.push_back(std::make_unique<test::raw_client>(server.port()));
    strangers.back()->send("GET /metrics HTTP/1.1\r\nHost: x\r\n"
                           "Authorization: Bearer "
                           + std::to_string(differ ? i : 0) + "\r\n\r\n");
  }
  CHECK(test::raw_client{server.port()}.get("/healthz").status == 200);
  CHECK(test::raw_client{server.port()}.get("/readyz").status == 200);
}

TEST_CASE("health and readiness are everybody's") {
  door d;
  CHECK(d.knock("/healthz", "")->status == 200);
  CHECK(d.knock("/readyz?verbose", "")->status == 200);
  CHECK(d.knock("/readyz/..", "")->status == 401);
  CHECK(d.asked.empty());
}

TEST_CASE("the page itself is everybody's, and what it would show is not") {
  door d;
  for (auto path :
       {"/", "/page.css", "/door.js", "/page.js", "/openapi.json", "/?a"})
    CHECK(d.knock(path, "")->status == 200);
  CHECK(d.asked.empty());
  for (auto path : {"", "/v1/repositories", "/page.js/", "//", "/metrics"})
    CHECK(d.knock(path, "")->status == 401);
}

TEST_CASE("a server on loopback answers to local names only") {
  for (auto host : {"localhost", "LocalHost:8081", "localhost:8081",
                    "127.0.0.1:8081", "127.1.2.3", "[::1]:8081", "[::1]"}) {
    CAPTURE(host);
    CHECK(status_for(host) == 200);
  }
  for (auto host : {"", "evil.example", "evil.example:8081", "10.0.0.1:8081",
                    "localhost.evil.example", "127.0.0.1.evil.example",
                    "[fd00::1]:8081", "localhost:8081:1", ":8081"}) {
    CAPTURE(host);
    CHECK(status_for(host) == 421);
  }
}

TEST_CASE(
    "metrics on loopback answer to addresses as well, which a proxy beside "
    "them hands on, and to no foreign name") {
  for (auto host : {"localhost:8080", "127.0.0.1:8080", "[::1]:8080",
                    "10.0.0.1:8443", "[fd00::1]:8443", "10.0.0.1"}) {
    CAPTURE(host);
    CHECK(status_for(host, by_no_foreign_name) == 200);
  }
  for (auto host : {"", "evil.example", "evil.example:8080", "10.0.0.1.example",
                    "localhost.evil.example"}) {
    CAPTURE(host);
    CHECK(status_for(host, by_no_foreign_name) == 421);
  }
}

TEST_CASE("tokens travel in the clear where they are wanted beyond loopback "
          "without TLS") {
  config::options settings;
  CHECK(!takes_tokens_in_the_clear(settings));
  settings.who_reads_metrics = config::metrics_access::token;
  CHECK(takes_tokens_in_the_clear(settings));
  settings.tls_certificate = "tls.crt";
  CHECK(!takes_tokens_in_the_clear(settings));
  settings.tls_certificate.clear();
  settings.metrics_bind_address.host = "127.0.0.1";
  CHECK(!takes_tokens_in_the_clear(settings));
  settings.inspection_bind_address.host = "";
  CHECK(takes_tokens_in_the_clear(settings));
  settings.who_reads_metrics = config::metrics_access::everybody;
  CHECK(takes_tokens_in_the_clear(settings));
}

TEST_CASE("which addresses are loopback") {
  for (auto host : {"127.0.0.1", "127.9.9.9", "::1", "localhost"})
    CHECK(is_loopback({host, 1}));
  for (auto host : {"", "0.0.0.0", "::", "10.0.0.1", "128.0.0.1"})
    CHECK(!is_loopback({host, 1}));
}
