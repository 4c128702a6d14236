#pragma once

// Who may read what the operator shows. Over loopback whoever is on the machine
// may, but no web page from elsewhere that a browser of his shows; otherwise
// who brings a token that the API server knows, and may read the path by its
// authorizer, as `nonResourceURLs` of a ClusterRole say. No actor, because
// metrics never wait for one. Stands before the handlers in operator.cpp.

#include "actors/messages.hpp"
#include "config/options.hpp"
#include "k8s_io/reviews.hpp"
#include "scheduler/sha256.hpp"

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace holystone::actors {

/// Answers an exchange.
using exchange_handler = std::function<void(const exchange_ptr&)>;

/// Does the server listen on loopback alone?
bool is_loopback(const config::bind_address& where);

/// Does anybody have to show a token to an operator with these settings?
bool wants_tokens(const config::options& settings);

/// Do tokens come to an operator with these settings over a network, and
/// without TLS?
bool takes_tokens_in_the_clear(const config::options& settings);

/// Before a server on loopback: refuses whoever calls it by another name,
/// because a foreign web page can make its own name mean 127.0.0.1.
exchange_handler only_by_local_names(exchange_handler handle);

/// The same for what proxies in the pod ask for: they hand on the address that
/// they were called by, and no foreign name is an address.
exchange_handler by_no_foreign_name(exchange_handler handle);

/// Asks the API server about visitors. May be used by many threads.
class doorkeeper : public std::enable_shared_from_this<doorkeeper> {
public:
  using time_point = std::chrono::steady_clock::time_point;
  using answered = std::function<void(k8s_io::response)>;

  /// How many questions the API server is asked at one time.
  static constexpr std::size_t most_reviews = 16;

  /// How many visitors may wait for its word: each holds a connection of its
  /// server meanwhile, of which there are 64, and probes need some, too.
  static constexpr std::size_t most_visitors = 56;

  /// `ask` performs a call on a connection that reconciling does not use.
  doorkeeper(std::function<void(k8s_io::request, answered)> ask,
             std::function<time_point()> now);

  /// Before a server: hands on the exchanges of those who may read the path.
  /// /healthz and /readyz are everybody's, as with the API server; so is the
  /// web page, which has nothing to tell before it has a token.
  exchange_handler only_with_token(exchange_handler handle);

  /// Ends the streams whose readers were admitted too long ago; they come back
  /// and show their tokens. To be called now and then.
  void end_streams();

private:
  struct verdict {
    int status = 200;
    std::string why;
  };

  struct remembered {
    verdict what;
    time_point until;
  };

  /// By digest of token and path, for neither is kept.
  using memory = std::map<scheduler::sha256_digest, remembered>;

  struct admitted_stream {
    std::weak_ptr<metrics::http_stream> what;
    time_point until;
  };

  struct visitor {
    exchange_ptr exchange;
    exchange_handler handle;
  };

  /// A question to the API server, and all who wait for the answer. It is under
  /// way as long as anybody refers to it.
  struct review {
    secret_bytes token;
    std::string path;
    scheduler::sha256_digest key;
    bool is_strangers;
    std::vector<visitor> waiting;
  };

  using review_ptr = std::shared_ptr<review>;

  void receive(secret_bytes token, std::string path, const visitor& who);
  review_ptr find_review(const scheduler::sha256_digest& key);
  bool has_room(bool for_stranger, std::size_t most,
                std::size_t (*taken)(const review&)) const;
  void begin(const review_ptr& mine);
  void ask(const k8s_io::request& call, const review_ptr& mine,
           std::function<void(const k8s_io::response&)> then);
  void authorize(const review_ptr& mine, const k8s_io::reviewed_user& user);
  void fail(const review_ptr& mine, std::string_view why);
  void conclude(const review_ptr& mine, verdict what,
                std::chrono::seconds holds = std::chrono::seconds{0});
  void remember(const scheduler::sha256_digest& key, const remembered& all);
  void act_on(const remembered& all, const visitor& who);
  std::optional<remembered> recall(const scheduler::sha256_digest& key) const;
  bool is_stranger(const scheduler::sha256_digest& key) const;

  std::function<void(k8s_io::request, answered)> ask_;
  std::function<time_point()> now_;
  std::mutex mutex_;
  std::map<scheduler::sha256_digest, std::weak_ptr<review>> reviews_;
  /// Apart, because whoever invents tokens is refused as often as he likes. Who
  /// was admitted stays here when that is over, as no stranger.
  memory admitted_;
  memory refused_;
  std::optional<time_point> warned_;
  std::vector<admitted_stream> streams_;
};

} // namespace holystone::actors
