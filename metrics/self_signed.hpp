// A certificate authority for one run and a server certificate under it: what
// the simulated cluster and the tests serve TLS with. It is not a PKI: nothing
// is stored, renewed or revoked. Called by the simulator's main and by tests.
#pragma once

#include "metrics/http_server.hpp"

namespace holystone::metrics {

/// What a server needs and what its clients must trust.
struct self_signed {
  /// PEM; goes into the clients' trust (a kubeconfig's CA data).
  std::string authority;
  http_tls server;
};

/// Makes new keys (P-256) and certificates valid from an hour ago for `days`.
/// Each of `names` is `DNS:name` or `IP:address`. Throws std::runtime_error
/// when OpenSSL refuses, such as on a malformed name.
self_signed make_self_signed(const std::vector<std::string>& names,
                             int days = 30);

} // namespace holystone::metrics
