#pragma once

// The resource table: which kinds the server serves, where, and what is
// special about each. Built-in kinds are there from the start; kinds of
// CustomResourceDefinitions come and go. It knows nothing of objects. Read by
// the verbs, by discovery (the front) and by the table printer.

#include "k8s_io/requests.hpp"

#include <list>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace holystone::simulator {

struct custom_kind;

/// One served kind in one version.
struct kind_info {
  std::string group;
  std::string version;
  std::string plural;
  std::string singular;
  std::string kind;
  std::string list_kind;
  std::vector<std::string> short_names;
  /// `all` makes `kubectl get all` show it.
  std::vector<std::string> categories;
  bool namespaced = true;
  /// `status`, `log`, `scale`: those that are served.
  std::vector<std::string> subresources;
  /// The verbs of discovery.
  std::vector<std::string> verbs;
  /// Writing status through the main resource is ignored and vice versa.
  bool has_status = false;
  /// metadata.generation is kept (it counts changes outside of metadata and
  /// status).
  bool has_generation = false;
  /// PUT without resourceVersion is allowed.
  bool unconditional_update = false;
  /// PUT of an absent object creates it.
  bool create_on_update = false;
  /// Schema, printer columns and rules of a custom kind; null for built-ins.
  std::shared_ptr<const custom_kind> custom;
  /// The definition has changed: stored objects may hold what it does not know.
  bool redefined = false;

  /// `batch/v1`, or `v1` for the core group.
  std::string api_version() const;
  /// `jobs.batch`, or `pods` for the core group; unique.
  std::string id() const;
  /// Is the subresource served?
  bool serves(std::string_view subresource) const;
};

/// Is it the kind of the definitions of custom kinds?
bool is_definition(const kind_info& kind);

/// The finalizer under which a definition waits for its objects to go.
inline constexpr std::string_view definition_cleanup
    = "customresourcecleanup.apiextensions.k8s.io";

/// All served kinds; addresses of entries are stable until removed.
class kind_registry {
public:
  /// Holds the built-in kinds.
  kind_registry();

  /// The kind served at group, version and plural; null when there is none.
  const kind_info* find(std::string_view group, std::string_view version,
                        std::string_view plural) const;

  /// The same, for a resource as clients name it.
  const kind_info* find(const k8s_io::resource& what) const;

  /// By apiVersion and kind, as they stand in a manifest.
  const kind_info* find_kind(std::string_view api_version,
                             std::string_view kind) const;

  /// In a stable order: built-ins, then custom kinds as they came.
  const std::list<kind_info>& all() const {
    return kinds_;
  }

  /// Adds or replaces a custom kind.
  void put(kind_info what);

  /// Removes a custom kind.
  void remove(std::string_view group, std::string_view plural);

private:
  std::list<kind_info> kinds_;
};

} // namespace holystone::simulator
