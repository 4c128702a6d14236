#pragma once

// Direct access to the simulated server for its controllers: the verbs as
// functions on JSON values, with exactly the semantics (and events) that the
// same call over HTTP has. It is a cheap view made for one step; the field
// manager stands for the controller's identity. Used by the simulated CronJob
// and Job controllers, the kubelet, tests and faults; the operator never sees
// it.
//
//   store view{server, "job-controller", now};
//   if (auto job = view.get(k8s_io::resources::jobs, key))
//     view.update_status(k8s_io::resources::jobs, with_start_time(*job));

#include "k8s_io/requests.hpp"
#include "simulator/api_server.hpp"

#include <boost/json.hpp>

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace holystone::simulator {

struct write_context;

/// The answer of a verb: an object, or the Status that says why not.
struct outcome {
  int status = 0;
  /// The object after the verb; a Status when it failed.
  boost::json::value object;

  explicit operator bool() const noexcept {
    return status >= 200 && status < 300;
  }

  const boost::json::value& operator*() const {
    return object;
  }

  /// `Conflict`, `NotFound`, ...; empty on success.
  std::string_view reason() const;

  /// The server's sentence; empty on success.
  std::string_view message() const;
};

/// Guards and ways of a delete.
struct removal {
  std::string uid;
  std::string version;
  /// `Foreground`, `Background`, `Orphan`; empty takes the kind's default.
  std::string propagation = "Background";
  std::optional<long> grace;
};

/// An object that was written or deleted since a cursor.
struct change {
  object_key key;
  std::string uid;
  bool deleted = false;
};

/// Position in the history of one kind; a fresh one is before everything.
struct change_cursor {
  std::uint64_t seen = 0;
};

/// The verbs for controllers.
class store {
public:
  /// `component` signs the Events; it is the manager when empty.
  store(api_server& server, std::string manager, instant now,
        std::string component = {});

  /// The instant of this step.
  instant now() const {
    return now_;
  }

  /// One object; 404 when absent.
  outcome get(const k8s_io::resource& kind, const object_key& key) const;

  /// All objects of a kind; empty `ns` means all namespaces. The selector is
  /// written as in the query, e.g. `a=b,c!=d`.
  std::vector<boost::json::value>
  list(const k8s_io::resource& kind, std::string_view ns = {},
       std::string_view label_selector = {}) const;

  /// The objects whose controller or owner has this UID, of one kind.
  std::vector<boost::json::value> owned_by(const k8s_io::resource& kind,
                                           std::string_view owner_uid) const;

  /// Creates; `metadata.generateName` works.
  outcome create(const k8s_io::resource& kind,
                 const boost::json::value& object);

  /// PUT; a resourceVersion inside the object is a precondition.
  outcome update(const k8s_io::resource& kind,
                 const boost::json::value& object);

  /// PUT of the status subresource.
  outcome update_status(const k8s_io::resource& kind,
                        const boost::json::value& object);

  /// Merge patch of the object or of a subresource (`status`).
  outcome patch(const k8s_io::resource& kind, const object_key& key,
                const boost::json::value& merge,
                std::string_view subresource = {});

  /// Server-side apply with force.
  outcome apply(const k8s_io::resource& kind, const boost::json::value& object);

  /// Deletes.
  outcome remove(const k8s_io::resource& kind, const object_key& key,
                 const removal& how = {});

  /// What changed in a kind since the cursor, each object once, oldest first;
  /// moves the cursor. When history is gone it returns every object that
  /// exists; so deleted ones must be noticed by their absence after
  /// `*complete` was set to true.
  std::vector<change> changes(const k8s_io::resource& kind,
                              change_cursor& cursor,
                              bool* complete = nullptr) const;

  /// Sets what `kubectl logs` shows for a pod.
  void set_log(const object_key& pod, std::string text);

  /// Records an Event about an object, as client-go's recorder does: equal
  /// ones raise the count of the first.
  void event(const boost::json::value& about, std::string_view type,
             std::string_view reason, std::string_view message);

  /// The server behind the view.
  api_server& server() const {
    return server_;
  }

private:
  write_context begin_write();
  outcome put(const k8s_io::resource& kind, const boost::json::value& object,
              std::string_view subresource);
  reply send(std::string method, const k8s_io::resource& kind,
             const object_key& key, std::string_view subresource,
             std::string body, std::string content_type,
             std::string query = {}) const;

  api_server& server_;
  std::string manager_;
  instant now_;
  std::string component_;
};

} // namespace holystone::simulator
