#pragma once

// Who we are to the API server, and which server we trust: a kubeconfig file
// or the service account of our pod, kept fresh. It is not a connection and
// reads files only, through a reader that tests replace. Owned by the
// transport, whose thread calls it before each request; made at start-up by
// `credentials::load`. Plugins (exec, auth-provider) are refused: a maintenance
// operator must not run programs named in a file.

#include "scheduler/result.hpp"
#include "scheduler/secret_bytes.hpp"

#include <chrono>
#include <functional>
#include <optional>
#include <string>

namespace holystone::k8s_io {

/// Reads a whole file; tests pass their own.
using file_reader = std::function<result<std::string>(const std::string& path)>;

/// Reads up to 1 MiB from the file system.
result<std::string> read_file(const std::string& path);

/// A PEM text that is given in place or by the path of a file.
struct pem_source {
  secret_bytes inline_text;
  std::string path;

  /// Is either given?
  bool given() const noexcept {
    return !path.empty() || !inline_text.reveal().empty();
  }
};

/// What a kubeconfig or a pod's environment says, before files are read.
struct credential_sources {
  /// `https://host:port` with an optional path, no slash at the end.
  std::string server;
  /// The namespace of the context or of the service account; may be empty.
  std::string default_namespace;
  /// The name to verify in the server's certificate, when not the host's.
  std::string tls_server_name;
  /// `insecure-skip-tls-verify`; never set in a pod.
  bool skip_verify = false;
  pem_source authority;
  pem_source certificate;
  pem_source key;
  secret_bytes token;
  std::string token_file;
  /// The way to the server is this machine's own, so that a token may travel
  /// without TLS. Nobody's kubeconfig says so.
  bool is_private_way = false;
};

/// Reads the text of a kubeconfig; relative paths are taken from `directory`.
/// `context` empty: its `current-context`.
result<credential_sources> parse_kubeconfig(const std::string& text,
                                            const std::string& directory,
                                            const std::string& context = {});

/// The environment, as far as it concerns us; tests pass their own.
using environment = std::function<std::optional<std::string>(const char* name)>;

/// The environment of this process.
std::optional<std::string> process_environment(const char* name);

/// Where credentials come from: `kubeconfig` if not empty, else the file that
/// KUBECONFIG names, else the pod's service account. There is no fall-back to
/// a file in a home directory: an operator never works on a cluster by chance.
result<credential_sources>
find_credentials(const std::string& kubeconfig,
                 const environment& env = process_environment,
                 const file_reader& read = read_file);

/// Tokens, certificates and authorities, re-read as they are rotated (R-40 to
/// Not thread-safe.
class credentials {
public:
  using time_point = std::chrono::steady_clock::time_point;

  /// What a TLS connection is made with; a change of `generation` means that
  /// idle connections must be closed.
  struct tls {
    std::string authority;
    secret_bytes certificate;
    secret_bytes key;
    unsigned generation = 0;
  };

  /// Reads every file once; an error names the file and the field.
  static result<credentials> load(credential_sources sources, time_point now,
                                  file_reader read = read_file);

  /// The server's base address.
  const std::string& server() const noexcept {
    return sources_.server;
  }

  /// The server's name for verification; empty: the host of the address.
  const std::string& tls_server_name() const noexcept {
    return sources_.tls_server_name;
  }

  /// Our own namespace, if the source told it.
  const std::string& default_namespace() const noexcept {
    return sources_.default_namespace;
  }

  /// Is the server's certificate taken without a look?
  bool skip_verify() const noexcept {
    return sources_.skip_verify;
  }

  /// May a token travel without TLS?
  bool is_private_way() const noexcept {
    return sources_.is_private_way;
  }

  /// The bearer token to use now, empty if there is none. Re-reads its file
  /// when the last look is a minute old; keeps the old one on errors.
  const secret_bytes& token(time_point now);

  /// A request that started at `started` was refused with 401: drops the token
  /// if it was read before that and re-reads it. Says whether it makes sense to
  /// repeat the request.
  bool refused(time_point started, time_point now);

  /// Certificates for new connections, re-read every five minutes; an empty or
  /// unreadable file keeps the old ones.
  const tls& tls_now(time_point now);

private:
  credentials(credential_sources sources, file_reader read);

  std::optional<error> read_token(time_point now);
  std::optional<error> read_tls();

  credential_sources sources_;
  file_reader read_;
  secret_bytes token_;
  time_point token_looked_{};
  time_point token_changed_{};
  tls tls_;
  time_point tls_looked_{};
};

} // namespace holystone::k8s_io
