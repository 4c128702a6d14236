#pragma once

// What goes to and fro between an operator and its API server, as a family sees
// it and may change it: requests, watches, and the hooks that decide what gets
// through. It sends nothing; a process does, and asks the hooks.

#include "actors/interfaces.hpp"
#include "k8s_io/watch_lines.hpp"
#include "simulator/api_server.hpp"

#include <functional>
#include <optional>
#include <string>

namespace holystone::perturb {

using k8s_io::request;
using k8s_io::response;
using k8s_io::verb;

class process;

/// What a request meets on its way.
struct passage {
  /// Does the server get it?
  bool arrives = true;
  /// Reaches the server instead.
  std::optional<request> instead{};
  /// Answered instead of the server.
  std::optional<response> told{};
  /// How much later the answer comes; what never comes is given up by the
  /// transport after 65 s.
  seconds late{0};
  /// The process dies: nothing of it arrives any more.
  bool dies = false;
  /// The process is stopped before the request leaves it; it leaves when the
  /// process goes on.
  bool stops = false;
};

/// An open watch as a family sees it.
struct open_watch {
  actors::stream_sink sink;
  std::uint64_t ticket = 0;
  request what;
  simulator::watch_id id = 0;
  std::optional<instant> until;
  k8s_io::line_splitter lines{std::size_t{4} << 20};
  /// Bytes that are held back.
  std::string held;
  bool is_frozen = false;
  /// When its last byte came.
  instant heard{};
  /// How it ends after these bytes, if it does.
  std::optional<k8s_io::watch_end> end;

  /// The kind as a plan names it, e.g. `jobs/volsync-system`.
  std::string name() const;
};

/// What gets through. All do nothing until they are set.
struct tampering {
  /// Asked for every request before it leaves; `writes` counts those that
  /// write, this one included.
  std::function<passage(process&, const request&, unsigned writes)> on_request;
  /// Shown every watch that is opened: false has it refused with `end`.
  std::function<bool(process&, open_watch&)> on_open;
  /// Shown the bytes that a watch brings; may change them, hold them, set
  /// `end`.
  std::function<void(process&, open_watch&, std::string& bytes)> on_bytes;
  /// Told which actor is about to handle what it was sent.
  std::function<void(process&, const std::string& role)> on_turn;
  /// Told of every request that was made, with its answer.
  std::function<void(process&, const request&, const response&)> on_answer;
};

/// The operator's own Lease: its renewals are no writes that count.
bool is_own_lease(const request& what);

/// Does it change something that counts?
bool is_write(const request& what);

/// `create cronjobs`, `merge_patch leases/status`.
std::string words_of(const request& what);

} // namespace holystone::perturb
