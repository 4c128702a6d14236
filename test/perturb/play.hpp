#pragma once

// One run of one plan: a cluster, the operators on it, a story that is told
// second by second, and what a family does to all of them. Time jumps from one
// due thing to the next, so that a quiet hour costs nothing. At the end the
// oracles are asked. Made by `play_plan` for each plan; nothing is shared
// between two plays but what a story comes to without faults.

#include "cluster.hpp"
#include "oracle.hpp"
#include "plan.hpp"
#include "process.hpp"
#include "story.hpp"

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace holystone::perturb {

/// What a story comes to when nothing goes wrong, and what there was to go
/// wrong.
struct reference {
  picture end;
  write_counts writes;
  /// Every write of the operator's in order, and where it went.
  struct written {
    std::string words;
    request what;
    seconds at;
  };
  std::vector<written> all_writes;
  /// The server's versions at which a watched object changed; how many of them
  /// are older than the run that is under way at the story's busy moment.
  std::set<std::uint64_t> versions;
  std::uint64_t busy_version = 0;
  /// Requests of every kind.
  unsigned requests = 0;
  /// The most that was allocated beside what there was before.
  std::size_t heap = 0;
  /// Lines that each watch brought, bookmarks not counted.
  std::map<std::string, unsigned> lines;
  /// How often each actor had something to do.
  std::map<std::string, unsigned> turns;
  /// Which object each of these lines was about.
  std::map<std::string, std::vector<std::string>> objects;
};

/// How strictly the end is judged.
struct expectations {
  /// Paths that contain one of these may differ at the end.
  std::set<std::string> may_differ;
  /// People want something else at the end than the story says: it is what a
  /// fresh operator makes of the same objects that counts.
  bool other_end = false;
  /// Actors may fall.
  bool may_fall = false;
  /// How many writes of a kind one fault may cost.
  unsigned writes_each = 4;
  /// How long the cluster may take to come to rest.
  seconds patience{40 * 60};
};

/// A plan being played.
class play {
public:
  /// The seed matters only where objects go from one cluster to another.
  play(const story& told, bool is_verbose, std::uint64_t seed = 1);

  cluster on;
  tampering through;
  expectations expects;
  /// Faults that have happened.
  unsigned faults = 0;
  write_counts writes;
  std::vector<std::string> transcript;
  /// The most that was ever allocated, and what was when the play began.
  std::size_t peak_heap = heap_in_use();
  std::size_t heap_before = peak_heap;

  /// The only operator, or the one that was started last.
  process& us() {
    return *operators.back();
  }
  std::vector<std::unique_ptr<process>> operators;

  /// Says that a fault happens now.
  void fault(const std::string& words);

  /// Starts another operator.
  process& start(process_options options = {});

  /// How the next operators are started.
  process_options next_options;

  /// Does something at a second of the play, before or after others' scenes.
  void at(seconds when, std::function<void()> act);

  /// Does something when the clock has gone on that far from now.
  void after(seconds time, std::function<void()> act);

  /// People wait that long with what they wanted to do next.
  void hold(seconds time);

  /// Lets time pass.
  void pass(seconds time);

  /// Runs everything that is due now.
  void settle();

  /// Tells the story to its end.
  void tell_story();

  /// Lets time pass until a minute after all that was to come brings no write;
  /// false when none does.
  bool comes_to_rest();

  /// Asks the oracles.
  void judge(const reference& usual);

  /// What is played.
  const story& told() const {
    return story_;
  }

  /// The time since the play began.
  seconds age() const;

  /// Is there somebody to read a transcript?
  bool is_verbose() const {
    return is_verbose_;
  }

  /// Puts a line into the transcript.
  void note(const std::string& words);

private:
  /// What differs from the story's end, once the cluster is at rest.
  std::string unlike_expected(const reference& usual);

  /// Where pods were lost, a Lease is kept until none of them can run any more.
  void await_lost_pods();

  /// What is written in that time, though nothing happens.
  std::string stays(seconds time);

  void bury_the_dead();
  instant next_instant(instant until);

  const story& story_;
  bool is_verbose_;
  instant began_;
  std::multimap<instant, std::function<void()>> agenda_;
  unsigned started_ = 0;
  /// Falls of actors in operators that are gone.
  unsigned falls_ = 0;
  seconds held_{0};
};

/// What became of a plan.
struct verdict {
  unsigned faults = 0;
  std::vector<std::string> violations;
  std::vector<std::string> transcript;
};

/// What a story comes to without faults; played once and kept.
const reference& reference_of(const story& told);

} // namespace holystone::perturb
