#include "cli/reach.hpp"

#include <CLI/CLI.hpp>

#include <cstdlib>
#include <filesystem>
#include <string_view>

#include "k8s_io/credentials.hpp"

namespace holystone::cli {

namespace {

/// kubectl's file; empty when there is none, or in a pod.
std::string file_at_home() {
  const auto* home = std::getenv("HOME");
  if (!home || std::getenv("KUBERNETES_SERVICE_HOST"))
    return {};
  auto file = std::filesystem::path{home} / ".kube/config";
  std::error_code failed;
  return std::filesystem::exists(file, failed) ? file.string() : std::string{};
}

/// These commands call the operator's own flag by a longer name.
std::string in_our_words(const std::string& why) {
  constexpr std::string_view flag = "--namespace=";
  return why.starts_with(flag)
             ? "--operator-namespace=" + why.substr(flag.size())
             : why;
}

} // namespace

void add_reach(CLI::App& app, reach_flags& flags) {
  app.add_option("--operator-namespace", flags.operator_namespace,
                 "Where the operator is. Else POD_NAMESPACE, else the service "
                 "account's, else volsync-system.")
      ->type_name("NAME");
  app.add_option("--kubeconfig", flags.kubeconfig,
                 "How to reach the cluster. Else KUBECONFIG, else the pod's "
                 "service account, else ~/.kube/config.")
      ->type_name("FILE");
}

result<config::options> read_reach(const reach_flags& flags) {
  config::flag_words words;
  words.ns = flags.operator_namespace;
  words.kubeconfig = flags.kubeconfig;
  auto how = config::make_options(words, config::real_surroundings());
  if (!how)
    return error{in_our_words(how.why().message)};
  if (how->kubeconfig.empty())
    how->kubeconfig = file_at_home();
  return how;
}

std::string usual_namespace(const reach_flags& flags) {
  auto how = read_reach(flags);
  if (!how)
    return "default";
  auto found = k8s_io::find_credentials(how->kubeconfig);
  return found && !found->default_namespace.empty() ? found->default_namespace
                                                    : "default";
}

} // namespace holystone::cli
