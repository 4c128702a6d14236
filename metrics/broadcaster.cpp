#include "metrics/broadcaster.hpp"

#include <fmt/format.h>

namespace holystone::metrics {

namespace {

/// Each holds a connection of the server.
constexpr std::size_t most_onlookers = 16;

} // namespace

void broadcaster::admit(http_exchange& exchange) {
  std::lock_guard guard{mutex_};
  std::erase_if(streams_, [](const auto& one) { return !one->is_open(); });
  if (streams_.size() >= most_onlookers) {
    exchange.respond({503,
                      "application/json",
                      {},
                      "{\"error\":\"too many look on already; try again "
                      "later\"}\n"});
    return;
  }
  auto stream = exchange.stream(200, "text/event-stream",
                                {{"Cache-Control", "no-store"}});
  // Whoever comes back does so after two seconds.
  if (stream && stream->write("retry: 2000\nevent: hello\ndata: {}\n\n"))
    streams_.push_back(std::move(stream));
  count_ = streams_.size();
}

void broadcaster::tell(std::string_view event, std::string_view data) {
  if (is_heard())
    send(fmt::format("event: {}\ndata: {}\n\n", event, data));
}

void broadcaster::beat() {
  if (is_heard())
    send(": still here\n\n");
}

void broadcaster::send(const std::string& text) {
  std::lock_guard guard{mutex_};
  std::erase_if(streams_, [&](const auto& one) {
    // Who was told goodbye is still to read it.
    if (!one->is_open())
      return true;
    if (one->write(text))
      return false;
    one->abort();
    return true;
  });
  count_ = streams_.size();
}

} // namespace holystone::metrics
