// What an HTTP thread and the threads that answer share: one slot for the
// answer of an exchange, one bounded queue for each stream. Internal to
// http_server.cpp, which waits on both; without sockets and without Boost, so
// that the order of events can be tested alone.
#pragma once

#include "metrics/http_server.hpp"

#include <deque>
#include <mutex>
#include <variant>

namespace holystone::metrics {

/// The way to a loop that may be gone: later calls do nothing.
class loop_gate {
public:
  using poster = std::function<void(std::function<void()>)>;

  explicit loop_gate(poster post) : post_(std::move(post)) {
    // nop
  }

  /// Hands `task` to the loop.
  void post(std::function<void()> task);

  /// After this nothing is posted any more.
  void shut();

private:
  std::mutex mutex_;
  poster post_;
};

/// The queue behind one `http_stream`.
class stream_queue {
public:
  /// `wake` makes the loop look at `take` again.
  stream_queue(std::shared_ptr<loop_gate> gate, std::function<void()> wake,
               std::size_t limit);

  /// The writer's view; each as `http_stream` has it.
  bool write(std::string chunk);
  void close();
  void abort();
  bool is_open() const;
  std::size_t backlog() const;
  void on_closed(std::function<void()> callback);

  /// The loop's view: at most about `size` bytes of whole chunks, oldest first.
  struct portion {
    std::string bytes;
    bool is_last = false;
    bool is_aborted = false;
  };
  portion take(std::size_t size);

  /// The loop has written `size` bytes that `take` gave out.
  void written(std::size_t size);

  /// The loop has ended the stream, in whatever way: runs the callback.
  void finish();

private:
  mutable std::mutex mutex_;
  std::shared_ptr<loop_gate> gate_;
  std::function<void()> wake_;
  std::size_t limit_;
  std::deque<std::string> chunks_;
  std::size_t bytes_ = 0;
  bool closed_ = false;
  bool aborted_ = false;
  bool finished_ = false;
  std::function<void()> callback_;
};

/// The head of a streamed answer.
struct stream_start {
  int status = 200;
  std::string content_type;
  http_headers headers;
  std::shared_ptr<stream_queue> queue;
};

/// Where the answer of one exchange arrives; the first one wins.
class answer_slot {
public:
  using answer = std::variant<http_response, stream_start>;

  explicit answer_slot(std::function<void()> wake) : wake_(std::move(wake)) {
    // nop
  }

  /// False when there was an answer before.
  bool put(answer value);

  /// True once `put` has succeeded.
  bool is_answered() const;

  /// The answer; only once, after `is_answered`.
  answer take();

private:
  mutable std::mutex mutex_;
  std::function<void()> wake_;
  bool answered_ = false;
  std::optional<answer> value_;
};

/// The time of now as the Date field wants it.
std::string http_date();

/// The handler's end of an exchange; `wake` makes the loop look at the slot
/// and at the stream's queue.
std::shared_ptr<http_exchange> make_exchange(http_request request,
                                             std::shared_ptr<answer_slot> slot,
                                             std::shared_ptr<loop_gate> gate,
                                             std::function<void()> wake,
                                             std::size_t stream_limit);

} // namespace holystone::metrics
