#pragma once

// The simulated cluster as an api client: the same requests that the transport
// sends over curl are answered here by the API server in memory, in the
// caller's thread and on virtual time. Watches are told when `tell` is called.
// The tests of this folder own the world and decide which answers get lost.

#include "actors/interfaces.hpp"
#include "simulator/control_plane.hpp"
#include "simulator/mover_workload.hpp"

#include <caf/typed_event_based_actor.hpp>

#include <functional>
#include <string>
#include <vector>

namespace holystone::actors {

/// What becomes of a request.
enum class fate { done, not_sent, reply_lost, forbidden };

/// A cluster with our CRDs, its controllers and what is open on it.
class simulated_world {
public:
  /// A cluster of Kubernetes 1.`minor`.
  explicit simulated_world(int minor = 36);

  instant now = *parse_rfc3339("2026-11-21T12:00:00Z");
  /// Asked before every request; everything is done by default.
  std::function<fate(const request&)> decide;
  /// Writes of the operator so far: `create cronjobs`.
  std::vector<std::string> writes;

  /// A call as a user makes it; the body of the answer.
  boost::json::value call(std::string method, std::string target,
                          std::string body = {},
                          std::string content_type = "application/json");

  /// Creates the objects of a manifest.
  void install(const std::string& manifest);

  /// Runs the controllers and counts what runs; throws when two pods of one
  /// location run at once.
  void run();

  /// Sends the watches what is new.
  void tell();

  /// Answers a request of the operator.
  response answer(const request& what);

  void open(std::uint64_t ticket, const request& what, const stream_sink& sink);
  void close(const stream_sink& sink, std::uint64_t ticket);

  /// Runs that the mover let in.
  unsigned runs_of(const std::string& location) {
    return movers_.repository(location).runs;
  }

  /// A location's repository as the next run finds it.
  simulator::simulated_repository& repository(const std::string& location) {
    return movers_.repository(location);
  }

  /// From now on a run of the repository takes this long.
  void runs_take(const std::string& location, seconds time) {
    movers_.repository(location).duration = time;
  }

private:
  struct watch {
    stream_sink sink;
    std::uint64_t ticket;
    simulator::watch_id id;
    std::optional<instant> until;
  };

  simulator::reply handle(const request& what);

  simulator::api_server server_;
  simulator::mover_workload movers_;
  simulator::control_plane controllers_;
  std::vector<watch> watches_;
};

/// The actor in front of a world, which must outlive it.
api_client::behavior_type simulated_client(api_client::pointer self,
                                           simulated_world* world);

} // namespace holystone::actors
