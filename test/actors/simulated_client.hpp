#pragma once

// The simulated cluster as an api client: the same requests that the transport
// sends over curl are answered here by the API server in memory, in the
// caller's thread and on virtual time. Watches are told when `tell` is called.
// The tests of this folder own the world and decide which answers get lost.

#include "actors/interfaces.hpp"
#include "simulator/control_plane.hpp"
#include "simulator/mover_workload.hpp"

#include <caf/typed_event_based_actor.hpp>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace holystone::actors {

/// What becomes of a request.
enum class fate { done, not_sent, reply_lost, forbidden };

/// A cluster with our CRDs, its controllers and what is open on it.
class simulated_world {
public:
  /// A cluster of Kubernetes 1.`minor`. Two that exchange objects need seeds of
  /// their own, or a UID is given twice.
  explicit simulated_world(int minor = 36, std::uint64_t seed = 1);

  instant now = *parse_rfc3339("2026-11-21T12:00:00Z");
  /// Asked before every request; everything is done by default.
  std::function<fate(const request&)> decide;
  /// Told of every container that starts, and what it will do.
  std::function<void(const boost::json::value& pod,
                     const simulator::container_run& run, instant start)>
      on_start;
  /// Watches of objects with this plural name hear nothing; afterwards they end
  /// as those do whose past the server forgot.
  std::string unheard;
  /// How long the fork's movers take.
  seconds fork_runs_take{1};
  /// Writes of the operator so far: `create cronjobs`.
  std::vector<std::string> writes;

  /// Serves our CRDs, those that were deleted as well.
  void serve_definitions();

  /// A call as a user makes it; the body of the answer.
  boost::json::value call(std::string method, std::string target,
                          std::string body = {},
                          std::string content_type = "application/json");

  /// Creates the objects of a manifest.
  void install(const std::string& manifest);

  /// Everything that is stored but Events and CRDs, as etcd has it.
  std::vector<boost::json::value> contents();

  /// Makes these the only objects, with all that the server had set in them; no
  /// operator may be watching. It is another cluster then, that was restored.
  void become(const std::vector<boost::json::value>& contents,
              const simulated_world& movers_of);

  /// Runs the controllers and counts what runs; throws when two pods of one
  /// location run at once.
  void run();

  /// Sends the watches what is new.
  void tell();

  /// Answers a request of the operator.
  response answer(const request& what);

  void open(std::uint64_t ticket, const request& what, const stream_sink& sink);
  void close(const stream_sink& sink, std::uint64_t ticket);

  /// What containers do, for a node besides the first.
  simulator::workload as_workload();

  /// Answers a request of the operator's as the API server does; nothing gets
  /// lost.
  simulator::reply perform(const request& what);

  /// The API server, for who follows its watches or looks into its past.
  simulator::api_server& server() {
    return server_;
  }

  /// The controllers and the node, for who runs them.
  simulator::control_plane& controllers() {
    return *controllers_;
  }

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
    std::string plural;
    bool has_missed = false;
  };

  simulator::api_server server_;
  simulator::mover_workload movers_;
  std::optional<simulator::control_plane> controllers_;
  std::vector<watch> watches_;
};

/// The actor in front of a world, which must outlive it.
api_client::behavior_type simulated_client(api_client::pointer self,
                                           simulated_world* world);

} // namespace holystone::actors
