#pragma once

// What other threads ask of the transport's thread: the one place where the
// two meet. A plain queue under a mutex; it does not wake anyone, it only says
// when that is needed. Part of the transport.

#include "k8s_io/requests.hpp"
#include "k8s_io/transport.hpp"
#include "k8s_io/watch.hpp"

#include <functional>
#include <mutex>
#include <utility>
#include <variant>
#include <vector>

namespace holystone::k8s_io {

/// Perform a call.
struct submission {
  request call;
  std::function<void(response)> done;
  urgency how;
};

/// Open a watch.
struct opening {
  watch_id id;
  request order;
  watch_listener listener;
};

/// Give a watch credit.
struct granting {
  watch_id id;
  std::size_t lines;
};

/// End a watch.
struct cancelling {
  watch_id id;
};

/// Answer everything and leave.
struct stopping {};

using command
    = std::variant<submission, opening, granting, cancelling, stopping>;

/// Commands in the order of their arrival.
class command_queue {
public:
  /// True if the queue was empty, so that the reader must be woken.
  bool push(command what) {
    std::lock_guard guard{mutex_};
    commands_.push_back(std::move(what));
    return commands_.size() == 1;
  }

  /// Everything that has come since the last call.
  std::vector<command> take() {
    std::lock_guard guard{mutex_};
    return std::exchange(commands_, {});
  }

private:
  std::mutex mutex_;
  std::vector<command> commands_;
};

} // namespace holystone::k8s_io
