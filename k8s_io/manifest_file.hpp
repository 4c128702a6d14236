#pragma once

// Reads a Secret manifest from the text of a file, YAML or JSON, as a user
// hands it to `holystone hash`. Not for anything that the API server sends:
// that is JSON with a known shape (k8s_io/objects.hpp).

#include "scheduler/kopia_environment.hpp"

#include <string>
#include <string_view>

namespace holystone::k8s_io {

/// A Secret as it stands in a manifest.
struct secret_manifest {
  std::string ns;
  std::string name;
  /// `data` decoded, then `stringData` over it, as the API server does.
  scheduler::secret_data data;
};

/// Reads the first Secret in the text; an error names the field and never
/// holds a value.
result<secret_manifest> read_secret_manifest(std::string_view text);

} // namespace holystone::k8s_io
