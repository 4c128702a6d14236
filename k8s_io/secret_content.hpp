#pragma once

// Secrets with their bytes: reading one from JSON, and the body of a copy of
// ours. Called by the secret mirror only; nothing here is ever logged.

#include "k8s_io/requests.hpp"
#include "scheduler/kopia_environment.hpp"
#include "scheduler/repository.hpp"

#include <boost/json/value.hpp>

#include <string>
#include <string_view>

namespace holystone::k8s_io {

/// The data of a Secret (base64) or of a ConfigMap (plain text).
result<scheduler::secret_data> read_content(std::string_view object);

/// What a Secret's annotations say that it is a copy of, whether or not its
/// labels say that it is one.
scheduler::copy_fact read_copy(const boost::json::value& object);

/// The name S0 gives a copy: `maintenance-{namespace}-{secretName}`; with
/// `suffixed`, or over 63 characters, shortened and with a hash of the source,
/// because `a-b` + `c` and `a` + `b-c` read alike.
std::string copy_name(const scheduler::copy_source& source,
                      std::string_view repository, bool suffixed);

/// Creates a copy, or replaces the content of the existing one by UID, with
/// exactly these keys; only keys that kopia's backends know are copied
/// (contract section 4), or the CA's one key.
result<request>
copy_request(const scheduler::write_copy& what, std::string_view repository,
             std::string_view operator_namespace, std::string_view name,
             const object_uid& source_uid, std::string_view source_version,
             const scheduler::secret_data& content);

} // namespace holystone::k8s_io
