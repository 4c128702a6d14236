#include "actors/doorkeeper.hpp"

#include "actors/json_answer.hpp"
#include "k8s_io/fields.hpp"
#include "metrics/log.hpp"
#include "metrics/web_page.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include <arpa/inet.h>
#include <netinet/in.h>

namespace holystone::actors {

namespace {

/// A right that was taken away ends so late at most; asked for each call, a
/// page that reads a repository a second would be a call a second.
constexpr auto admitted_for = std::chrono::seconds{60};
constexpr auto refused_for = std::chrono::seconds{10};
/// Who was admitted is no stranger for so long after that.
constexpr auto known_for = std::chrono::hours{1};
constexpr auto between_warnings = std::chrono::minutes{1};
/// More of one kind push out the one that ends soonest: paths are as many as
/// repositories, and made-up tokens without end.
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

scheduler::sha256_digest key_of(const secret_bytes& token,
                                std::string_view path) {
  secret_bytes both{fmt::format("{}\n{}", token.reveal(), path)};
  return scheduler::sha256(both.reveal());
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

exchange_handler doorkeeper::only_with_token(exchange_handler handle) {
  return [self = shared_from_this(),
          handle = std::move(handle)](const exchange_ptr& exchange) {
    const auto& asked = exchange->request();
    auto path = asked.target.substr(0, asked.target.find('?'));
    if (path == "/healthz" || path == "/readyz" || metrics::is_web_page(path))
      handle(exchange);
    else
      self->receive(token_of(asked.headers), path, {exchange, handle});
  };
}

void doorkeeper::receive(secret_bytes token, std::string path,
                         const visitor& who) {
  if (token.reveal().empty())
    return refuse(who.exchange, 401,
                  "send a token: Authorization: Bearer $(kubectl create token "
                  "SERVICEACCOUNT)");
  auto key = key_of(token, path);
  std::unique_lock guard{mutex_};
  if (auto what = recall(key)) {
    guard.unlock();
    return act_on(*what, who);
  }
  auto mine = find_review(key);
  auto is_first = !mine;
  auto is_strangers = is_first ? is_stranger(key) : mine->is_strangers;
  auto may_wait
      = has_room(is_strangers, most_visitors,
                 [](const review& one) { return one.waiting.size(); })
        && (!is_first
            || has_room(is_strangers, most_reviews,
                        [](const review&) { return std::size_t{1}; }));
  if (!may_wait) {
    guard.unlock();
    return refuse(who.exchange, 503,
                  "too many tokens are being reviewed; try again");
  }
  if (is_first) {
    mine = std::make_shared<review>(
        review{std::move(token), std::move(path), key, is_strangers, {}});
    reviews_[key] = mine;
  }
  mine->waiting.push_back(who);
  guard.unlock();
  if (is_first)
    begin(mine);
}

doorkeeper::review_ptr
doorkeeper::find_review(const scheduler::sha256_digest& key) {
  std::erase_if(reviews_,
                [](const auto& entry) { return entry.second.expired(); });
  auto found = reviews_.find(key);
  return found == reviews_.end() ? nullptr : found->second.lock();
}

/// Whoever invents tokens gets three quarters of what there is at most.
bool doorkeeper::has_room(bool for_stranger, std::size_t most,
                          std::size_t (*taken)(const review&)) const {
  std::size_t by_all = 0;
  std::size_t by_strangers = 0;
  for (const auto& [key, under_way] : reviews_) {
    if (auto one = under_way.lock()) {
      by_all += taken(*one);
      by_strangers += one->is_strangers ? taken(*one) : 0;
    }
  }
  return by_all < most && (!for_stranger || by_strangers < most - most / 4);
}

void doorkeeper::begin(const review_ptr& mine) {
  auto asked = k8s_io::review_token(mine->token);
  ask(asked, mine,
      [self = shared_from_this(), mine, asked](const k8s_io::response& answer) {
        auto user = k8s_io::read_token_review(asked, answer);
        if (!user)
          self->fail(mine, user.why().message);
        else if (!*user)
          self->conclude(mine, {401, "the API server does not know this token"},
                         refused_for);
        else
          self->authorize(mine, **user);
      });
}

void doorkeeper::authorize(const review_ptr& mine,
                           const k8s_io::reviewed_user& user) {
  auto asked = k8s_io::review_access(user, mine->path);
  auto name = k8s_io::text_at(user, "username");
  ask(asked, mine,
      [self = shared_from_this(), mine, name,
       asked](const k8s_io::response& answer) {
        auto allowed = k8s_io::read_access_review(asked, answer);
        if (!allowed)
          self->fail(mine, allowed.why().message);
        else if (!*allowed)
          self->conclude(
              mine,
              {403, fmt::format("{} may not get {}: no ClusterRole of "
                                "theirs has it among nonResourceURLs",
                                name, mine->path)},
              refused_for);
        else
          self->conclude(mine, {}, admitted_for);
      });
}

void doorkeeper::ask(const k8s_io::request& call, const review_ptr& mine,
                     std::function<void(const k8s_io::response&)> then) {
  // The thread that calls back has all other calls to attend to.
  ask_(call, [self = shared_from_this(), mine,
              then = std::move(then)](const k8s_io::response& answer) {
    try {
      then(answer);
    } catch (const std::exception&) {
      self->conclude(mine, {500, "internal error"});
    }
  });
}

void doorkeeper::fail(const review_ptr& mine, std::string_view why) {
  std::unique_lock guard{mutex_};
  auto is_news = !warned_ || now_() >= *warned_ + between_warnings;
  if (is_news)
    warned_ = now_();
  guard.unlock();
  if (is_news)
    metrics::log_warning(
        "visitors could not be reviewed",
        {{"error", why},
         {"advice", "where it is forbidden, bind the operator's ServiceAccount "
                    "to the ClusterRole system:auth-delegator"}});
  // The reason may name our ServiceAccount.
  conclude(mine, {503, "the API server could not be asked"});
}

void doorkeeper::conclude(const review_ptr& mine, verdict what,
                          std::chrono::seconds holds) {
  remembered all{std::move(what), now_() + holds};
  std::unique_lock guard{mutex_};
  if (holds.count() > 0)
    remember(mine->key, all);
  reviews_.erase(mine->key);
  auto waiting = std::exchange(mine->waiting, {});
  guard.unlock();
  for (const auto& who : waiting) {
    try {
      act_on(all, who);
    } catch (const std::exception&) {
      refuse(who.exchange, 500, "internal error");
    }
  }
}

void doorkeeper::remember(const scheduler::sha256_digest& key,
                          const remembered& all) {
  auto is_admitted = all.what.status == 200;
  if (!is_admitted)
    admitted_.erase(key);
  auto& known = is_admitted ? admitted_ : refused_;
  std::erase_if(known, [now = now_()](const auto& entry) {
    return now >= entry.second.until + known_for;
  });
  known[key] = all;
  if (known.size() > most_known)
    known.erase(std::ranges::min_element(
        known, {}, [](const auto& entry) { return entry.second.until; }));
}

void doorkeeper::act_on(const remembered& all, const visitor& who) {
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

std::optional<doorkeeper::remembered>
doorkeeper::recall(const scheduler::sha256_digest& key) const {
  for (const auto* known : {&refused_, &admitted_}) {
    auto found = known->find(key);
    if (found != known->end() && now_() < found->second.until)
      return found->second;
  }
  return std::nullopt;
}

bool doorkeeper::is_stranger(const scheduler::sha256_digest& key) const {
  auto found = admitted_.find(key);
  return found == admitted_.end() || now_() >= found->second.until + known_for;
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
