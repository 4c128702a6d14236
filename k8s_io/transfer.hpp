#pragma once

// One call or watch on the wire: a curl easy handle, what it sends and what it
// has received. It is not scheduled here and does not repeat itself. Part of
// the transport and used on its thread only.

#include "k8s_io/command_queue.hpp"
#include "k8s_io/watch_lines.hpp"

#include <curl/curl.h>

#include <array>
#include <chrono>
#include <cstddef>
#include <memory>
#include <set>
#include <string>
#include <string_view>

namespace holystone::k8s_io {

/// Every open socket, so that idle ones can be closed.
using socket_set = std::set<curl_socket_t>;

/// An owned easy handle.
struct easy_deleter {
  void operator()(CURL* easy) const noexcept {
    curl_easy_cleanup(easy);
  }
};
using easy_handle = std::unique_ptr<CURL, easy_deleter>;

/// Owned header lines.
struct list_deleter {
  void operator()(curl_slist* list) const noexcept {
    curl_slist_free_all(list);
  }
};
using header_list = std::unique_ptr<curl_slist, list_deleter>;

/// A call or a watch. Its address must not change while it runs.
class transfer {
public:
  using clock = std::chrono::steady_clock;

  /// What it needs to know of its transport.
  struct surroundings {
    const transport_limits& limits;
    credentials& who;
    socket_set& sockets;
  };

  transfer(submission what, easy_handle easy, surroundings in);
  transfer(opening what, easy_handle easy, surroundings in);
  transfer(const transfer&) = delete;
  transfer& operator=(const transfer&) = delete;

  /// Sets the handle up for an attempt, with the credentials of `now`.
  void prepare(clock::time_point now);

  /// Says whether the server refused our token and another is there, once
  /// . If so, `prepare` again.
  bool wants_retry(CURLcode how, clock::time_point now);

  /// Tells the outcome. Comes once, and nothing after it.
  void conclude(CURLcode how);

  /// Tells that there will be no outcome.
  void conclude(std::string failure);

  /// Adds credit; true when a paused watch must go on.
  bool grant(std::size_t lines);

  /// Has a watch that is not paused been silent for too long at `now`?
  bool is_silent(clock::time_point now) const;

  /// Is it a watch?
  bool is_watch() const noexcept {
    return what_.what == verb::watch;
  }

  /// Does it count against the in-flight limit?
  bool is_ordinary() const noexcept {
    return !is_watch() && how_ == urgency::ordinary;
  }

  /// Of a watch.
  watch_id id() const noexcept {
    return id_;
  }

  /// The handle, for the multi handle.
  CURL* easy() const noexcept {
    return easy_.get();
  }

  /// Gives the handle away for another transfer; the last call.
  easy_handle release() noexcept;

private:
  static std::size_t on_bytes(char* data, std::size_t, std::size_t size,
                              void* user);
  std::size_t take_answer(std::string_view bytes);
  std::size_t take_watch(std::string_view bytes);
  void prepare_wire();
  void prepare_message(clock::time_point now);
  int status() const;
  std::optional<seconds> retry_after() const;
  std::string failure_text(CURLcode how) const;

  surroundings in_;
  easy_handle easy_;
  header_list headers_;
  header_list connect_to_;
  request what_;
  urgency how_ = urgency::ordinary;
  std::function<void(response)> done_;
  watch_id id_;
  watch_listener listener_;
  line_splitter splitter_;
  std::ptrdiff_t credit_;
  bool is_paused_ = false;
  clock::time_point last_bytes_{};
  std::string body_;
  std::string answer_;
  bool is_too_long_ = false;
  bool was_refused_ = false;
  clock::time_point started_{};
  std::array<char, CURL_ERROR_SIZE> error_text_{};
};

/// Says which page of which server is meant, and when to trust it. What
/// `connect_to` gets must live as long as the call.
void set_peer(CURL* easy, credentials& who, const std::string& target,
              header_list& connect_to, transfer::clock::time_point now);

/// Adds a line.
void add_header(header_list& headers, const std::string& line);

/// Adds our token, where nobody can read it on the way.
void add_token(header_list& headers, credentials& who,
               transfer::clock::time_point now);

/// Why a call came to nothing, for people; `detail` is curl's own text.
std::string words_for(CURLcode how, std::string_view detail);

} // namespace holystone::k8s_io
