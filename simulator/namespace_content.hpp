#pragma once

// What kube-controller-manager puts into every namespace and puts back when
// somebody takes it away: the ServiceAccount `default`, which pods without
// another one use, and the ConfigMap `kube-root-ca.crt`. Not namespace
// deletion, which is the collector's. Run by the control plane.

#include "scheduler/time.hpp"
#include "simulator/api_server.hpp"
#include "simulator/store.hpp"

#include <string>

namespace holystone::simulator {

/// The service account controller and the publisher of the root certificate.
class namespace_content {
public:
  explicit namespace_content(api_server& server);

  /// Makes what is missing.
  void step(instant now);

private:
  void complete(store& view, const std::string& ns);

  api_server& server_;
  change_cursor namespaces_;
  change_cursor accounts_;
  change_cursor config_maps_;
};

} // namespace holystone::simulator
