#pragma once

// What the verbs of the simulated server share: the kinds, the objects, the
// open watches, the source of UIDs. Plain data with small accessors; each
// verb is a free function over it in its own file (reads, writes, deletes,
// watches). Only files of the server's inside include this.

#include "simulator/api_server.hpp"
#include "simulator/kinds.hpp"
#include "simulator/object_store.hpp"
#include "simulator/selectors.hpp"

#include <deque>
#include <map>
#include <random>
#include <set>

namespace holystone::simulator {

/// In which form objects are answered; rows of tables hold the metadata, the
/// whole object, or nothing.
enum class rendering {
  full,
  metadata_only,
  table,
  table_of_objects,
  table_alone
};

/// Is it one of the tables?
inline bool is_table(rendering form) {
  return form >= rendering::table;
}

/// An open watch; it reads the collection's history from its cursor on.
struct watch_state {
  kind_info kind;
  std::string ns;
  selection selected;
  rendering form = rendering::full;
  std::uint64_t cursor = 0;
  bool bookmarks = false;
  bool bookmark_due = false;
  /// The state at the start, still to be sent as ADDED.
  std::deque<stored_ptr> initial;
  /// A bookmark that ends the initial events is due.
  bool initial_end_due = false;
  /// Column definitions are sent with the first table only.
  bool header_sent = false;
  /// The last events of a kind that is gone.
  std::vector<write_event> farewell;
};

/// The insides of a server.
struct server_core {
  explicit server_core(server_options wanted)
      : options(std::move(wanted)), objects(options.event_window),
        random(options.seed) {
    // nop
  }

  server_options options;
  kind_registry kinds;
  object_store objects;
  std::map<watch_id, watch_state> watches;
  watch_id last_watch = 0;
  std::map<object_key, std::string> logs;
  std::mt19937_64 random;
  /// The instant of the latest call; ages in tables are counted to it.
  instant latest{};
  /// Definitions that wait for their objects to go.
  std::set<std::string> dying_kinds;
  /// Events of the API that expire, oldest first.
  std::deque<std::pair<instant, stored_ptr>> expiring;

  /// A version 4 UUID.
  std::string new_uid();

  /// Five characters as `generateName` appends them.
  std::string new_suffix();
};

/// Who writes, and how.
struct write_context {
  std::string manager;
  /// `Update` or `Apply`.
  std::string operation = "Update";
  std::string subresource;
  bool dry_run = false;
  bool force = false;
  /// Report unknown fields as errors (`fieldValidation=Strict`).
  bool strict = false;
  /// Pass over unknown fields without a word (`fieldValidation=Ignore`).
  bool silent = false;
  /// The object came from a patch: what cannot be decoded is the patch's fault.
  bool patched = false;
  /// An empty list was sent as managedFields.
  bool clears_managers = false;
  instant now;
  /// Filled with `Warning` texts.
  std::vector<std::string> warnings;
};

} // namespace holystone::simulator
