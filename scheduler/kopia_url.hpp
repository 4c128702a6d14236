#pragma once

// Reads the addresses that a repository Secret holds and brings each to one
// spelling: hosts, ports, prefixes and paths. Two spellings of one place must
// come out equal, two places never. Pure text work for
// scheduler/kopia_backends_*.cpp; it resolves no names.

#include "scheduler/result.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace holystone::scheduler {

/// Without white space (a Secret made from a file ends in a newline).
std::string_view trimmed(std::string_view text);

/// ASCII letters in lower case.
std::string lower_case(std::string_view text);

/// A server address.
struct server_address {
  /// The name that the mover dials.
  std::string host;
  /// The name that the identity holds; differs where several names are sure
  /// to mean one server.
  std::string identity;
  int port = 0;

  /// `identity:port`, the form that locations hold: the effective port stays,
  /// because http:80 and https:443 of one host are two servers.
  std::string endpoint() const;

  /// `host` or `host:port`, without the port if it is `usual_port`.
  std::string dial(int usual_port) const;
};

/// A URL taken apart; nothing is decoded.
struct kopia_url {
  std::string scheme;
  std::string user;
  std::string host;
  std::string path;
};

/// Splits `scheme://[user@]host[:port][/path]`; absent if there is no `://`.
std::optional<kopia_url> split_url(std::string_view text);

/// What a URL may not hold, because locations are published and these parts
/// carry credentials: a user, a query, a fragment. Quotes nothing; `key` names
/// the Secret's key. An SFTP URL may name its user, a file's path may hold
/// anything.
std::optional<error> objection_to(std::string_view key, const kopia_url& url);

/// Are these all the characters of a name, `others` beside a-z and 0-9, and
/// its length from 3 to `longest`?
bool is_plain_name(std::string_view name, std::string_view others,
                   std::size_t longest);

/// Reads `host[:port]`. `key` names the Secret's key in errors. A host without
/// a dot becomes `host.<ns>.svc`; localhost is refused.
result<server_address> parse_address(std::string_view key,
                                     std::string_view text, int usual_port,
                                     std::string_view ns);

/// Collapses slashes and drops those at both ends; `.`, `..` and control
/// characters are refused.
result<std::string> parse_path(std::string_view key, std::string_view text);

/// The same, with the trailing slash that makes a prefix a folder; empty stays
/// empty.
result<std::string> parse_prefix(std::string_view key, std::string_view text);

/// What an Amazon S3 host name says.
struct aws_host {
  std::string partition;
  std::string region;
  /// Virtual-host style: the bucket in front of the service's name.
  std::string bucket;
  /// The host without that bucket.
  std::string host;
};

/// Recognises regional, dual-stack, legacy, FIPS and virtual-host names.
std::optional<aws_host> recognise_aws(std::string_view host);

} // namespace holystone::scheduler
