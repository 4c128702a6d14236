#pragma once

// Where people and Prometheus come in: the server of /metrics and the probes,
// and that of the inspection. It decides which door asks for a token, keeps
// certificates fresh and says where it listens. What is behind the doors is the
// inspector's. Made once by `operator.cpp`.

#include "actors/doorkeeper.hpp"
#include "config/options.hpp"
#include "k8s_io/transport.hpp"
#include "metrics/broadcaster.hpp"
#include "metrics/http_server.hpp"
#include "metrics/instruments.hpp"

#include <memory>

namespace holystone::actors {

/// Both servers, open from its making to its end.
class doors {
public:
  /// `inspect` answers whatever is not /metrics; `side` asks about visitors,
  /// null when none shows a token. Meters and onlookers outlive it. Throws
  /// std::runtime_error when it can't listen, or can't read a certificate.
  doors(const config::options& settings, metrics::instruments& meters,
        metrics::broadcaster& onlookers, std::shared_ptr<transport> side,
        const exchange_handler& inspect);

  /// A connection of its own to ask about visitors; null when none shows a
  /// token.
  static std::shared_ptr<transport>
  make_side_entrance(const config::options& settings, credentials who);

private:
  /// Declared in this order: what it calls back for ends before what the
  /// handlers use.
  std::shared_ptr<transport> asker_;
  std::shared_ptr<doorkeeper> keeper_;
  metrics::http_server public_side_;
  metrics::http_server inspection_;
};

} // namespace holystone::actors
