#pragma once

// The one thread that talks to the API server. It owns every connection, turns
// a `request` into HTTP/1.1 and calls back with the answer, or with the lines
// of a watch. It does not decide when to repeat or relist: that is the
// reflector's and back-off's work; the one thing that it repeats by itself is a
// call refused with 401, once, with a fresh token. Called by the api
// client actor; callbacks run on the transport's thread and must only post.
//
//   transport net{std::move(credentials)};
//   net.submit(call, [=](response answer) { anon_send(self, ...); });
//   auto id = net.open_watch(order, {on_lines, on_end});
//   net.grant(id, 20); // the consumer has worked off 20 lines

#include "k8s_io/credentials.hpp"
#include "k8s_io/requests.hpp"
#include "k8s_io/watch.hpp"

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>

namespace holystone::k8s_io {

/// Does a request wait its turn?
enum class urgency {
  /// Shares the in-flight limit and the queue.
  ordinary,
  /// Starts at once on a reserved connection and has a short timeout: Lease
  /// reads and writes, which must not starve behind our own flood.
  urgent,
};

/// The limits of a transport. Tests shorten the times.
struct transport_limits {
  using milliseconds = std::chrono::milliseconds;

  /// Ordinary requests on the wire at once (P-7 allows 50). More make a real
  /// server slower: 1,000 CronJobs took a client 0.7 s with 20, 1.6 s with 50.
  unsigned in_flight = 20;
  /// Connections on top of those for urgent requests.
  unsigned urgent = 2;
  /// Ordinary requests that may wait; one more is answered with a failure.
  std::size_t queue = 20'000;
  /// Watch lines that may be unconsumed before the watch is paused.
  std::size_t window = 1'000;
  /// The server cuts requests after 60 s.
  milliseconds request_timeout{65'000};
  /// Half of the Lease's renew deadline of 10 s.
  milliseconds urgent_timeout{5'000};
  /// TCP and TLS set-up together.
  milliseconds connect_timeout{10'000};
  /// A watch that sends nothing for this long is ended. Bookmarks come
  /// about once a minute, so two of them were missed.
  milliseconds watch_silence{150'000};
  /// A longer answer is a failure.
  std::size_t answer_bytes = std::size_t{64} << 20;
  /// A longer line ends its watch; etcd holds objects of up to 1.5 MiB and the
  /// server takes bodies of up to 3 MiB.
  std::size_t line_bytes = std::size_t{4} << 20;
};

/// A connection pool to one API server with a thread of its own. All members
/// may be called from any thread, also from within callbacks, except the
/// destructor.
class transport {
public:
  explicit transport(credentials who, transport_limits limits = {});

  transport(const transport&) = delete;
  transport& operator=(const transport&) = delete;

  /// Answers everything that is open with a failure, ends all watches and
  /// joins the thread. No callback runs after it.
  ~transport();

  /// Performs one call; `done` runs exactly once. Not for watches.
  void submit(request call, std::function<void(response)> done,
              urgency how = urgency::ordinary);

  /// Opens a watch.
  watch_id open_watch(request order, watch_listener listener);

  /// Returns credit for lines that were consumed; a paused watch goes on.
  void grant(watch_id id, std::size_t lines);

  /// Ends a watch. Callbacks that are already under way may still run, later
  /// ones will not; `on_end` is not called.
  void cancel(watch_id id);

private:
  class loop;
  std::unique_ptr<loop> loop_;
};

} // namespace holystone::k8s_io
