#pragma once

// An API server in memory: the pure core of the simulated cluster. It answers
// calls by their HTTP meaning and keeps the event history that watches read;
// it has no socket, no thread and no clock, so the same calls at the same
// instants with the same seed give the same bytes. It runs no controllers
// except garbage collection and namespace deletion (`step`), and it answers
// 501 for what it does not model. Called by the wire front, by in-process API
// clients, and through `store` by the simulated controllers.
//
//   api_server server{{.seed = 7}};
//   auto made = server.handle({.method = "POST",
//                              .target = "/api/v1/namespaces",
//                              .body = R"({"metadata":{"name":"apps"}})"},
//                             now);
//   auto watching = server.handle({.target = "/api/v1/pods?watch=1"}, now);
//   auto events = server.pull(*watching.watch, 100);

#include "scheduler/object_key.hpp"
#include "scheduler/result.hpp"
#include "scheduler/time.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace holystone::simulator {

class kind_registry;
struct server_core;

/// One HTTP request without the transport.
struct call {
  std::string method = "GET";
  /// Path and query as they stand in the request line, percent-encoded.
  std::string target;
  std::string content_type;
  std::string accept;
  std::string body;
  /// The authenticated user; only recorded.
  std::string user = "admin";
  /// Its part before the first `/` is the default field manager.
  std::string user_agent;
};

/// Names an open watch.
using watch_id = std::uint64_t;

/// The answer to a call.
struct reply {
  int status = 200;
  std::string content_type = "application/json";
  /// The object, the list, a Status, or the text of a log.
  std::string body;
  /// Set when the call opened a watch; then `body` is empty and the events
  /// come from `api_server::pull`.
  std::optional<watch_id> watch;
  /// The client's `timeoutSeconds`; whoever owns the clock ends the watch.
  std::optional<seconds> watch_timeout;
  /// Goes into the header of that name (429, 503).
  std::optional<seconds> retry_after;
  /// One `Warning: 299` header each.
  std::vector<std::string> warnings;
};

/// What a watch has to say since the last pull.
struct watch_batch {
  /// Complete JSON events, each ending in a newline.
  std::string lines;
  std::size_t events = 0;
  /// The server ended the watch (the last line is an ERROR event, or its
  /// kind is gone); the id is no longer valid.
  bool ended = false;
};

/// How a server is set up.
struct server_options {
  /// UIDs and generated names follow from it.
  std::uint64_t seed = 1;
  /// Events kept per kind; an older resourceVersion gets 410 (R-15).
  std::size_t event_window = 10'000;
  /// The Kubernetes 1.x that it behaves like where versions differ.
  int minor = 36;
};

/// A whole API server; not thread-safe, one owner calls it.
class api_server {
public:
  explicit api_server(server_options options = {});
  ~api_server();

  api_server(const api_server&) = delete;
  api_server& operator=(const api_server&) = delete;

  /// Answers a call under /api or /apis that concerns objects; discovery,
  /// health and OpenAPI belong to the front.
  reply handle(const call& what, instant now);

  /// Creates the object(s) of a YAML or JSON manifest as `kubectl create`
  /// would, CustomResourceDefinitions included; the error names the object.
  std::optional<error> install(std::string_view manifest, instant now);

  // -- watches ----------------------------------------------------------------

  /// The next events of a watch, at most `most`; empty when there are none.
  watch_batch pull(watch_id id, std::size_t most = 1000);

  /// Would `pull` return something?
  bool has_news(watch_id id) const;

  /// Makes the next `pull` end with a BOOKMARK when the client allowed them
  /// (a real server sends about one a minute, R-05).
  void bookmark(watch_id id);

  /// Forgets a watch; unknown ids are fine.
  void close(watch_id id);

  /// Drops all history: watches from older versions and old continue tokens
  /// get 410 (what etcd's compaction does every five minutes, R-16).
  void compact();

  // -- background work --------------------------------------------------------

  /// One round of garbage collection, namespace deletion and event expiry.
  /// Returns when it wants to run again without a change; nullopt: only
  /// after one. Call it until `revision()` stands still.
  std::optional<instant> step(instant now);

  // -- looking in -------------------------------------------------------------

  /// The newest resourceVersion; changes with every write.
  std::uint64_t revision() const;

  /// The Kubernetes 1.x that it behaves like.
  int minor() const;

  /// The kinds served, custom ones included; discovery reads it.
  const kind_registry& kinds() const;

  /// What `GET .../pods/NAME/log` answers; kept until the pod is deleted.
  void set_log(const object_key& pod, std::string text);

  /// The parts that `store` and the verbs share.
  server_core& core();

private:
  std::unique_ptr<server_core> core_;
};

} // namespace holystone::simulator
