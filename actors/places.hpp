#pragma once

// The places to run: how many repositories may be maintained at a time, over
// all and per storage endpoint, who runs and who waits. First come, first
// served, except that who waits for his endpoint holds up nobody else. It is
// not admission (scheduler/admission.hpp), which sees one repository only.
// Plain memory without time or messages; kept by the registry.

#include "actors/messages.hpp"

#include <deque>
#include <functional>
#include <set>
#include <string>
#include <vector>

namespace holystone::actors {

/// `--max-concurrent-maintenance` and `--max-concurrent-per-endpoint`; 0: no
/// limit.
struct place_limits {
  unsigned in_all = 10;
  unsigned per_endpoint = 0;
};

/// Who runs and who waits, by hash.
class places {
public:
  /// The storage behind a repository; its answer may change.
  using endpoint_finder
      = std::function<std::string_view(const std::string& hash)>;

  explicit places(place_limits limits = {}, endpoint_finder endpoint_of = {});

  /// A repository wants, has or gives back a place. Who says that he runs has
  /// a place, whatever the limits say: his Lease was there before us.
  void seat(const std::string& hash, place where);

  /// Gives free places to those who wait, in the order of asking, and tells
  /// who got one.
  std::vector<std::string> give();

  /// Repositories that run.
  std::size_t running() const {
    return running_.size();
  }

  /// Repositories that wait for a place.
  std::size_t waiting() const {
    return queue_.size();
  }

private:
  bool is_free(std::string_view endpoint) const;

  place_limits limits_;
  endpoint_finder endpoint_of_;
  std::set<std::string> running_;
  std::deque<std::string> queue_;
};

} // namespace holystone::actors
