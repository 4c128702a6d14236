#pragma once

// A cluster as a command sees it that does one thing after another: a call, an
// object, a list; a failure is a sentence. It keeps no view and has no actors.
// Called by release, and by doctor, get and why.

#include "k8s_io/objects.hpp"
#include "k8s_io/requests.hpp"
#include "k8s_io/transport.hpp"

#include <boost/json.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "config/options.hpp"

namespace holystone::cli {

/// Who we are to the cluster that the flags mean.
result<k8s_io::credentials> load_credentials(const config::options& how);

/// One call after another.
class cluster {
public:
  explicit cluster(k8s_io::credentials who);

  /// The cluster that the flags mean.
  static result<std::unique_ptr<cluster>> reach(const config::options& how);

  /// Makes one call.
  k8s_io::response ask(const k8s_io::request& what);

  /// The object; null when there is none.
  result<boost::json::value> get(const k8s_io::resource& kind,
                                 const object_key& key);

  /// Calls `take` with every object of a kind that is selected by labels, and
  /// by fields; an empty namespace means all of them.
  std::optional<error>
  each(const k8s_io::resource& kind, const std::string& ns, std::string labels,
       std::string fields,
       const std::function<void(const boost::json::value&)>& take);

  /// Makes a call whose object may be gone or may have changed meanwhile. True
  /// when it was done.
  result<bool> change(const k8s_io::request& what);

private:
  k8s_io::transport net_;
};

} // namespace holystone::cli
