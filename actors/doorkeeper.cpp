#include "actors/doorkeeper.hpp"

#include "actors/json_answer.hpp"
#include "k8s_io/fields.hpp"
#include "metrics/web_page.hpp"

#include <fmt/format.h>

#include <algorithm>

#include <arpa/inet.h>
#include <netinet/in.h>

namespace holystone::actors {

namespace {

/// A right that was taken away ends so late at most; asked for each call, a
/// page that reads a repository a second would be a call a second.
constexpr auto admitted_for = std::chrono::seconds{60};
constexpr auto refused_for = std::chrono::seconds{10};
/// More of one kind are forgotten: paths are as many as repositories, and
/// made-up tokens without end.
constexpr std::size_t most_known = 1000;

bool is_loopback_address(const std::string& text) {
  in_addr four{};
  in6_addr six{};
  if (inet_pton(AF_INET, text.c_str(), &four) == 1)
    return ntohl(four.s_addr) >> 24 == IN_LOOPBACKNET;
  return inet_pton(AF_INET6, text.c_str(), &six) == 1
         && IN6_IS_ADDR_LOOPBACK(&six);
}

bool is_address(const std::string& text) {
  in_addr four{};
  in6_addr six{};
  return inet_pton(AF_INET, text.c_str(), &four) == 1
         || inet_pton(AF_INET6, text.c_str(), &six) == 1;
}

/// Of `localhost:8081`, `127.0.0.1`, `[::1]:8081`: what is before the port.
std::string name_in(std::string_view host) {
  auto colon = host.rfind(':');
  auto bracket = host.rfind(']');
  if (colon != std::string_view::npos
      && (bracket == std::string_view::npos || colon > bracket))
    host = host.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']'))
    host = host.substr(1, host.size() - 2);
  return std::string{host};
}

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

exchange_handler only_by_names(bool (*is_right)(const std::string&),
                               exchange_handler handle) {
  return [is_right, handle = std::move(handle)](const exchange_ptr& exchange) {
    auto name = name_in(exchange->request().headers.find("Host").value_or(""));
    std::ranges::transform(name, name.begin(), lower);
    if (is_right(name))
      handle(exchange);
    else
      refuse(exchange, 421,
             "call it localhost, 127.0.0.1 or [::1]: it is bound to loopback, "
             "and a page from elsewhere must not read it");
  };
}

secret_bytes token_of(const metrics::http_headers& headers) {
  constexpr std::string_view scheme = "bearer ";
  auto text = headers.find("Authorization").value_or("");
  if (text.size() <= scheme.size()
      || !std::ranges::equal(text.substr(0, scheme.size()), scheme, {}, lower))
    return {};
  return secret_bytes{std::string{text.substr(scheme.size())}};
}

/// An exchange that tells which stream came of it.
class admitted_exchange final : public metrics::http_exchange {
public:
  using streaming
      = std::function<void(const std::shared_ptr<metrics::http_stream>&)>;

  admitted_exchange(exchange_ptr inner, streaming on_stream)
      : inner_(std::move(inner)), on_stream_(std::move(on_stream)) {
    // nop
  }

  const metrics::http_request& request() const override {
    return inner_->request();
  }

  void respond(metrics::http_response response) override {
    inner_->respond(std::move(response));
  }

  std::shared_ptr<metrics::http_stream>
  stream(int status, std::string content_type,
         metrics::http_headers headers) override {
    auto made
        = inner_->stream(status, std::move(content_type), std::move(headers));
    on_stream_(made);
    return made;
  }

private:
  exchange_ptr inner_;
  streaming on_stream_;
};

} // namespace

bool is_loopback(const config::bind_address& where) {
  return where.host == "localhost" || is_loopback_address(where.host);
}

bool wants_tokens(const config::options& settings) {
  return settings.who_reads_metrics == config::metrics_access::token
         || !is_loopback(settings.inspection_bind_address);
}

bool takes_tokens_in_the_clear(const config::options& settings) {
  auto tokens_to_metrics
      = settings.who_reads_metrics == config::metrics_access::token
        && !is_loopback(settings.metrics_bind_address);
  return settings.tls_certificate.empty()
         && (tokens_to_metrics
             || !is_loopback(settings.inspection_bind_address));
}

exchange_handler only_by_local_names(exchange_handler handle) {
  return only_by_names(
      [](const std::string& name) {
        return name == "localhost" || is_loopback_address(name);
      },
      std::move(handle));
}

exchange_handler by_no_foreign_name(exchange_handler handle) {
  return only_by_names(
      [](const std::string& name) {
        return name == "localhost" || is_address(name);
      },
      std::move(handle));
}

doorkeeper::doorkeeper(std::function<void(k8s_io::request, answered)> ask,
                       std::function<time_point()> now)
    : ask_(std::move(ask)), now_(std::move(now)) {
  // nop
}

scheduler::sha256_digest doorkeeper::key_of(const visit& who) {
  secret_bytes both{fmt::format("{}\n{}", who.token.reveal(), who.path)};
  return scheduler::sha256(both.reveal());
}

exchange_handler doorkeeper::only_with_token(exchange_handler handle) {
  return [self = shared_from_this(),
          handle = std::move(handle)](const exchange_ptr& exchange) {
    const auto& asked = exchange->request();
    auto path = asked.target.substr(0, asked.target.find('?'));
    if (path == "/healthz" || path == "/readyz" || metrics::is_web_page(path))
      handle(exchange);
    else
      self->receive({token_of(asked.headers), path, exchange, handle});
  };
}

doorkeeper::place doorkeeper::take_place() {
  if (++reviews_ > most_reviews) {
    --reviews_;
    return nullptr;
  }
  return {this, [self = shared_from_this()](void*) {
            --self->reviews_;
          }};
}

void doorkeeper::receive(visit who) {
  if (who.token.reveal().empty())
    return refuse(who.exchange, 401,
                  "send a token: Authorization: Bearer $(kubectl create token "
                  "SERVICEACCOUNT)");
  if (auto what = recall(who))
    return act_on(*what, who);
  who.mine = take_place();
  if (!who.mine)
    return refuse(who.exchange, 503,
                  "too many tokens are being reviewed; try again");
  auto asked = k8s_io::review_token(who.token);
  ask(asked, who,
      [self = shared_from_this(), who, asked](const k8s_io::response& answer) {
        auto user = k8s_io::read_token_review(asked, answer);
        if (!user)
          self->conclude(who, {503, user.why().message});
        else if (!*user)
          self->conclude(who, {401, "the API server does not know this token"},
                         refused_for);
        else
          self->authorize(who, **user);
      });
}

void doorkeeper::authorize(const visit& who,
                           const k8s_io::reviewed_user& user) {
  auto asked = k8s_io::review_access(user, who.path);
  auto name = k8s_io::text_at(user, "username");
  ask(asked, who,
      [self = shared_from_this(), who, name,
       asked](const k8s_io::response& answer) {
        auto allowed = k8s_io::read_access_review(asked, answer);
        if (!allowed)
          self->conclude(who, {503, allowed.why().message});
        else if (!*allowed)
          self->conclude(
              who,
              {403, fmt::format("{} may not get {}: no ClusterRole of "
                                "theirs has it among nonResourceURLs",
                                name, who.path)},
              refused_for);
        else
          self->conclude(who, {}, admitted_for);
      });
}

void doorkeeper::ask(const k8s_io::request& call, const visit& who,
                     std::function<void(const k8s_io::response&)> then) {
  // The thread that calls back has all other calls to attend to.
  ask_(call, [to = who.exchange,
              then = std::move(then)](const k8s_io::response& answer) {
    try {
      then(answer);
    } catch (const std::exception&) {
      refuse(to, 500, "internal error");
    }
  });
}

void doorkeeper::conclude(const visit& who, verdict what,
                          std::chrono::seconds holds) {
  remembered all{std::move(what), now_() + holds};
  if (holds.count() > 0) {
    std::lock_guard guard{mutex_};
    auto& known = all.what.status == 200 ? admitted_ : refused_;
    if (known.size() >= most_known)
      known.clear();
    known[key_of(who)] = all;
  }
  act_on(all, who);
}

void doorkeeper::act_on(const remembered& all, const visit& who) {
  if (all.what.status == 200)
    who.handle(std::make_shared<admitted_exchange>(
        who.exchange, [self = shared_from_this(), until = all.until](
                          const std::shared_ptr<metrics::http_stream>& stream) {
          std::lock_guard guard{self->mutex_};
          self->streams_.push_back({stream, until});
        }));
  else
    refuse(who.exchange, all.what.status, all.what.why);
}

std::optional<doorkeeper::remembered> doorkeeper::recall(const visit& who) {
  std::lock_guard guard{mutex_};
  for (const auto* known : {&refused_, &admitted_}) {
    auto found = known->find(key_of(who));
    if (found != known->end() && now_() < found->second.until)
      return found->second;
  }
  return std::nullopt;
}

void doorkeeper::end_streams() {
  std::lock_guard guard{mutex_};
  std::erase_if(streams_, [now = now_()](const admitted_stream& one) {
    auto stream = one.what.lock();
    if (stream && now < one.until)
      return false;
    if (stream)
      stream->close();
    return true;
  });
}

} // namespace holystone::actors
