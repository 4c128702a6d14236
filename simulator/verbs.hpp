#pragma once

// The verbs of the API server as functions on values: reading, creating,
// changing, deleting. Here the rules of every write meet: metadata, defaults,
// ownership of fields, validation, deletion. They know nothing of HTTP. Called
// by the request router, by garbage collection and by nothing else.

#include "simulator/api_error.hpp"
#include "simulator/server_core.hpp"

#include <boost/json.hpp>

#include <functional>
#include <optional>
#include <string>

namespace holystone::simulator {

/// Turns the stored object into the wanted one.
using transformation
    = std::function<answer<boost::json::value>(const boost::json::value&)>;

/// How a change reached the server; decides which guards apply.
enum class change_kind { put, patch, apply };

/// What a delete asks for.
struct delete_options {
  std::string uid;
  std::string version;
  /// `Foreground`, `Background`, `Orphan` or empty.
  std::string propagation;
  std::optional<std::int64_t> grace;
  /// The old word for it: `orphanDependents`.
  std::optional<bool> orphans;
  bool dry_run = false;
};

/// The outcome of a delete.
struct deleted {
  boost::json::value last;
  /// False while finalizers or a grace period keep the object.
  bool gone = true;
};

/// The object; 404 when absent.
answer<boost::json::value> read_object(server_core& core, const kind_info& kind,
                                       const object_key& key);

/// Creates an object in a namespace (empty for cluster-scoped kinds).
answer<boost::json::value>
create_object(server_core& core, const kind_info& kind, const std::string& ns,
              boost::json::value object, write_context& how);

/// Changes an object.
answer<boost::json::value> change_object(server_core& core,
                                         const kind_info& kind,
                                         const object_key& key,
                                         const transformation& change,
                                         change_kind way, write_context& how);

/// Server-side apply; creates when absent. `created` tells which.
answer<boost::json::value>
apply_object(server_core& core, const kind_info& kind, const object_key& key,
             boost::json::value wanted, write_context& how, bool& created);

/// Deletes an object or starts its deletion.
answer<deleted> delete_object(server_core& core, const kind_info& kind,
                              const object_key& key,
                              const delete_options& options, instant now);

/// Reads DeleteOptions; empty or null gives defaults.
answer<delete_options> read_delete_options(const boost::json::value& body);

/// Removes an object for good and what hangs on it (logs, a custom kind).
void erase_object(server_core& core, const kind_info& kind,
                  const boost::json::value& last);

} // namespace holystone::simulator
