#include "k8s_io/base64.hpp"
#include "k8s_io/credentials.hpp"

#include <fmt/format.h>
#include <yaml-cpp/yaml.h>

#include <cstdlib>

namespace holystone::k8s_io {

namespace {

constexpr auto service_account
    = "/var/run/secrets/kubernetes.io/serviceaccount/";

std::string scalar(const YAML::Node& from, const char* name) {
  auto found = from[name];
  return found && found.IsScalar() ? found.as<std::string>() : std::string{};
}

// The entry called `name` of the list `list`, which holds it under `member`.
result<YAML::Node> find_entry(const YAML::Node& root, const char* list,
                              const std::string& name, const char* member) {
  if (auto entries = root[list]; entries && entries.IsSequence())
    for (auto entry : entries)
      if (entry.IsMap() && scalar(entry, "name") == name) {
        auto found = entry[member];
        if (!found || !found.IsMap())
          return error{fmt::format("kubeconfig: {}[{}].{} is missing", list,
                                   name, member)};
        return YAML::Node{found};
      }
  return error{fmt::format(
      "kubeconfig: there is no entry \"{}\" in {}; name one that exists", name,
      list)};
}

std::string resolved(const std::string& directory, const std::string& path) {
  if (path.empty() || path.front() == '/' || directory.empty())
    return path;
  return directory + '/' + path;
}

// `<name>-data` in place wins over the file `<name>`, as kubectl has it.
std::optional<error> read_pem(const YAML::Node& from, const char* name,
                              const std::string& directory, pem_source& out) {
  auto data_name = fmt::format("{}-data", name);
  auto data = scalar(from, data_name.c_str());
  if (data.empty()) {
    out.path = resolved(directory, scalar(from, name));
    return {};
  }
  auto text = from_base64(data);
  if (!text || text->empty())
    return error{
        fmt::format("kubeconfig: {} is not base64; re-create it", data_name)};
  out.inline_text = secret_bytes{std::move(*text)};
  return {};
}

std::optional<error> read_cluster(const YAML::Node& from,
                                  const std::string& directory,
                                  credential_sources& out) {
  out.server = scalar(from, "server");
  while (!out.server.empty() && out.server.back() == '/')
    out.server.pop_back();
  if (out.server.rfind("https://", 0) != 0
      && out.server.rfind("http://", 0) != 0)
    return error{fmt::format("kubeconfig: cluster.server is \"{}\"; it must "
                             "begin with https:// or http://",
                             out.server)};
  if (!scalar(from, "proxy-url").empty())
    return error{"kubeconfig: cluster.proxy-url is not supported; reach the "
                 "API server directly or through a tunnel"};
  out.tls_server_name = scalar(from, "tls-server-name");
  out.skip_verify = scalar(from, "insecure-skip-tls-verify") == "true";
  if (auto failed
      = read_pem(from, "certificate-authority", directory, out.authority))
    return failed;
  if (out.skip_verify && out.authority.given())
    return error{"kubeconfig: cluster has a certificate-authority and "
                 "insecure-skip-tls-verify; remove one of the two"};
  return {};
}

std::optional<error> refuse_unsupported_user(const YAML::Node& from) {
  for (auto name : {"exec", "auth-provider"})
    if (from[name])
      return error{fmt::format(
          "kubeconfig: user.{} is not supported, since holystone runs no "
          "programs named in a file; use a token, tokenFile or a client "
          "certificate",
          name)};
  for (auto name : {"username", "password"})
    if (from[name])
      return error{fmt::format("kubeconfig: user.{} is not supported; API "
                               "servers take no passwords since 1.19",
                               name)};
  for (auto name : {"as", "as-groups", "as-uid", "as-user-extra"})
    if (from[name])
      return error{fmt::format("kubeconfig: user.{} is not supported; use "
                               "credentials of that user",
                               name)};
  return {};
}

std::optional<error> read_user(const YAML::Node& from,
                               const std::string& directory,
                               credential_sources& out) {
  if (auto failed = refuse_unsupported_user(from))
    return failed;
  out.token_file = resolved(directory, scalar(from, "tokenFile"));
  // A file wins over a token in place, as client-go has it.
  if (out.token_file.empty())
    out.token = secret_bytes{scalar(from, "token")};
  if (auto failed
      = read_pem(from, "client-certificate", directory, out.certificate))
    return failed;
  if (auto failed = read_pem(from, "client-key", directory, out.key))
    return failed;
  if (out.certificate.given() != out.key.given())
    return error{"kubeconfig: user needs both client-certificate and "
                 "client-key, or neither"};
  return {};
}

result<credential_sources> read_kubeconfig(const YAML::Node& root,
                                           const std::string& directory,
                                           const std::string& wanted) {
  if (!root.IsMap())
    return error{"kubeconfig: it is not a YAML mapping"};
  auto name = wanted.empty() ? scalar(root, "current-context") : wanted;
  if (name.empty())
    return error{"kubeconfig: current-context is not set; set it with "
                 "`kubectl config use-context`"};
  auto context = find_entry(root, "contexts", name, "context");
  if (!context)
    return context.why();
  auto cluster
      = find_entry(root, "clusters", scalar(*context, "cluster"), "cluster");
  if (!cluster)
    return cluster.why();
  credential_sources out;
  out.default_namespace = scalar(*context, "namespace");
  if (auto failed = read_cluster(*cluster, directory, out))
    return *failed;
  auto user_name = scalar(*context, "user");
  if (user_name.empty())
    return out;
  auto user = find_entry(root, "users", user_name, "user");
  if (!user)
    return user.why();
  if (auto failed = read_user(*user, directory, out))
    return *failed;
  return out;
}

result<credential_sources> from_file(const std::string& path,
                                     const file_reader& read) {
  auto text = read(path);
  if (!text)
    return text.why();
  auto slash = path.rfind('/');
  auto directory
      = slash == std::string::npos ? std::string{"."} : path.substr(0, slash);
  auto parsed = parse_kubeconfig(*text, directory);
  if (!parsed)
    return error{path + ": " + parsed.why().message};
  return parsed;
}

} // namespace

result<credential_sources> parse_kubeconfig(const std::string& text,
                                            const std::string& directory,
                                            const std::string& context) {
  // yaml-cpp reports by exceptions; what it says quotes no values.
  try {
    return read_kubeconfig(YAML::Load(text), directory, context);
  } catch (const YAML::Exception& problem) {
    return error{fmt::format("kubeconfig: line {}: {}", problem.mark.line + 1,
                             problem.msg)};
  }
}

std::optional<std::string> process_environment(const char* name) {
  auto* found = std::getenv(name);
  return found ? std::optional<std::string>{found} : std::nullopt;
}

result<credential_sources> find_credentials(const std::string& kubeconfig,
                                            const environment& env,
                                            const file_reader& read) {
  if (!kubeconfig.empty())
    return from_file(kubeconfig, read);
  if (auto path = env("KUBECONFIG"); path && !path->empty()) {
    if (path->find(':') != std::string::npos)
      return error{"KUBECONFIG names several files; name one, or merge them "
                   "with `kubectl config view --flatten`"};
    return from_file(*path, read);
  }
  auto host = env("KUBERNETES_SERVICE_HOST");
  auto port = env("KUBERNETES_SERVICE_PORT");
  if (!host || host->empty() || !port || port->empty())
    return error{"no API server is known: KUBERNETES_SERVICE_HOST and "
                 "KUBERNETES_SERVICE_PORT are not set, so this is no pod; "
                 "pass --kubeconfig or set KUBECONFIG"};
  auto is_ipv6 = host->find(':') != std::string::npos;
  credential_sources out;
  out.server = is_ipv6 ? fmt::format("https://[{}]:{}", *host, *port)
                       : fmt::format("https://{}:{}", *host, *port);
  out.token_file = std::string{service_account} + "token";
  out.authority.path = std::string{service_account} + "ca.crt";
  if (auto own = read(std::string{service_account} + "namespace"))
    out.default_namespace = own->substr(0, own->find_first_of(" \r\n"));
  return out;
}

} // namespace holystone::k8s_io
