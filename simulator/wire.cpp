#include "simulator/wire.hpp"

#include "metrics/answer_text.hpp"
#include "simulator/discovery.hpp"
#include "simulator/not_modelled.hpp"
#include "simulator/target.hpp"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <future>
#include <random>
#include <utility>

namespace holystone::simulator {

namespace {

namespace json = boost::json;
using namespace std::chrono_literals;
using metrics::http_exchange;
using metrics::http_response;

// Controllers that change things for ever at one instant are a bug; the server
// must stay reachable to show it.
constexpr auto most_rounds = 10'000;

// A watcher with this much unread gets nothing new until it has read; when
// the event window has passed it by, it gets 410 as from a real server.
constexpr std::size_t most_backlog = 1024 * 1024;
constexpr std::size_t events_at_a_time = 16;

// So a watcher's queue never refuses: 1 MiB and 16 events of at most 3 MiB.
constexpr std::size_t stream_buffer = 64 * 1024 * 1024;

// kube-apiserver compresses answers from here on.
constexpr std::size_t shortest_compressed = 128 * 1024;

std::string header(const metrics::http_request& from, std::string_view name) {
  return std::string{from.headers.find(name).value_or("")};
}

call to_call(const metrics::http_request& from) {
  return {.method = from.method,
          .target = from.target,
          .content_type = header(from, "Content-Type"),
          .accept = header(from, "Accept"),
          .body = from.body,
          .user = "admin",
          .user_agent = header(from, "User-Agent")};
}

metrics::http_headers headers_of(const reply& from) {
  metrics::http_headers out{{"Cache-Control", "no-cache, private"}};
  if (from.retry_after)
    out.add("Retry-After", std::to_string(from.retry_after->count()));
  for (const auto& warning : from.warnings)
    out.add("Warning", "299 - " + json::serialize(json::value(warning)));
  return out;
}

// As kube-apiserver does it: long answers, for clients that say that they take
// them.
void compress(http_response& answer, const metrics::http_request& asked) {
  if (answer.body.size() < shortest_compressed
      || !metrics::takes_gzip(header(asked, "Accept-Encoding")))
    return;
  metrics::answer_text text{true};
  text.put(answer.body);
  answer.body = text.finish();
  answer.headers.add("Content-Encoding", "gzip");
  answer.headers.add("Vary", "Accept-Encoding");
}

http_response to_response(reply from) {
  auto headers = headers_of(from);
  return {.status = from.status,
          .content_type = std::move(from.content_type),
          .headers = std::move(headers),
          .body = std::move(from.body)};
}

http_response as_json(const json::value& body, int status = 200) {
  return {.status = status,
          .content_type = "application/json",
          .body = json::serialize(body) + "\n"};
}

// A real server ends a watch without timeoutSeconds after 30 to 60 minutes.
std::chrono::seconds default_watch_timeout() {
  static std::minstd_rand random{1};
  return 1800s + std::chrono::seconds{random() % 1800};
}

} // namespace

wire::wire(wire_options options, api_server& server, virtual_clock& clock,
           background beside)
    : options_(complete(std::move(options))), server_(server), clock_(clock),
      beside_(std::move(beside)), settled_(clock.now(steady::now())),
      next_(settled_),
      http_(options_.http, [this](auto exchange) { serve(exchange); }) {
  http_.every(20ms, [this] { tick(); });
}

wire_options wire::complete(wire_options options) {
  options.controls["/simulator/clock"] = [this](const json::object& wish) {
    return steer_clock(wish);
  };
  options.controls["/simulator/requests"] = [this](const json::object&) {
    json::object out;
    for (const auto& [name, number] : requests_)
      out[name] = number;
    return json::value(out);
  };
  // As a server that comes back from its restart after etcd was compacted.
  options.controls["/simulator/compaction"] = [this](const json::object&) {
    server_.compact();
    auto ended = watches_.size();
    for (auto& [id, watch] : std::exchange(watches_, {})) {
      watch.stream->close();
      server_.close(id);
    }
    return json::value{{"endedWatches", ended}};
  };
  options.controls["/simulator/not-modelled"] = [](const json::object&) {
    json::array out;
    for (auto name : all_not_modelled())
      out.emplace_back(name);
    return json::value(out);
  };
  auto& limits = options.http.limits;
  limits.stream_buffer = stream_buffer;
  limits.body_bytes = 3 * 1024 * 1024; // as kube-apiserver
  limits.answer_bytes = std::size_t{4} * 1024 * 1024 * 1024;
  limits.connections = 4096;
  return options;
}

std::uint16_t wire::port() const {
  return http_.port();
}

void wire::inside(const std::function<void(api_server&, instant)>& task) {
  // Shared, because the waiting thread may be gone before `set_value` is.
  auto done = std::make_shared<std::promise<void>>();
  http_.post([this, &task, done] {
    task(server_, now());
    look_soon();
    done->set_value();
  });
  done->get_future().wait();
}

instant wire::now() {
  return std::max(settled_, clock_.now(steady::now()));
}

void wire::serve(const std::shared_ptr<http_exchange>& exchange) {
  const auto& request = exchange->request();
  if (request.target.starts_with("/simulator/"))
    return serve_control(*exchange);
  auto what = to_call(request);
  if (auto answer = discover(what, server_.kinds(),
                             fmt::format("v1.{}.0", server_.minor())))
    return exchange->respond(to_response(std::move(*answer)));
  count(what);
  auto answer = server_.handle(what, now());
  if (answer.watch)
    open(*exchange, answer);
  else {
    auto whole = to_response(std::move(answer));
    compress(whole, request);
    exchange->respond(std::move(whole));
  }
  look_soon();
}

void wire::count(const call& what) {
  auto line = parse_target(what.target);
  if (!line)
    return;
  auto name = what.method;
  if (name == "GET")
    name = line->watch ? "WATCH" : line->name.empty() ? "LIST" : "GET";
  name += " " + line->plural;
  if (!line->subresource.empty())
    name += "/" + line->subresource;
  ++requests_[name];
}

void wire::serve_control(http_exchange& exchange) {
  const auto& request = exchange.request();
  auto found = options_.controls.find(request.target);
  if (found == options_.controls.end())
    return exchange.respond({.status = 404, .body = "no such control\n"});
  json::object wish;
  if (request.method == "POST") {
    boost::system::error_code ec;
    auto body = json::parse(request.body, ec);
    if (ec || !body.is_object())
      return exchange.respond({.status = 400, .body = "send a JSON object\n"});
    wish = std::move(body.get_object());
  }
  auto answer = found->second(wish);
  if (answer.is_null())
    return exchange.respond({.status = 400, .body = "not understood\n"});
  exchange.respond(as_json(answer));
}

json::value wire::steer_clock(const json::object& wish) {
  auto number = [&](std::string_view name) -> std::optional<double> {
    auto* field = wish.if_contains(name);
    if (!field || !field->is_number())
      return std::nullopt;
    return field->to_number<double>();
  };
  if (auto span = number("advanceSeconds"))
    clock_.advance(seconds{static_cast<seconds::rep>(*span)});
  if (auto scale = number("scale"); scale && *scale >= 0)
    clock_.set_scale(*scale, steady::now());
  catch_up();
  pump();
  return {{"now", to_rfc3339(now())}, {"scale", clock_.scale()}};
}

// Done after the current burst of calls, so that many writes are one round of
// the controllers and one write to each watch.
void wire::look_soon() {
  if (look_pending_)
    return;
  look_pending_ = true;
  http_.post([this] {
    look_pending_ = false;
    catch_up();
    pump();
  });
}

void wire::tick() {
  catch_up();
  pump();
}

// Whatever is due between the last look and now is done at its own instant,
// however large the jump was.
void wire::catch_up() {
  auto until = now();
  while (next_ && *next_ < until)
    settle(std::max(*next_, settled_ + 1s));
  if ((next_ && *next_ <= until) || server_.revision() != seen_)
    settle(until);
  settled_ = until;
}

void wire::settle(instant at) {
  settled_ = std::max(settled_, at);
  for (auto round = 0; round != most_rounds; ++round) {
    seen_ = server_.revision();
    next_ = beside_(settled_);
    if (server_.revision() == seen_)
      return;
  }
}

// One comes a minute, and one shortly before the end.
wire::steady::time_point
wire::next_bookmark(steady::time_point now,
                    std::optional<steady::time_point> until) const {
  auto next = now + options_.bookmark_interval;
  if (!until)
    return next;
  auto last = *until - 2s;
  return last > now ? std::min(next, last) : std::max(next, *until + 1s);
}

void wire::open(http_exchange& exchange, const reply& answer) {
  auto id = *answer.watch;
  auto stream
      = exchange.stream(answer.status, answer.content_type, headers_of(answer));
  auto begin = steady::now();
  auto span
      = answer.watch_timeout ? *answer.watch_timeout : default_watch_timeout();
  auto until = begin + span;
  watches_[id] = {stream, until, next_bookmark(begin, until)};
  stream->on_closed([this, id] {
    watches_.erase(id);
    server_.close(id);
  });
}

void wire::pump() {
  for (auto entry = watches_.begin(); entry != watches_.end();) {
    auto current = entry++;
    if (!pump(current->first, current->second)) {
      current->second.stream->close();
      server_.close(current->first);
      watches_.erase(current);
    }
  }
}

// False when the watch has ended.
bool wire::pump(watch_id id, open_watch& watch) {
  auto real = steady::now();
  if (real >= watch.next_bookmark) {
    server_.bookmark(id);
    watch.next_bookmark = next_bookmark(real, watch.until);
  }
  auto is_over = watch.until && real >= *watch.until;
  while (server_.has_news(id) && watch.stream->backlog() < most_backlog) {
    auto batch = server_.pull(id, events_at_a_time);
    if (!batch.lines.empty() && !watch.stream->write(std::move(batch.lines)))
      return false;
    if (batch.ended)
      return false;
  }
  return !is_over;
}

} // namespace holystone::simulator
