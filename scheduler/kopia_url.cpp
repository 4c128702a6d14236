#include "scheduler/kopia_url.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <vector>

namespace holystone::scheduler {

namespace {

constexpr std::string_view blanks = " \t\r\n";

std::vector<std::string_view> split(std::string_view text, char by) {
  std::vector<std::string_view> parts;
  for (;;) {
    const auto at = text.find(by);
    parts.push_back(text.substr(0, at));
    if (at == std::string_view::npos)
      return parts;
    text.remove_prefix(at + 1);
  }
}

std::string joined(const std::vector<std::string_view>& parts, std::size_t from,
                   std::size_t to, char by) {
  std::string out;
  for (auto i = from; i < to; ++i) {
    if (i > from)
      out += by;
    out += parts[i];
  }
  return out;
}

std::optional<int> parse_port(std::string_view text) {
  int port = 0;
  const auto end = text.data() + text.size();
  const auto [at, failed] = std::from_chars(text.data(), end, port);
  if (failed != std::errc{} || at != end || port < 1 || port > 65535)
    return std::nullopt;
  return port;
}

/// The shortest spelling of an IPv6 address.
std::optional<std::string> ipv6_of(const std::string& host) {
  in6_addr address{};
  if (inet_pton(AF_INET6, host.c_str(), &address) != 1)
    return std::nullopt;
  std::array<char, INET6_ADDRSTRLEN> text{};
  inet_ntop(AF_INET6, &address, text.data(), text.size());
  return std::string{text.data()};
}

bool is_local(std::string_view host) {
  return host == "localhost" || host.ends_with(".localhost")
         || host.starts_with("127.") || host == "::1" || host == "::"
         || host == "0.0.0.0" || host.starts_with("::ffff:127.");
}

bool is_host_name(std::string_view host) {
  return !host.empty() && host.front() != '.' && host.back() != '.'
         && host.find("..") == std::string_view::npos
         && std::all_of(host.begin(), host.end(), [](unsigned char c) {
              return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')
                     || c == '-' || c == '.' || c == '_';
            });
}

struct host_and_port {
  std::string host;
  std::string_view port;
  bool has_port = false;
};

host_and_port split_port(std::string_view text) {
  if (text.starts_with('[')) {
    const auto end = text.find(']');
    if (end != std::string_view::npos) {
      const auto rest = text.substr(end + 1);
      return {std::string{text.substr(1, end - 1)},
              rest.empty() ? rest : rest.substr(1), rest.starts_with(':')};
    }
  }
  const auto colon = text.find(':');
  if (colon == std::string_view::npos
      || text.find(':', colon + 1) != std::string_view::npos)
    return {std::string{text}, {}, false};
  return {std::string{text.substr(0, colon)}, text.substr(colon + 1), true};
}

bool is_ipv6(std::string_view host) {
  return host.find(':') != std::string_view::npos;
}

std::string bracketed(std::string_view host) {
  return is_ipv6(host) ? fmt::format("[{}]", host) : std::string{host};
}

} // namespace

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(blanks);
  if (first == std::string_view::npos)
    return {};
  return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

std::string lower_case(std::string_view text) {
  std::string out{text};
  for (auto& c : out)
    if (c >= 'A' && c <= 'Z')
      c = static_cast<char>(c - 'A' + 'a');
  return out;
}

std::string server_address::endpoint() const {
  return fmt::format("{}:{}", bracketed(identity), port);
}

std::string server_address::dial(int usual_port) const {
  return port == usual_port ? bracketed(host)
                            : fmt::format("{}:{}", bracketed(host), port);
}

std::optional<kopia_url> split_url(std::string_view text) {
  text = trimmed(text);
  const auto mark = text.find("://");
  if (mark == std::string_view::npos)
    return std::nullopt;
  kopia_url url;
  url.scheme = lower_case(text.substr(0, mark));
  text.remove_prefix(mark + 3);
  const auto slash = text.find('/');
  auto authority = text.substr(0, slash);
  if (slash != std::string_view::npos)
    url.path = text.substr(slash);
  if (const auto at = authority.rfind('@'); at != std::string_view::npos) {
    url.user = authority.substr(0, at);
    authority.remove_prefix(at + 1);
  }
  url.host = authority;
  return url;
}

std::optional<error> objection_to(std::string_view key, const kopia_url& url) {
  if (url.user.find(':') != std::string::npos
      || (!url.user.empty() && url.scheme != "sftp"))
    return error{fmt::format("key {}: credentials are not allowed in the URL; "
                             "use the backend's own keys",
                             key)};
  if (url.scheme != "filesystem"
      && (url.host + url.path).find_first_of("?#") != std::string::npos)
    return error{fmt::format("key {}: '?' and '#' are not allowed in the URL; "
                             "put tokens into the backend's own keys",
                             key)};
  return std::nullopt;
}

bool is_plain_name(std::string_view name, std::string_view others,
                   std::size_t longest) {
  return name.size() >= 3 && name.size() <= longest
         && std::all_of(name.begin(), name.end(), [&](char c) {
              return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')
                     || others.find(c) != std::string_view::npos;
            });
}

result<server_address> parse_address(std::string_view key,
                                     std::string_view text, int usual_port,
                                     std::string_view ns) {
  const auto parts = split_port(trimmed(text));
  server_address out;
  out.port = usual_port;
  if (parts.has_port) {
    const auto port = parse_port(parts.port);
    // Not quoted: behind the colon of user:password@host stands no port.
    if (!port)
      return error{fmt::format(
          "key {}: the port is wrong; write host or host:port", key)};
    out.port = *port;
  }
  out.host = lower_case(parts.host);
  if (const auto v6 = ipv6_of(out.host))
    out.host = *v6;
  else if (out.host.ends_with('.'))
    out.host.pop_back();
  if (is_local(out.host))
    return error{fmt::format("key {}: {} is another server in every pod; name "
                             "the server that holds the repository",
                             key, out.host)};
  if (!is_ipv6(out.host) && !is_host_name(out.host))
    return error{fmt::format(
        "key {}: it holds no host name; write host or host:port", key)};
  if (!is_ipv6(out.host) && out.host.find('.') == std::string::npos) {
    if (ns.empty())
      return error{fmt::format("key {}: {} is another server in each "
                               "namespace; write {}.<namespace>.svc",
                               key, out.host, out.host)};
    out.host += fmt::format(".{}.svc", ns);
  }
  out.identity = out.host;
  constexpr std::string_view cluster_domain = ".cluster.local";
  if (out.identity.ends_with(".svc.cluster.local"))
    out.identity.resize(out.identity.size() - cluster_domain.size());
  return out;
}

result<std::string> parse_path(std::string_view key, std::string_view text) {
  std::string out;
  for (const auto segment : split(trimmed(text), '/')) {
    if (segment.empty())
      continue;
    if (segment == "." || segment == "..")
      return error{fmt::format("key {}: '.' and '..' are not allowed in a "
                               "path; write it out",
                               key)};
    for (const unsigned char c : segment)
      if (c < 0x20 || c == 0x7f)
        return error{
            fmt::format("key {}: the path holds a control character", key)};
    if (!out.empty())
      out += '/';
    out += segment;
  }
  return out;
}

result<std::string> parse_prefix(std::string_view key, std::string_view text) {
  auto out = parse_path(key, text);
  if (out && !out->empty())
    *out += '/';
  return out;
}

std::optional<aws_host> recognise_aws(std::string_view host) {
  aws_host out;
  out.host = host;
  auto names = host;
  constexpr std::string_view china = ".amazonaws.com.cn";
  constexpr std::string_view world = ".amazonaws.com";
  if (names.ends_with(china))
    names.remove_suffix(china.size());
  else if (names.ends_with(world))
    names.remove_suffix(world.size());
  else
    return std::nullopt;
  const auto labels = split(names, '.');
  auto service = labels.size();
  for (auto i = labels.size(); i-- > 0 && service == labels.size();)
    if (labels[i] == "s3" || labels[i].starts_with("s3-"))
      service = i;
  const auto after = labels.size() - service;
  if (after == 0 || labels[service] == "s3-accesspoint")
    return std::nullopt;
  const bool endpoint_service = labels.back() == "vpce";
  const bool dual = after > 1 && labels[service + 1] == "dualstack";
  const std::size_t region_at = service + (dual ? 2 : 1);
  const auto known = region_at + 1 + (endpoint_service ? 1 : 0);
  if (labels.size() > known)
    return std::nullopt;
  if (region_at < labels.size() && labels[region_at] != "vpce")
    out.region = labels[region_at];
  else if (labels[service].starts_with("s3-")
           && labels[service].find_first_of("0123456789")
                  != std::string_view::npos
           && labels[service] != "s3-external-1")
    out.region = labels[service].substr(3);
  if (!endpoint_service && service > 0) {
    out.bucket = joined(labels, 0, service, '.');
    out.host = std::string{host.substr(out.bucket.size() + 1)};
  }
  out.partition = host.ends_with(china)               ? "aws-cn"
                  : out.region.starts_with("us-gov-") ? "aws-us-gov"
                                                      : "aws";
  return out;
}

} // namespace holystone::scheduler
