// Tells everybody who looks on what changes, as server-sent events. Whoever
// does not read fast enough is cut off: a browser comes back by itself and asks
// for everything anew, so that nobody sees a part of the truth. Called by the
// actors that know of a change; the inspection brings the onlookers.
#pragma once

#include "metrics/http_server.hpp"

#include <atomic>
#include <mutex>
#include <string_view>

namespace holystone::metrics {

/// The onlookers; all members may be called from any thread.
class broadcaster {
public:
  /// Answers with a stream of events that lasts until the client goes; 503 when
  /// as many look on as may.
  void admit(http_exchange& exchange);

  /// Does anybody look on? Who has to make a text first asks.
  bool is_heard() const noexcept {
    return count_.load(std::memory_order_relaxed) > 0;
  }

  /// Sends an event to all; `data` is one line.
  void tell(std::string_view event, std::string_view data);

  /// A comment, so that the dead are noticed and proxies keep the connection.
  void beat();

private:
  void send(const std::string& text);

  std::mutex mutex_;
  std::vector<std::shared_ptr<http_stream>> streams_;
  std::atomic<std::size_t> count_ = 0;
};

} // namespace holystone::metrics
