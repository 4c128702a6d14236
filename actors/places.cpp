#include "actors/places.hpp"

#include <algorithm>
#include <utility>

namespace holystone::actors {

places::places(place_limits limits, endpoint_finder endpoint_of)
    : limits_(limits), endpoint_of_(std::move(endpoint_of)) {
  // nop
}

void places::seat(const std::string& hash, place where) {
  std::erase(queue_, hash);
  if (where == place::taken)
    running_.insert(hash);
  else
    running_.erase(hash);
  if (where == place::wanted)
    queue_.push_back(hash);
}

std::vector<std::string> places::give() {
  std::vector<std::string> given;
  std::deque<std::string> waiting;
  for (auto& hash : std::exchange(queue_, {})) {
    if (!is_free(endpoint_of_(hash))) {
      waiting.push_back(std::move(hash));
      continue;
    }
    running_.insert(hash);
    given.push_back(std::move(hash));
  }
  queue_ = std::move(waiting);
  return given;
}

bool places::is_free(std::string_view endpoint) const {
  if (limits_.in_all > 0 && running_.size() >= limits_.in_all)
    return false;
  if (limits_.per_endpoint == 0)
    return true;
  auto there = std::ranges::count_if(running_, [&](const std::string& hash) {
    return endpoint_of_(hash) == endpoint;
  });
  return static_cast<unsigned>(there) < limits_.per_endpoint;
}

} // namespace holystone::actors
