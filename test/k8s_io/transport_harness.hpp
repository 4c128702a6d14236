#pragma once

// What the wire tests share: credentials for a test server, answers to wait
// for, and a recording watch listener. Waiting has a deadline, and what must
// happen within some time is tried with ever longer ones.

#include "k8s_io/transport.hpp"

#include <catch2/catch.hpp>

#include <condition_variable>
#include <future>
#include <mutex>
#include <stdexcept>
#include <string>
#include <vector>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

namespace holystone::test {

using namespace std::chrono_literals;

/// For what must come: enough for a busy machine and a sanitizer.
inline constexpr auto deadline = 60s;

/// Credentials from these sources; files are real ones.
inline k8s_io::credentials credentials_of(k8s_io::credential_sources sources) {
  auto made = k8s_io::credentials::load(std::move(sources),
                                        std::chrono::steady_clock::now());
  REQUIRE(made);
  return std::move(*made);
}

/// Credentials for a plain server.
inline k8s_io::credentials anonymous(const std::string& url) {
  k8s_io::credential_sources sources;
  sources.server = url;
  return credentials_of(std::move(sources));
}

/// Where nobody listens, and nobody else can while this lives.
class closed_port {
public:
  closed_port() : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    address_.sin_family = AF_INET;
    address_.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address_;
    auto* at = reinterpret_cast<sockaddr*>(&address_);
    if (::bind(socket_, at, size) != 0
        || ::getsockname(socket_, at, &size) != 0)
      throw std::runtime_error{"cannot have a port of 127.0.0.1"};
  }
  ~closed_port() {
    ::close(socket_);
  }
  closed_port(const closed_port&) = delete;
  closed_port& operator=(const closed_port&) = delete;

  std::string url() const {
    return "http://127.0.0.1:" + std::to_string(ntohs(address_.sin_port));
  }

private:
  int socket_;
  sockaddr_in address_{};
};

/// A request for Jobs.
inline k8s_io::request jobs(k8s_io::verb what = k8s_io::verb::get,
                            std::string name = "j") {
  k8s_io::request out;
  out.what = what;
  out.kind = k8s_io::resources::jobs;
  out.ns = "n";
  out.name = std::move(name);
  return out;
}

/// Submits and waits for the answer.
inline k8s_io::response ask(k8s_io::transport& net, k8s_io::request call,
                            k8s_io::urgency how = k8s_io::urgency::ordinary) {
  auto answer = std::make_shared<std::promise<k8s_io::response>>();
  auto coming = answer->get_future();
  net.submit(
      std::move(call),
      [answer](k8s_io::response got) { answer->set_value(std::move(got)); },
      how);
  REQUIRE(coming.wait_for(deadline) == std::future_status::ready);
  return coming.get();
}

/// Records what a watch says. Outlives its transport.
class recorder {
public:
  k8s_io::watch_listener listener() {
    return {[this](std::vector<std::string> lines) {
              std::lock_guard guard{mutex_};
              for (auto& line : lines)
                lines_.push_back(std::move(line));
              changed_.notify_all();
            },
            [this](k8s_io::watch_end end) {
              std::lock_guard guard{mutex_};
              ends_.push_back(std::move(end));
              changed_.notify_all();
            }};
  }

  /// Waits for at least so many lines and returns all.
  std::vector<std::string> lines(std::size_t count) {
    std::unique_lock guard{mutex_};
    REQUIRE(changed_.wait_for(guard, deadline,
                              [&] { return lines_.size() >= count; }));
    return lines_;
  }

  /// Waits for the end.
  k8s_io::watch_end end() {
    std::unique_lock guard{mutex_};
    REQUIRE(changed_.wait_for(guard, deadline, [&] { return !ends_.empty(); }));
    REQUIRE(ends_.size() == 1);
    return ends_.front();
  }

  /// Lines now.
  std::size_t count() {
    std::lock_guard guard{mutex_};
    return lines_.size();
  }

  bool has_ended() {
    std::lock_guard guard{mutex_};
    return !ends_.empty();
  }

private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::string> lines_;
  std::vector<k8s_io::watch_end> ends_;
};

/// Whether a claim holds with one of ever longer times: a machine that is too
/// busy for the first is not for the last, and what is wrong is wrong with all.
template <class Claim>
bool at_some_pace(Claim claim) {
  for (auto unit : {200ms, 2'000ms, 20'000ms})
    if (claim(std::chrono::milliseconds{unit}))
      return true;
  return false;
}

/// Polls until `what` holds.
template <class What>
bool eventually(What what) {
  auto until = std::chrono::steady_clock::now() + deadline;
  while (!what()) {
    if (std::chrono::steady_clock::now() > until)
      return false;
    std::this_thread::sleep_for(1ms);
  }
  return true;
}

} // namespace holystone::test
