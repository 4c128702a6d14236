#pragma once

// A story on a little cluster in the course of which the operator may die: the
// write with the number `crash_at` is the process's last, and it was applied or
// not; a successor goes on. Each story that derives from it says what happens
// and how it ends; played once for each of its writes, it must have the same
// end wherever the process died.

#include "little_operator.hpp"

#include <catch2/catch.hpp>

namespace holystone::scheduler {

class crashing_story {
public:
  /// Crashes at no write if `crash_at` is 0.
  crashing_story(unsigned seed, unsigned crash_at, bool applied)
      : cluster_(seed), crash_at_(crash_at), applied_(applied) {
    // nop
  }

protected:
  /// Lets time pass; at no moment do two maintain.
  void live(seconds time) {
    for (auto until = cluster_.now + time; cluster_.now < until;) {
      us_.hear_all();
      for (int i = 0; i < 50 && step(); ++i)
        CHECK(cluster_.maintaining() <= 1);
      for (int i = 0; i < 10; ++i) {
        cluster_.pass(seconds{1});
        REQUIRE(cluster_.maintaining() <= 1);
      }
    }
  }

  /// How many writes there were.
  unsigned steps() const {
    return steps_;
  }

  little_cluster cluster_;
  little_operator us_{cluster_};

private:
  bool step() {
    auto crashes = steps_ + 1 == crash_at_;
    if (!us_.step(!crashes   ? fate::done
                  : applied_ ? fate::reply_lost
                             : fate::not_sent))
      return false;
    ++steps_;
    if (crashes)
      us_.restart();
    return true;
  }

  unsigned crash_at_;
  bool applied_;
  unsigned steps_ = 0;
};

/// Plays the story once for each write at which it can crash.
template <class Story>
void crash_everywhere() {
  auto steps = Story{0, false}.play();
  for (unsigned k = 1; k <= steps; ++k)
    for (auto applied : {false, true}) {
      INFO("write " << k << (applied ? " was applied" : " was not sent"));
      Story{k, applied}.play();
    }
}

} // namespace holystone::scheduler
