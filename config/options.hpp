#pragma once

// The operator's settings: what its flags and its environment say, checked and
// typed. It is not a parser of other commands' flags and reads no file but the
// service account's namespace. `holystone operator` fills it once at start;
// afterwards it is passed by value and never changes.

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "scheduler/result.hpp"
#include "scheduler/time.hpp"
#include "scheduler/timeline.hpp"

namespace CLI {
class App;
} // namespace CLI

namespace holystone::config {

/// What the hash of a repository is made of (contract section 1).
enum class identity_mode { location, secret };

/// When the mover takes a repository over from a stranger (section 6).
enum class takeover_mode { idle, never, always };

/// Does the operator hand out tickets (section 5) or leave runs to Forbid?
enum class admission_mode { on, off };

/// Who may read /metrics: everybody, or who brings a token that the API server
/// knows and that may read it.
enum class metrics_access { everybody, token };

/// The least important line that is still logged.
enum class log_level { debug, info, warn, error };

/// Where a server listens; an empty host is every address of the machine.
struct bind_address {
  std::string host;
  std::uint16_t port = 0;

  friend bool operator==(const bind_address&, const bind_address&) = default;
};

/// Every setting with its default.
struct options {
  identity_mode repository_identity = identity_mode::location;
  /// Does a source that says nothing about maintenance claim it?
  bool default_maintenance = true;
  /// For schedules that name no zone; every CronJob gets one.
  scheduler::time_zone timezone;
  /// 0: no limit.
  unsigned max_concurrent_maintenance = 10;
  /// 0: no limit.
  unsigned max_concurrent_per_endpoint = 0;
  /// Scheduled Jobs wait up to this long, by the repository's hash.
  seconds maintenance_jitter{0};
  takeover_mode takeover = takeover_mode::idle;
  admission_mode admission = admission_mode::on;
  /// The namespaces that are served; empty: all of them.
  std::vector<std::string> namespaces;
  /// The operator namespace.
  std::string ns = "volsync-system";
  /// This process's own pod; empty outside a cluster.
  std::string pod_name;
  /// Path of a kubeconfig; empty: the service account of the pod.
  std::string kubeconfig;
  bool leader_elect = true;
  bind_address metrics_bind_address{"", 8080};
  bind_address inspection_bind_address{"127.0.0.1", 8081};
  metrics_access who_reads_metrics = metrics_access::everybody;
  /// Both servers speak TLS with these; empty: plain HTTP.
  std::string tls_certificate;
  std::string tls_key;
  /// Image of the maintenance pods; empty: that of the operator's own pod.
  std::string mover_image;
  log_level level = log_level::info;
};

/// What the process was started in; passed in so that tests can choose it.
struct surroundings {
  /// The value of an environment variable, if it is set.
  std::function<std::optional<std::string>(const char*)> variable;
  /// The namespace that the service account's file names, if there is one.
  std::function<std::optional<std::string>()> account_namespace;
};

/// The process's real environment and files.
surroundings real_surroundings();

/// The words of the flags, not yet understood; see `add_flags`.
struct flag_words {
  std::string repository_identity = "location";
  std::string default_maintenance = "true";
  std::string timezone = "UTC";
  std::string max_concurrent_maintenance = "10";
  std::string max_concurrent_per_endpoint = "0";
  std::string maintenance_jitter = "0";
  std::string takeover = "idle";
  std::string admission = "on";
  std::string namespaces;
  std::string ns;
  std::string kubeconfig;
  std::string leader_elect = "true";
  std::string metrics_bind_address = ":8080";
  std::string inspection_bind_address = "127.0.0.1:8081";
  std::string metrics_access = "everybody";
  std::string tls_certificate;
  std::string tls_key;
  std::string mover_image;
  std::string log_level = "info";
};

/// Declares the operator's flags with their help; they are written to `words`,
/// which must live as long as `app`.
void add_flags(CLI::App& app, flag_words& words);

/// Understands the flags and fills the rest from the surroundings. The error
/// is one line that names the flag and the values that it takes.
result<options> make_options(const flag_words& words,
                             const surroundings& process);

/// `[::1]:8081`, `:8080`; the form that the flags take.
std::string to_string(const bind_address& where);

/// The word that the flag takes.
std::string_view to_string(takeover_mode mode);

} // namespace holystone::config
