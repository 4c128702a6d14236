#pragma once

// One operator process as the model sees it: its view of the little cluster,
// which lags behind and is rebuilt after a crash, and the loop of the
// repository actor: decide, write, fold the answer in, decide again. Faults
// are the caller's: an answer may get lost, before or after the write.

#include "little_cluster.hpp"

#include <map>
#include <string>

namespace holystone::scheduler {

/// What becomes of the next write.
enum class fate { done, not_sent, reply_lost };

struct little_operator {
  little_cluster& cluster;
  repository_facts facts;
  std::map<std::string, instant> blocked_until;
  std::string last_action;

  explicit little_operator(little_cluster& where) : cluster(where) {
    restart();
  }

  /// The process dies and its successor lists everything.
  void restart();

  /// Kinds of objects whose news arrive independently.
  static constexpr unsigned kinds = 6;

  /// The watch of one kind catches up.
  void hear(unsigned kind);

  void hear_all() {
    for (unsigned kind = 0; kind < kinds; ++kind)
      hear(kind);
  }

  /// Decides and performs one write; false when there is nothing to do.
  bool step(fate what = fate::done);

  repository_step decide() const;

private:
  void listen(unsigned kind);
};

} // namespace holystone::scheduler
