#pragma once

// The simulated API server on a real port: HTTP calls become `call`s, replies
// become answers, watches become streams with bookmarks and time-outs, and the
// virtual clock drives whatever runs beside the server. Everything happens on
// the HTTP thread; there is no lock. It knows no object and no controller.
// Made by the simulator's main and by tests that need a server with a socket.
//
// Beside the API it answers
//   GET  /simulator/clock      {"now":"...","scale":1}
//   POST /simulator/clock      {"advanceSeconds":60} and/or {"scale":10}
//   GET  /simulator/requests   how often each verb was used on each resource
//   POST /simulator/compaction ends all watches and forgets all history
//   GET  /simulator/not-modelled  what is answered with 501
//   POST to any path of `wire_options::controls`

#include "metrics/http_server.hpp"
#include "simulator/api_server.hpp"
#include "simulator/virtual_clock.hpp"

#include <boost/json.hpp>

#include <functional>
#include <map>

namespace holystone::simulator {

/// Answers a JSON object that was posted; null stands for one that it does not
/// understand.
using control
    = std::function<boost::json::value(const boost::json::object& wish)>;

/// How the front behaves.
struct wire_options {
  metrics::http_options http = {};
  /// Real time between two bookmarks of a watch that allows them.
  std::chrono::milliseconds bookmark_interval{60'000};
  /// What else can be steered from outside, by path below /simulator/.
  std::map<std::string, control, std::less<>> controls = {};
};

/// What runs beside the server: one round at an instant; returns when it wants
/// to run again without a change.
using background = std::function<std::optional<instant>(instant now)>;

/// Serves one API server on a port.
class wire {
public:
  /// `server` and `clock` belong to the HTTP thread until this is destroyed.
  wire(wire_options options, api_server& server, virtual_clock& clock,
       background beside);

  /// The port listened on.
  std::uint16_t port() const;

  /// Runs `task` on the HTTP thread with the simulated instant and waits for
  /// it; for tests and faults.
  void inside(const std::function<void(api_server&, instant)>& task);

private:
  using steady = std::chrono::steady_clock;

  struct open_watch {
    std::shared_ptr<metrics::http_stream> stream;
    std::optional<steady::time_point> until;
    steady::time_point next_bookmark;
  };

  void serve(const std::shared_ptr<metrics::http_exchange>& exchange);
  void serve_control(metrics::http_exchange& exchange);
  wire_options complete(wire_options options);
  boost::json::value steer_clock(const boost::json::object& wish);
  void count(const call& what);
  void open(metrics::http_exchange& exchange, const reply& answer);
  void catch_up();
  void settle(instant now);
  void tick();
  void pump();
  bool pump(watch_id id, open_watch& watch);
  void look_soon();
  steady::time_point
  next_bookmark(steady::time_point now,
                std::optional<steady::time_point> until) const;
  instant now();

  wire_options options_;
  api_server& server_;
  virtual_clock& clock_;
  background beside_;
  /// Up to here everything due has been done.
  instant settled_;
  std::optional<instant> next_;
  std::uint64_t seen_ = 0;
  bool look_pending_ = false;
  std::map<watch_id, open_watch> watches_;
  std::map<std::string, std::uint64_t> requests_;
  /// Last: its thread uses everything above.
  metrics::http_server http_;
};

} // namespace holystone::simulator
