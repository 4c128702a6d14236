#pragma once

// One operator process: the whole supervision tree on an actor system, a clock
// and an api client of its own, so that several can run on one cluster and each
// can die, be stopped or be cut off alone. Every request and every byte of its
// watches passes a `tampering`, where a family decides what gets through. The
// bytes go through the transport's own line splitter. It plays no story and
// judges nothing; a play owns it.

#include "cluster.hpp"
#include "traffic.hpp"

#include "actors/interfaces.hpp"
#include "actors/root.hpp"

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/scheduler/test_coordinator.hpp>

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace holystone::perturb {

/// How a process is started.
struct process_options {
  unsigned number = 1;
  seconds job_deadline{600};
  /// The image of its mover, which is part of every CronJob's digest.
  std::string image = "localhost/holystone:test";
  /// How leaders are elected. Where nobody falls and no clock is wrong, a Lease
  /// that is renewed less often makes plans cheap.
  scheduler::election_terms terms = {};
  /// How far its wall clock is from the cluster's.
  seconds clock_offset{0};
};

/// One operator.
class process {
public:
  process(cluster& on, tampering& through, process_options options);
  ~process();

  process(const process&) = delete;
  process& operator=(const process&) = delete;

  /// Runs its actors and moves bytes until there is nothing to do; says whether
  /// it did anything.
  bool run();

  /// Time passes for it.
  void advance(seconds time);

  /// How long until it has something to do by itself.
  std::optional<seconds> next_due() const;

  /// Ends or cuts a watch.
  void end_watch(open_watch& one, k8s_io::watch_end how);

  /// Hands out held bytes.
  void thaw(open_watch& one);

  /// Ends an actor as an exception in a handler of its does; false when there
  /// is none of that role.
  bool crash(const std::string& role);

  /// Who has the next turn; empty: none that can be crashed.
  std::string next_role();

  /// Falls of its actors so far.
  unsigned falls();

  /// The supervised actors under their roles.
  actors::root_state& inside();
  actors::registry_state& registry();

  /// A signal stopped it: it runs no more until that is taken back. Then what
  /// had just left it arrives, before it notices how late it is.
  void stop(bool stopped);

  /// The machine slept: like a stop, but its clock stood still as well.
  void sleep(bool asleep);

  /// How fast its clocks run; 1 is right.
  void set_drift(double rate);

  bool is_stopped() const {
    return stopped_;
  }

  /// It must not do anything any more.
  bool is_dead = false;
  process_options options;
  std::vector<std::unique_ptr<open_watch>> watches;
  /// UIDs of objects that were made behind its back and that it has not been
  /// told of (O5).
  std::set<std::string> untold;
  /// Requests so far, and those of them that write.
  unsigned requests = 0;
  unsigned writes = 0;

  /// Who runs its actors.
  caf::scheduler::test_coordinator& sched();

  // -- what its api client actor calls ----------------------------------------

  /// Numbers of calls are never used again, by whichever client.
  std::uint64_t next_number() {
    return ++calls_;
  }
  /// Nothing: the answer comes later, under this number.
  std::optional<response> take(std::uint64_t number, const request& what);
  void open(std::uint64_t ticket, const request& what,
            const actors::stream_sink& sink);
  void close(const actors::stream_sink& sink, std::uint64_t ticket);
  /// Where late answers go.
  std::function<void(std::uint64_t number, const response&)> deliver;

private:
  struct late_answer {
    std::uint64_t number;
    response what;
    std::chrono::steady_clock::duration due;
  };

  response perform(const request& what);
  void note_told(const std::string& bytes);
  bool pull(open_watch& one);
  bool hand_out_answers();

  cluster& on_;
  tampering& through_;
  bool stopped_ = false;
  double rate_ = 1;
  std::chrono::duration<double> ahead_{0};
  std::chrono::steady_clock::duration lived_{0};
  seconds missed_{0};
  std::vector<late_answer> late_;
  /// Requests that wait inside the stopped process.
  std::deque<std::pair<std::uint64_t, request>> unsent_;
  metrics::instruments meters_;
  caf::actor_system_config config_;
  std::optional<caf::actor_system> system_;
  actors::root_actor top_;
  std::uint32_t seed_ = 0;
  std::uint64_t calls_ = 0;
  std::int64_t bookmarked_ = 0;
};

} // namespace holystone::perturb
