#pragma once

// What can be said to an API server, as plain values. A `request` is one call
// (or one watch) before it becomes HTTP; a `response` is its answer. The curl
// transport and the simulated cluster both take these, which is why nothing
// else in the operator knows which of the two it talks to. There is no PUT on
// purpose: we never write an object that we modelled only in part, and
// a PUT of a Lease would create it.

#include "scheduler/object_key.hpp"
#include "scheduler/result.hpp"
#include "scheduler/time.hpp"

#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace holystone::k8s_io {

/// A kind of object and where the API serves it.
struct resource {
  std::string_view group;
  std::string_view version;
  std::string_view plural;
  std::string_view kind;
  bool namespaced = true;

  friend bool operator==(const resource&, const resource&) = default;
};

/// The kinds that the operator reads or writes.
namespace resources {

inline constexpr resource replication_sources{
    "volsync.backube", "v1alpha1", "replicationsources", "ReplicationSource"};
inline constexpr resource kopia_maintenances{
    "volsync.backube", "v1alpha1", "kopiamaintenances", "KopiaMaintenance"};
inline constexpr resource cron_jobs{"batch", "v1", "cronjobs", "CronJob"};
inline constexpr resource jobs{"batch", "v1", "jobs", "Job"};
inline constexpr resource pods{"", "v1", "pods", "Pod"};
inline constexpr resource secrets{"", "v1", "secrets", "Secret"};
inline constexpr resource config_maps{"", "v1", "configmaps", "ConfigMap"};
inline constexpr resource service_accounts{"", "v1", "serviceaccounts",
                                           "ServiceAccount"};
inline constexpr resource claims{"", "v1", "persistentvolumeclaims",
                                 "PersistentVolumeClaim"};
inline constexpr resource volumes{"", "v1", "persistentvolumes",
                                  "PersistentVolume", false};
inline constexpr resource namespaces{"", "v1", "namespaces", "Namespace",
                                     false};
inline constexpr resource leases{"coordination.k8s.io", "v1", "leases",
                                 "Lease"};
inline constexpr resource events{"", "v1", "events", "Event"};

} // namespace resources

/// The field manager of every write of ours; constant for ever.
inline constexpr std::string_view field_manager = "holystone";

/// What to do with the named object or the listed objects.
enum class verb {
  get,
  list,
  watch,
  create,
  apply,
  merge_patch,
  json_patch,
  remove
};

/// What happens to the dependents of a deleted object; every delete names it
///
enum class propagation { foreground, background };

/// The JSON text of a write. A long one is better made when it is sent: a
/// thousand CronJobs that wait for twenty places on the wire are 3.3 MB of
/// text.
class body_text {
public:
  using maker = std::function<std::string()>;

  body_text() = default;

  body_text(std::string text) : text_(std::move(text)) {
    // nop
  }

  body_text(const char* text) : text_(text) {
    // nop
  }

  /// `make` may run on any thread, more than once, and gives equal texts.
  body_text(maker make) : make_(std::move(make)) {
    // nop
  }

  /// The text; made anew each time if it is made at all.
  std::string text() const {
    return make_ ? make_() : text_;
  }

  friend bool operator==(const body_text& a, const body_text& b) {
    return a.text() == b.text();
  }

private:
  std::string text_;
  maker make_;
};

/// One call to the API server.
struct request {
  verb what = verb::get;
  resource kind;
  /// Empty: cluster-scoped, or all namespaces for list and watch.
  std::string ns;
  std::string name;
  /// `status` or empty.
  std::string subresource;
  /// Of create, apply and the patches.
  body_text body;
  /// get, list, watch: ask for PartialObjectMetadata, never for content.
  bool metadata_only = false;

  // -- list and watch ---------------------------------------------------------
  std::string label_selector;
  std::string field_selector;
  /// list: objects a page; 0 asks for all.
  unsigned limit = 0;
  std::string continue_token;
  /// Absent: "most recent"; "0": any age, from the server's cache.
  std::optional<std::string> resource_version;
  /// watch: the server ends it after this time.
  std::optional<seconds> timeout;

  // -- apply ------------------------------------------------------------------
  /// Take over fields that others have set; without it that is a conflict.
  bool force = true;

  // -- remove -----------------------------------------------------------------
  /// Preconditions of a delete; empty members are not sent.
  object_uid uid;
  holystone::resource_version version;
  propagation dependents = propagation::background;

  friend bool operator==(const request&, const request&) = default;
};

/// The answer to a call. `status` is 0 when there was none.
struct response {
  int status = 0;
  /// JSON text: the object, the list, or a Status.
  std::string body;
  /// From the header of that name.
  std::optional<seconds> retry_after;
  /// Why there was no answer; set when `status` is 0.
  std::string failure;
  /// The answer was longer than we take; ask for fewer objects at a time.
  bool is_too_long = false;

  /// Did the server do it?
  bool ok() const noexcept {
    return status >= 200 && status < 300;
  }
};

/// Reads one object.
request get(const resource& kind, const object_key& key);

/// Deletes one object under preconditions; empty ones are not sent.
request remove(const resource& kind, const object_key& key,
               const object_uid& uid,
               const holystone::resource_version& version,
               propagation dependents);

/// Path and query as the API server expects them, e.g.
/// `/apis/batch/v1/namespaces/x/jobs?limit=500`.
std::string to_target(const request& what);

/// The verb as people read it, e.g. `apply`; the patches are one.
std::string_view to_string(verb what);

/// `GET`, `POST`, `PATCH` or `DELETE`.
std::string_view to_method(verb what);

/// The Content-Type of the body; empty for verbs without one.
std::string_view content_type(const request& what);

/// The Accept header: plain JSON or PartialObjectMetadata(List).
std::string accept(const request& what);

/// The body of the HTTP request: `body`, or DeleteOptions for a remove.
std::string to_body(const request& what);

/// One sentence for a log line: verb, kind, object, status and the server's
/// message; never a body of a Secret.
std::string describe(const request& what, const response& answer);

} // namespace holystone::k8s_io
