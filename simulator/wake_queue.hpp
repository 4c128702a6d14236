#pragma once

// When a simulated controller wants to look at an object again: the delaying
// work queue of client-go without its thread. An object waits once, at the
// earliest instant that anybody asked for. Used by the simulated controllers.

#include "scheduler/object_key.hpp"
#include "scheduler/time.hpp"

#include <map>
#include <optional>
#include <set>
#include <utility>
#include <vector>

namespace holystone::simulator {

/// Objects and the instants at which they are due.
class wake_queue {
public:
  /// Asks for a look at `at`; an earlier wish stands.
  void add(const object_key& key, instant at) {
    auto [entry, fresh] = at_.try_emplace(key, at);
    if (!fresh) {
      if (entry->second <= at)
        return;
      order_.erase({entry->second, key});
      entry->second = at;
    }
    order_.insert({at, key});
  }

  /// Forgets all wishes for an object.
  void remove(const object_key& key) {
    if (auto entry = at_.find(key); entry != at_.end()) {
      order_.erase({entry->second, key});
      at_.erase(entry);
    }
  }

  /// Takes the objects that are due, the longest waiting first.
  std::vector<object_key> take(instant now) {
    std::vector<object_key> due;
    while (!order_.empty() && order_.begin()->first <= now) {
      due.push_back(order_.begin()->second);
      at_.erase(due.back());
      order_.erase(order_.begin());
    }
    return due;
  }

  /// When the next object is due.
  std::optional<instant> next() const {
    if (order_.empty())
      return std::nullopt;
    return order_.begin()->first;
  }

private:
  std::map<object_key, instant> at_;
  std::set<std::pair<instant, object_key>> order_;
};

} // namespace holystone::simulator
