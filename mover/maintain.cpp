#include "mover/maintain.hpp"

#include "mover/child_process.hpp"
#include "mover/maintenance_run.hpp"
#include "mover/redaction.hpp"
#include "mover/report.hpp"
#include "scheduler/kopia_environment.hpp"

#include <fmt/format.h>

#include <array>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include <fcntl.h>
#include <unistd.h>

namespace holystone::mover {

namespace fs = std::filesystem;
using scheduler::failure_class;
using scheduler::mover_report;

namespace {

constexpr int exit_failed = 1;
constexpr int exit_stopped = 128 + SIGTERM;

/// What the platform gives a pod and kopia's backends read: a role instead of
/// keys, and the way out of the cluster.
constexpr std::array<const char*, 18> inherited = {{
    "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_ROLE_ARN",
    "AWS_ROLE_SESSION_NAME",
    "AWS_STS_REGIONAL_ENDPOINTS",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AZURE_AUTHORITY_HOST",
    "AZURE_FEDERATED_TOKEN_FILE",
    "GOMEMLIMIT",
    "HTTPS_PROXY",
    "HTTP_PROXY",
    "NO_PROXY",
    "PATH",
    "TZ",
    "http_proxy",
    "https_proxy",
    "no_proxy",
}};

instant wall_clock() {
  return std::chrono::floor<std::chrono::seconds>(
      std::chrono::system_clock::now());
}

mover_report refusal(const maintain_options& options, instant start,
                     failure_class why, std::string message) {
  mover_report report;
  report.kind = options.kind;
  report.start = start;
  report.end = wall_clock();
  report.why = why;
  report.message = std::move(message);
  report.hint = hint_of(why);
  return report;
}

result<std::string> read_file(const fs::path& path) {
  std::ifstream in{path, std::ios::binary};
  std::string bytes{std::istreambuf_iterator<char>{in}, {}};
  if (!in)
    return error{fmt::format("cannot read {}", path.string())};
  return bytes;
}

/// Reads the mounted Secret once. Kubernetes keeps its own entries,
/// which begin with two dots, beside the keys.
result<scheduler::secret_data> read_credentials(const std::string& directory) {
  scheduler::secret_data out;
  std::error_code failed;
  for (const auto& entry : fs::directory_iterator{directory, failed}) {
    const auto name = entry.path().filename().string();
    if (name.starts_with("..") || !scheduler::is_repository_key(name))
      continue;
    auto bytes = read_file(entry.path());
    if (!bytes)
      return bytes.why();
    out[name] = secret_bytes{std::move(*bytes)};
  }
  if (failed)
    return error{fmt::format("cannot read the credentials in {}: {}", directory,
                             failed.message())};
  return out;
}

/// Where kopia finds the repository on its volume; it is never made.
void find_folder(const maintain_options& options,
                 scheduler::volume_identity& volume) {
  // What kopia's filesystem storage calls the blob with the format.
  constexpr const char* format_file = "kopia.repository.f";
  const fs::path root{volume.mounted_at};
  const auto folder = root / options.repository_folder;
  std::error_code failed;
  if (!options.repository_folder.empty() && !volume.mounted_at.empty()
      && !fs::exists(root / format_file, failed)
      && fs::exists(folder / format_file, failed))
    volume.mounted_at = folder.string();
}

result<scheduler::repository_access>
find_access(const maintain_options& options,
            const scheduler::secret_data& secret) {
  std::optional<scheduler::volume_identity> volume;
  if (!options.volume.empty()) {
    auto parsed = scheduler::parse_volume(options.volume);
    if (!parsed)
      return parsed.why();
    find_folder(options, *parsed);
    volume = *parsed;
  }
  return scheduler::access_repository(secret, options.ns, volume,
                                      options.config_directory);
}

result<bool> write_private(const fs::path& path, std::string_view bytes) {
  const int fd
      = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  const bool written = fd >= 0
                       && ::write(fd, bytes.data(), bytes.size())
                              == static_cast<ssize_t>(bytes.size());
  if (fd >= 0)
    ::close(fd);
  if (!written)
    return error{fmt::format("cannot write {}", path.string())};
  return true;
}

std::map<std::string, secret_bytes>
child_environment(const maintain_options& options,
                  const scheduler::repository_access& access) {
  auto out = access.environment;
  for (const char* name : inherited)
    if (const char* value = std::getenv(name))
      out[name] = secret_bytes{value};
  out["HOME"] = secret_bytes{options.config_directory};
  out["KOPIA_CHECK_FOR_UPDATES"] = secret_bytes{"false"};
  // Go adds this file to the system's certificates, for every backend; kopia's
  // own CA option exists for S3 alone and replaces them.
  if (!options.ca_file.empty())
    out["SSL_CERT_FILE"] = secret_bytes{options.ca_file};
  return out;
}

std::string diagnostics_directory(const maintain_options& options) {
  return options.config_directory + "/diagnostics";
}

child_order make_order(const maintain_options& options,
                       const scheduler::repository_access& access,
                       const kopia_command& command) {
  child_order order;
  order.program = options.kopia;
  order.arguments
      = {fmt::format("--config-file={}/kopia.config", options.config_directory),
         fmt::format("--log-dir={}/logs", options.config_directory),
         "--disable-file-logging",
         "--no-auto-maintenance",
         "--no-persist-credentials",
         "--no-use-keyring",
         "--no-progress"};
  if (command.wants_metrics) {
    order.arguments.emplace_back("--metrics-store-on-exit");
    order.arguments.push_back("--diagnostics-output-directory="
                              + diagnostics_directory(options));
  }
  order.arguments.insert(order.arguments.end(), command.arguments.begin(),
                         command.arguments.end());
  order.environment = child_environment(options, access);
  if (command.needs_token)
    order.input = access.token;
  return order;
}

/// The counters that kopia left behind, of which nothing stays.
std::string take_metrics(const maintain_options& options) {
  std::string out;
  std::error_code failed;
  for (const auto& entry :
       fs::recursive_directory_iterator{diagnostics_directory(options), failed})
    if (entry.path().extension() == ".prom")
      if (const auto text = read_file(entry.path()))
        out += *text;
  fs::remove_all(diagnostics_directory(options), failed);
  return out;
}

mover_report run_to_end(const maintain_options& options,
                        const scheduler::repository_access& access,
                        const redaction& credentials, instant start,
                        child_runner& runner) {
  const auto deadline = child_runner::clock::now() + options.deadline;
  maintenance_run run{options, start};
  next_step next = run.begin();
  while (const auto* command = std::get_if<kopia_command>(&next)) {
    auto order = make_order(options, access, *command);
    order.credentials = credentials;
    auto outcome = runner.run(order, deadline);
    if (command->wants_metrics)
      outcome.metrics = take_metrics(options);
    next = run.step(outcome, wall_clock());
  }
  return std::get<mover_report>(std::move(next));
}

mover_report make_report(const maintain_options& options, instant start,
                         const scheduler::secret_data& secret,
                         const redaction& credentials, child_runner& runner) {
  const auto access = find_access(options, secret);
  if (!access)
    return refusal(options, start, failure_class::authentication,
                   fmt::format("The repository Secret is incomplete: {}.",
                               access.why().message));
  const auto id = scheduler::identify(access->where);
  if (id.hex != options.repository)
    return refusal(
        options, start, failure_class::location_changed,
        fmt::format("The Secret names {} ({}), the operator locked {}.",
                    scheduler::describe(access->where), id.hex,
                    options.repository));
  for (const auto& [name, bytes] : access->files)
    if (const auto written = write_private(
            fs::path{options.config_directory} / name, bytes.reveal());
        !written)
      return refusal(options, start, failure_class::permission,
                     written.why().message + ".");
  return run_to_end(options, *access, credentials, start, runner);
}

/// The ticket first: a Job that the operator did not resume touches nothing.
mover_report admitted_report(const maintain_options& options, instant start,
                             child_runner& runner) {
  if (options.needs_ticket
      && (options.admitted.empty()
          || options.admitted != options.controller_uid))
    return refusal(options, start, failure_class::not_admitted,
                   fmt::format("The ticket of this pod is '{}', its Job is "
                               "'{}': only the operator may resume a Job.",
                               options.admitted, options.controller_uid));
  const auto secret = read_credentials(options.credentials_directory);
  if (!secret)
    return refusal(options, start, failure_class::authentication,
                   secret.why().message + ".");
  const redaction credentials{*secret};
  auto report = make_report(options, start, *secret, credentials, runner);
  report.message = credentials.filter(report.message);
  return report;
}

} // namespace

int maintain(const maintain_options& options) {
  child_runner runner;
  const auto start = wall_clock();
  const auto report = admitted_report(options, start, runner);
  const auto text = to_json(report);
  fmt::print("{}\n", text);
  // In words, as people look for it in a log.
  if (report.cache_hits && report.cache_misses)
    fmt::print("cache hits: {}, misses: {}\n", *report.cache_hits,
               *report.cache_misses);
  std::ofstream log{options.termination_log, std::ios::binary};
  log << text;
  log.close();
  if (!log)
    fmt::print(stderr, "cannot write {}\n", options.termination_log);
  if (runner.stopped())
    return exit_stopped;
  return report.succeeded ? 0 : exit_failed;
}

} // namespace holystone::mover
