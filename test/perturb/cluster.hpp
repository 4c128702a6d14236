#pragma once

// The cluster that plans are played on: the simulated world of test/actors with
// a second node and with what no object tells, namely which containers really
// run. From that follows oracle O4: at no instant do two pods maintain one
// location, whatever their Jobs, their pod objects or a node that nobody hears
// from say. It knows no operator. Owned by a play.

#include "../actors/simulated_client.hpp"
#include "simulator/kubelet.hpp"

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace holystone::perturb {

using actors::simulated_world;

/// Where an object lives, as URLs name it.
struct place {
  /// `/apis/batch/v1`, or `/api/v1`.
  std::string api;
  std::string plural;
  std::string ns;
  std::string name;

  /// The object's path.
  std::string target() const;
};

/// The world, its nodes and its people.
class cluster {
public:
  /// Two that exchange objects need seeds of their own.
  explicit cluster(std::uint64_t seed = 1);

  simulated_world world;
  /// What broke an oracle, a sentence each.
  std::vector<std::string> violations;
  /// Told what happens, for the transcript.
  std::function<void(const std::string&)> tell = [](const std::string&) {
  };

  /// Runs controllers and nodes, if there is something to do for them; false:
  /// there was nothing.
  bool run();

  /// When they want to run again.
  std::optional<instant> next_due() const {
    return wakes_;
  }

  /// What was just written means nothing to controllers and nodes: an operator
  /// keeps its own Lease, which is most of all writes.
  void leave_alone(std::uint64_t revision_before);

  /// A person's request; fails the play when the server refuses it, unless
  /// `may_fail`.
  boost::json::value ask(const std::string& method, const std::string& target,
                         const std::string& body = {}, bool may_fail = false);

  /// A merge patch by a person.
  boost::json::value patch(const place& where, const std::string& merge,
                           bool may_fail = true);

  /// Deletes an object for good and makes an equal one of another UID, which is
  /// returned; empty when there was none.
  std::string swap(const place& where);

  /// Makes an object like another one; says its UID, empty when it was refused.
  std::string copy(const place& from, const place& to);

  /// Is there such an object?
  bool exists(const place& where);

  /// The first object of a kind whose name starts so; its name may be empty.
  place find(const std::string& api, const std::string& plural,
             const std::string& ns, const std::string& start = {});

  /// Takes the first node off the network, or back; then the second one takes
  /// new pods.
  void cut_first_node(bool off);

private:
  /// A container that was let in.
  struct tenant {
    std::string location;
    std::string pod_uid;
    object_key pod;
    bool on_second = false;
    instant ends;
  };

  void started(const boost::json::value& pod,
               const simulator::container_run& run, instant start);
  bool is_running(const tenant& one);

  std::optional<instant> step();

  std::optional<instant> wakes_;
  std::uint64_t seen_revision_ = 0;
  std::optional<simulator::kubelet> second_;
  std::vector<tenant> tenants_;
};

} // namespace holystone::perturb
