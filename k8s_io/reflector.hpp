#pragma once

// Keeps a view of one kind of objects equal to the server's: list, watch,
// resume, and list again when the server forgot our version. A pure machine: it
// takes inputs with the present moment and returns effects for its owner to
// perform; it has no socket, no clock and no store. Objects go to an
// `object_sink` as JSON, which projects them and keeps what it needs. Owned by
// a watcher actor; an inspector reads `counts()`.
//
// A relist needs no "replace" from the sink: every object of the list arrives
// as `upsert` and every object that is gone as `remove`, so that a list
// that breaks half-way does no harm.
//
// An object that can't be read, e.g. one that nests without end, is skipped,
// counted and reported, and is not in the view; what was known of it is removed
// . Its last readable state would be a promise that a restart can't keep,
// because a list doesn't tell it any more; and who can write such an object
// could as well delete it.
//
// WatchList is left out: paging lists work on every server, an answer is
// read object by object anyway, and one way in is easier to trust than two.
//
//   auto effects = view.step(reflector::start{}, {now, random}, sink);
//   // perform `send_list`: submit its call, then step(reflector::listed{...})

#include "k8s_io/api_status.hpp"
#include "k8s_io/backoff.hpp"
#include "k8s_io/known_objects.hpp"
#include "k8s_io/reflected.hpp"
#include "k8s_io/watch.hpp"
#include "k8s_io/watch_lines.hpp"

#include <boost/json/value.hpp>

#include <cstdint>
#include <memory>
#include <string>
#include <variant>
#include <vector>

namespace holystone::k8s_io {

/// Where objects go. Called within `reflector::step` only.
class object_sink {
public:
  virtual ~object_sink() = default;

  /// The object exists in this state; the value is an object. Comes again for
  /// equal states, too.
  virtual void upsert(const boost::json::value& object) = 0;

  /// The object is gone. `last` is its last state if the server told it, null
  /// when the loss was found by a list or by a new object of the same name:
  /// "final state unknown".
  virtual void remove(const object_identity& which,
                      const boost::json::value* last)
      = 0;
};

/// The list-and-watch machine. Copyable; a copy is a snapshot of its state.
class reflector {
public:
  // -- inputs ---------------------------------------------------------------

  /// Begin. Comes once.
  struct start {};
  /// The answer to `send_list`.
  struct listed {
    /// Shares the answer, which may be as large as all objects together.
    listed(std::uint64_t number, std::shared_ptr<const response> text)
        : ticket(number), answer(std::move(text)) {
      // nop
    }

    listed(std::uint64_t number, response text)
        : listed(number, std::make_shared<const response>(std::move(text))) {
      // nop
    }

    std::uint64_t ticket;
    std::shared_ptr<const response> answer;
  };
  /// Lines of the watch, see `watch_listener`.
  struct lines {
    std::uint64_t ticket;
    std::vector<std::string> texts;
  };
  /// The end of the watch.
  struct ended {
    std::uint64_t ticket;
    watch_end how;
  };
  /// A `sleep` is over.
  struct woken {
    std::uint64_t ticket;
  };
  using input = std::variant<start, listed, lines, ended, woken>;

  /// When a step happens, and a random number in [0, 1) for it.
  struct moment {
    steady_time now;
    double random;
  };

  // -- effects --------------------------------------------------------------

  /// Submit this call. Inputs name the ticket of what they answer; those with
  /// an old ticket are ignored, so late messages need no care.
  struct send_list {
    std::uint64_t ticket;
    request call;
  };
  /// Open this watch.
  struct open_watch {
    std::uint64_t ticket;
    request order;
  };
  /// Cancel the watch of this ticket.
  struct close_watch {
    std::uint64_t ticket;
  };
  /// Answer with `woken` after this time.
  struct sleep {
    std::uint64_t ticket;
    milliseconds time;
  };
  /// A list is complete: the view is as the server's at that version.
  struct synced {};
  /// Something went wrong that a person may want to read.
  struct report {
    std::string message;
  };
  using effect
      = std::variant<send_list, open_watch, close_watch, sleep, synced, report>;
  using effects = std::vector<effect>;

  /// What happened so far.
  struct counters {
    std::uint64_t lists = 0;
    std::uint64_t watches = 0;
    std::uint64_t events = 0;
    std::uint64_t bookmarks = 0;
    /// Lists after the first, for whatever reason.
    std::uint64_t relists = 0;
    /// Answers of 410, in either form.
    std::uint64_t expired = 0;
    std::uint64_t failures = 0;
    /// Objects of another kind, without a name or unreadable.
    std::uint64_t skipped = 0;
  };

  explicit reflector(reflected what);

  /// Takes one input.
  effects step(const input& what, moment at, object_sink& sink);

  /// What happened so far.
  const counters& counts() const noexcept {
    return counts_;
  }

  /// Objects in the view.
  std::size_t size() const noexcept {
    return known_.size();
  }

  /// Was a list completed?
  bool is_synced() const noexcept {
    return is_synced_;
  }

private:
  /// Objects a page.
  static constexpr unsigned largest_page = 500;

  /// What comes after a sleep.
  enum class plan { list, page, watch };
  /// What a list may be answered from.
  enum class freshness { any, not_older, newest };

  struct step_context;

  void begin_list(step_context& in);
  void ask_page(step_context& in);
  void begin_watch(step_context& in);
  void on_list(const listed& what, step_context& in);
  void on_long_list(const response& answer, step_context& in);
  void on_list_refused(const response& answer, step_context& in);
  void finish_list(step_context& in);
  void on_lines(const lines& what, step_context& in);
  bool on_line(const std::string& text, step_context& in);
  bool on_event(const watch_event& event, step_context& in);
  bool on_unreadable_event(const watch_event& event, const std::string& why,
                           step_context& in);
  bool on_error_event(const boost::json::object& object, step_context& in);
  void on_end(const ended& what, step_context& in);
  void on_refused_watch(const watch_end& how, const api_status& status,
                        step_context& in);
  void on_woken(step_context& in);
  void on_expired(step_context& in);
  void note_age(const step_context& in);
  void on_broken_stream(std::string why, step_context& in);
  bool on_mixed_up_stream(step_context& in);
  void back_off(plan next, std::string why, std::optional<seconds> retry_after,
                step_context& in);
  void take(const boost::json::value& object, bool from_list, step_context& in);
  void drop(const boost::json::value& object, step_context& in);
  void move_to(const boost::json::object& object, event_type type);
  bool is_ours(const boost::json::object& object, bool is_bookmark,
               bool is_item) const;

  reflected what_;
  known_objects known_;
  counters counts_;
  backoff_counter backoff_;
  /// The number of the only open ticket.
  std::uint64_t ticket_ = 0;
  plan after_sleep_ = plan::list;
  freshness freshness_ = freshness::any;
  bool is_synced_ = false;
  /// Objects a page, fewer while they are large.
  unsigned page_size_ = largest_page;
  /// Is a list without pages known to be too long?
  bool needs_pages_ = false;
  /// The version to resume at; opaque, see version_order.hpp.
  std::string version_;
  std::string continue_token_;
  steady_time watch_opened_{};
  /// May the open watch's ADDED events tell a version?
  bool is_anchored_ = false;
  /// Events of the open watch, without bookmarks.
  std::uint64_t watch_events_ = 0;
  /// Watches in a row that broke without an event.
  unsigned barren_watches_ = 0;
  /// Watches in a row that ended at once, with or without events.
  unsigned short_watches_ = 0;
  /// Has a watch lasted since the last 410?
  bool has_lasted_ = true;
};

} // namespace holystone::k8s_io
