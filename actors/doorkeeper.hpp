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

#include <atomic>
#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
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

  /// How many visitors may wait for the API server's word at one time. Each
  /// holds a connection of its server meanwhile, and probes need one, too.
  static constexpr std::size_t most_reviews = 16;

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

  struct admitted_stream {
    std::weak_ptr<metrics::http_stream> what;
    time_point until;
  };

  /// One of the reviews under way, as long as anybody refers to it.
  using place = std::shared_ptr<void>;

  /// What was asked: by whom, and for what.
  struct visit {
    secret_bytes token;
    std::string path;
    exchange_ptr exchange;
    exchange_handler handle;
    place mine = nullptr;
  };

  static scheduler::sha256_digest key_of(const visit& who);
  place take_place();
  void receive(visit who);
  void ask(const k8s_io::request& call, const visit& who,
           std::function<void(const k8s_io::response&)> then);
  void authorize(const visit& who, const k8s_io::reviewed_user& user);
  void conclude(const visit& who, verdict what,
                std::chrono::seconds holds = std::chrono::seconds{0});
  void act_on(const remembered& all, const visit& who);
  std::optional<remembered> recall(const visit& who);

  std::function<void(k8s_io::request, answered)> ask_;
  std::function<time_point()> now_;
  std::atomic<std::size_t> reviews_ = 0;
  std::mutex mutex_;
  /// By digest of token and path. Apart, because whoever invents tokens is
  /// refused as often as he likes.
  std::map<scheduler::sha256_digest, remembered> admitted_;
  std::map<scheduler::sha256_digest, remembered> refused_;
  std::vector<admitted_stream> streams_;
};

} // namespace holystone::actors
