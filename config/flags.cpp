// The operator's flags and their help; the part of options.hpp that knows the
// command line library.

#include <CLI/CLI.hpp>

#include "config/options.hpp"

namespace holystone::config {

namespace {

// `--flag` alone and `--flag=false` both work, as users of Go programs expect.
void add_switch(CLI::App& app, const char* name, std::string& word,
                const char* help) {
  app.add_flag(name, word, help)
      ->default_str(word)
      ->type_name("true|false")
      ->take_last();
}

void add_word(CLI::App& app, const char* name, std::string& word,
              const char* type, const char* help) {
  app.add_option(name, word, help)
      ->default_str(word)
      ->type_name(type)
      ->take_last();
}

void add_cluster_flags(CLI::App& app, flag_words& words) {
  add_word(app, "--namespace", words.ns, "NAME",
           "Operator namespace, where CronJobs, copies and Leases live. Else "
           "POD_NAMESPACE, else the service account's, else volsync-system.");
  add_word(app, "--namespaces", words.namespaces, "NAME,...",
           "Serve only these namespaces; default: all.");
  add_word(app, "--kubeconfig", words.kubeconfig, "FILE",
           "How to reach the cluster. Else KUBECONFIG, else the pod's service "
           "account.");
  add_switch(app, "--leader-elect", words.leader_elect,
             "Write only while holding the Lease; off only when no second "
             "operator can run.");
  add_word(app, "--mover-image", words.mover_image, "IMAGE",
           "Image of maintenance pods. Else RELATED_IMAGE_KOPIA_CONTAINER, "
           "else the image of the operator's own pod.");
}

void add_maintenance_flags(CLI::App& app, flag_words& words) {
  add_word(app, "--repository-identity", words.repository_identity,
           "location|secret",
           "What makes two sources one repository: where the data lies, or "
           "secret name, CA and location.");
  add_switch(app, "--default-maintenance", words.default_maintenance,
             "Maintain the repository of a source that says nothing about "
             "maintenance.");
  add_word(app, "--timezone", words.timezone, "ZONE",
           "Time zone of schedules that name none.");
  add_word(app, "--max-concurrent-maintenance",
           words.max_concurrent_maintenance, "N",
           "Runs at one time over all repositories; 0: no limit.");
  add_word(app, "--max-concurrent-per-endpoint",
           words.max_concurrent_per_endpoint, "N",
           "Runs at one time per storage endpoint; 0: no limit.");
  add_word(app, "--maintenance-jitter", words.maintenance_jitter, "DURATION",
           "Delay scheduled runs by up to this much, evenly by repository.");
  add_word(app, "--takeover", words.takeover, "idle|never|always",
           "When a repository that a stranger owns is taken over; idle: when "
           "its last run is older than twice the full interval.");
  add_word(app, "--admission", words.admission, "on|off",
           "Let one maintenance pod at a time into a repository; off: plain "
           "CronJobs, which keep neither that promise nor the limits above, "
           "--maintenance-jitter and maintenanceIntervalDays; see "
           "docs/troubleshooting.md.");
}

void add_server_flags(CLI::App& app, flag_words& words) {
  add_word(app, "--metrics-bind-address", words.metrics_bind_address,
           "[HOST]:PORT", "Serves /metrics, /healthz and /readyz.");
  add_word(app, "--inspection-bind-address", words.inspection_bind_address,
           "[HOST]:PORT",
           "Serves the inspection; not on loopback it takes a token of the "
           "cluster, as --metrics-access=token does.");
  add_word(app, "--metrics-access", words.metrics_access, "everybody|token",
           "Who may read /metrics; token: who sends a bearer token of the "
           "cluster that may get the path.");
  add_word(
      app, "--tls-certificate", words.tls_certificate, "FILE",
      "PEM chain with which both servers speak TLS; read again each minute.");
  add_word(app, "--tls-key", words.tls_key, "FILE",
           "PEM key of --tls-certificate.");
  add_word(app, "--log-level", words.log_level, "debug|info|warn|error",
           "Least important line that is logged.");
}

} // namespace

void add_flags(CLI::App& app, flag_words& words) {
  add_maintenance_flags(app, words);
  add_cluster_flags(app, words);
  add_server_flags(app, words);
}

} // namespace holystone::config
