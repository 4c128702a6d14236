#include "mover/failure.hpp"

#include "scheduler/short_text.hpp"

#include <array>
#include <csignal>

namespace holystone::mover {

using scheduler::failure_class;

namespace {

struct pattern {
  std::string_view text;
  failure_class why;
};

/// The first that occurs decides, so the special stands before the general: a
/// wrapped error names the operation first and the cause last.
constexpr std::array<pattern, 70> patterns = {{
    {"invalid repository password", failure_class::authentication},
    {"maintenance must be run by designated user", failure_class::ownership},
    {"clock skew", failure_class::clock_skew},
    {"RequestTimeTooSkewed", failure_class::clock_skew},
    {"difference between the request time", failure_class::clock_skew},
    {"no space left on device", failure_class::cache_full},
    {"disk quota exceeded", failure_class::cache_full},
    {"cannot allocate memory", failure_class::out_of_memory},
    {"out of memory", failure_class::out_of_memory},
    {"read-only file system", failure_class::read_only},
    {"repository is read-only", failure_class::read_only},
    {"storage is read-only", failure_class::read_only},
    {"read-only repository", failure_class::read_only},
    {"read-only mode", failure_class::read_only},
    {"unable to decode token", failure_class::authentication},
    {"SignatureDoesNotMatch", failure_class::authentication},
    {"signature we calculated does not match", failure_class::authentication},
    {"InvalidAccessKeyId", failure_class::authentication},
    {"Access Key Id you provided does not exist",
     failure_class::authentication},
    {"access key ID you provided does not exist",
     failure_class::authentication},
    {"InvalidToken", failure_class::authentication},
    {"ExpiredToken", failure_class::authentication},
    {"AuthenticationFailed", failure_class::authentication},
    {"AuthorizationFailure", failure_class::authentication},
    {"bad_auth_token", failure_class::authentication},
    {"invalid_grant", failure_class::authentication},
    {"could not find default credentials", failure_class::authentication},
    {"unauthorized", failure_class::authentication},
    {"Unauthorized", failure_class::authentication},
    {"unable to authenticate", failure_class::authentication},
    // Wrong password of WebDAV; keys of others that can't even be read.
    {"Authorize ", failure_class::authentication},
    {"unable to initialize storage access key credentials",
     failure_class::authentication},
    {"error parsing private key", failure_class::authentication},
    {"ReadStream .shards: 403", failure_class::permission},
    {"does not have storage.", failure_class::permission},
    {"AccessDenied", failure_class::permission},
    {"Access Denied", failure_class::permission},
    {"access denied", failure_class::permission},
    {"permission denied", failure_class::permission},
    {"Permission denied", failure_class::permission},
    {"operation not permitted", failure_class::permission},
    {"Forbidden", failure_class::permission},
    {"knownhosts:", failure_class::network},
    {"no such host", failure_class::network},
    {"connection refused", failure_class::network},
    {"connection reset", failure_class::network},
    {"network is unreachable", failure_class::network},
    {"no route to host", failure_class::network},
    {"i/o timeout", failure_class::network},
    {"deadline exceeded", failure_class::network},
    {"TLS handshake", failure_class::network},
    {"x509:", failure_class::network},
    {"tls:", failure_class::network},
    {"HTTP response to HTTPS client", failure_class::network},
    {"unexpected EOF", failure_class::network},
    {"repository not initialized", failure_class::not_found},
    {"not connected to a repository", failure_class::not_found},
    {"bucket doesn't exist", failure_class::not_found},
    {"bucket does not exist", failure_class::not_found},
    {"NoSuchBucket", failure_class::not_found},
    {"ContainerNotFound", failure_class::not_found},
    {"cannot access storage path", failure_class::not_found},
    {"no such file or directory", failure_class::not_found},
    {"BLOB not found", failure_class::corrupt},
    {"corrupt", failure_class::corrupt},
    {"error decrypting", failure_class::corrupt},
    {"invalid format blob", failure_class::corrupt},
    {"invalid schedule blob", failure_class::corrupt},
    {"invalid checksum", failure_class::corrupt},
    {"unable to create GCS client", failure_class::authentication},
}};

/// Lines that say what kopia could not tell others, not why it failed.
bool is_noise(std::string_view line) {
  return line.starts_with("unable to send notification")
         || line.starts_with("unable to write diagnostics blob");
}

failure_class find_pattern(std::string_view text) {
  for (const auto& known : patterns)
    if (text.find(known.text) != std::string_view::npos)
      return known.why;
  return failure_class::unknown;
}

/// Calls `look` with each line that tells something, the last first, until it
/// returns true.
template <class Look>
void from_the_end(std::string_view errors, Look look) {
  while (!errors.empty()) {
    const auto end = errors.find_last_not_of(" \r\n\t");
    if (end == std::string_view::npos)
      return;
    errors = errors.substr(0, end + 1);
    const auto begin = errors.find_last_of("\r\n");
    const auto at = begin == std::string_view::npos ? 0 : begin + 1;
    const auto line = errors.substr(at);
    if (!is_noise(line) && look(line))
      return;
    errors = errors.substr(0, at);
  }
}

} // namespace

failure_class classify(const kopia_outcome& outcome) {
  if (outcome.succeeded())
    return failure_class::none;
  if (outcome.timed_out)
    return failure_class::timeout;
  if (outcome.stopped || !outcome.started)
    return failure_class::unknown;
  if (outcome.signal == SIGKILL)
    return failure_class::out_of_memory;
  auto why = failure_class::unknown;
  from_the_end(outcome.errors, [&](std::string_view line) {
    why = find_pattern(line);
    return why != failure_class::unknown;
  });
  return why;
}

std::string last_line(std::string_view errors) {
  constexpr std::size_t most = 300;
  std::string out;
  from_the_end(errors, [&](std::string_view line) {
    out = scheduler::shorten(line, most);
    return true;
  });
  return out;
}

} // namespace holystone::mover
