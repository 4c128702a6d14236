#include "config/options.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdlib>
#include <fstream>

#include "scheduler/duration.hpp"

namespace holystone::config {

namespace {

template <class T>
using named = std::pair<std::string_view, T>;

constexpr std::array<named<identity_mode>, 2> identity_modes{
    {{"location", identity_mode::location}, {"secret", identity_mode::secret}}};

constexpr std::array<named<takeover_mode>, 3> takeover_modes{
    {{"idle", takeover_mode::idle},
     {"never", takeover_mode::never},
     {"always", takeover_mode::always}}};

constexpr std::array<named<admission_mode>, 2> admission_modes{
    {{"on", admission_mode::on}, {"off", admission_mode::off}}};

constexpr std::array<named<metrics_access>, 2> metrics_accesses{
    {{"everybody", metrics_access::everybody},
     {"token", metrics_access::token}}};

constexpr std::array<named<log_level>, 4> log_levels{
    {{"debug", log_level::debug},
     {"info", log_level::info},
     {"warn", log_level::warn},
     {"error", log_level::error}}};

constexpr std::array<named<bool>, 2> truths{{{"true", true}, {"false", false}}};

// Collects the first mistake, so that each flag is one line below.
class reader {
public:
  template <class T, std::size_t N>
  void choice(std::string_view flag, const std::string& word,
              const std::array<named<T>, N>& names, T& out) {
    std::string allowed;
    for (auto& [name, value] : names) {
      if (name == word) {
        out = value;
        return;
      }
      allowed += allowed.empty() ? "" : ", ";
      allowed += name;
    }
    fail(flag, word, "one of " + allowed);
  }

  void count(std::string_view flag, const std::string& word, unsigned& out) {
    constexpr unsigned most = 100'000;
    unsigned value = 0;
    auto end = word.data() + word.size();
    auto [at, failure] = std::from_chars(word.data(), end, value);
    if (failure != std::errc{} || at != end || value > most)
      return fail(flag, word, "a number from 0 (no limit) to 100000");
    out = value;
  }

  void span(std::string_view flag, const std::string& word, seconds& out) {
    auto value = scheduler::parse_go_duration(word);
    if (!value || *value < seconds{0} || *value > std::chrono::hours{24})
      return fail(flag, word, "a duration from 0 to 24h such as 90s or 15m");
    out = std::chrono::duration_cast<seconds>(*value);
  }

  void zone(std::string_view flag, const std::string& word,
            scheduler::time_zone& out) {
    auto value = scheduler::find_zone(word);
    if (!value)
      return fail(flag, word,
                  "a name of the IANA time zone database such as UTC or "
                  "Europe/Berlin");
    out = *value;
  }

  void address(std::string_view flag, const std::string& word,
               bind_address& out);

  void name(std::string_view flag, const std::string& word, std::string& out) {
    if (!is_label(word))
      return fail(flag, word, "the name of a namespace");
    out = word;
  }

  void names(std::string_view flag, const std::string& word,
             std::vector<std::string>& out);

  void fail(std::string_view flag, std::string_view word,
            std::string_view wanted) {
    if (!why_)
      why_ = error{fmt::format("{}={}: must be {}", flag, word, wanted)};
  }

  const std::optional<error>& why() const {
    return why_;
  }

private:
  // RFC 1123, as namespaces are named.
  static bool is_label(std::string_view word) {
    auto is_inner = [](char c) {
      return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
    };
    return !word.empty() && word.size() <= 63
           && std::all_of(word.begin(), word.end(), is_inner)
           && word.front() != '-' && word.back() != '-';
  }

  std::optional<error> why_;
};

void reader::address(std::string_view flag, const std::string& word,
                     bind_address& out) {
  auto refuse = [&] {
    fail(flag, word, "[host]:port such as :8080 or 127.0.0.1:8081");
  };
  auto colon = word.rfind(':');
  if (colon == std::string::npos)
    return refuse();
  auto host = word.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']'))
    host = host.substr(1, host.size() - 2);
  else if (host.find(':') != std::string::npos)
    return refuse();
  std::uint16_t port = 0;
  auto end = word.data() + word.size();
  auto [at, failure] = std::from_chars(word.data() + colon + 1, end, port);
  if (failure != std::errc{} || at != end)
    return refuse();
  out = {host, port};
}

void reader::names(std::string_view flag, const std::string& word,
                   std::vector<std::string>& out) {
  out.clear();
  if (word.empty())
    return;
  for (std::size_t begin = 0; begin <= word.size();) {
    auto comma = std::min(word.find(',', begin), word.size());
    auto item = word.substr(begin, comma - begin);
    if (!is_label(item))
      return fail(flag, word, "names of namespaces joined by commas");
    if (std::find(out.begin(), out.end(), item) == out.end())
      out.push_back(item);
    begin = comma + 1;
  }
}

// The flag, else the order that users of the fork know.
std::string operator_namespace(const flag_words& words,
                               const surroundings& process) {
  if (!words.ns.empty())
    return words.ns;
  if (auto ns = process.variable("POD_NAMESPACE"); ns && !ns->empty())
    return *ns;
  if (auto ns = process.account_namespace(); ns && !ns->empty())
    return *ns;
  return "volsync-system";
}

std::string either(const std::string& word, const surroundings& process,
                   const char* variable) {
  return word.empty() ? process.variable(variable).value_or("") : word;
}

} // namespace

surroundings real_surroundings() {
  return {[](const char* name) -> std::optional<std::string> {
            auto value = std::getenv(name);
            return value ? std::optional<std::string>{value} : std::nullopt;
          },
          []() -> std::optional<std::string> {
            std::ifstream file{
                "/var/run/secrets/kubernetes.io/serviceaccount/namespace"};
            std::string ns;
            return file >> ns ? std::optional{ns} : std::nullopt;
          }};
}

result<options> make_options(const flag_words& words,
                             const surroundings& process) {
  options out;
  reader read;
  read.choice("--repository-identity", words.repository_identity,
              identity_modes, out.repository_identity);
  read.choice("--default-maintenance", words.default_maintenance, truths,
              out.default_maintenance);
  read.zone("--timezone", words.timezone, out.timezone);
  read.count("--max-concurrent-maintenance", words.max_concurrent_maintenance,
             out.max_concurrent_maintenance);
  read.count("--max-concurrent-per-endpoint", words.max_concurrent_per_endpoint,
             out.max_concurrent_per_endpoint);
  read.span("--maintenance-jitter", words.maintenance_jitter,
            out.maintenance_jitter);
  read.choice("--takeover", words.takeover, takeover_modes, out.takeover);
  read.choice("--admission", words.admission, admission_modes, out.admission);
  read.names("--namespaces", words.namespaces, out.namespaces);
  read.name("--namespace", operator_namespace(words, process), out.ns);
  read.choice("--leader-elect", words.leader_elect, truths, out.leader_elect);
  read.address("--metrics-bind-address", words.metrics_bind_address,
               out.metrics_bind_address);
  read.address("--inspection-bind-address", words.inspection_bind_address,
               out.inspection_bind_address);
  read.choice("--metrics-access", words.metrics_access, metrics_accesses,
              out.who_reads_metrics);
  if (words.tls_certificate.empty() != words.tls_key.empty())
    read.fail(words.tls_key.empty() ? "--tls-key" : "--tls-certificate", "",
              "the path of a PEM file, because the other of the two is given");
  read.choice("--log-level", words.log_level, log_levels, out.level);
  if (read.why())
    return *read.why();
  out.kubeconfig = either(words.kubeconfig, process, "KUBECONFIG");
  out.mover_image
      = either(words.mover_image, process, "RELATED_IMAGE_KOPIA_CONTAINER");
  out.tls_certificate = words.tls_certificate;
  out.tls_key = words.tls_key;
  out.pod_name = process.variable("POD_NAME").value_or("");
  return out;
}

std::string to_string(const bind_address& where) {
  if (where.host.find(':') != std::string::npos)
    return fmt::format("[{}]:{}", where.host, where.port);
  return fmt::format("{}:{}", where.host, where.port);
}

std::string_view to_string(takeover_mode mode) {
  for (auto& [name, value] : takeover_modes)
    if (value == mode)
      return name;
  return {};
}

} // namespace holystone::config
