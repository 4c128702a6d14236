// holystone-sim: a Kubernetes cluster in one process, on one port. It joins the
// simulated API server, its controllers, a virtual clock and the wire front;
// all of them live elsewhere.

#include "metrics/log.hpp"
#include "metrics/self_signed.hpp"
#include "simulator/control_plane.hpp"
#include "simulator/kubeconfig.hpp"
#include "simulator/mover_workload.hpp"
#include "simulator/wire.hpp"

#include <boost/json.hpp>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <poll.h>
#include <sys/signalfd.h>
#include <unistd.h>

namespace {

using namespace holystone;

struct settings {
  std::string address = "127.0.0.1";
  std::uint16_t port = 0;
  bool tls = false;
  std::string kubeconfig;
  double time_scale = 1;
  std::string start;
  std::vector<std::string> manifests;
  std::size_t event_window = 10'000;
  std::string kubernetes = "1.36";
  bool no_controllers = false;
  bool no_node = false;
  bool exit_on_stdin_close = false;
};

// A year in a second is the fastest that anybody could mean.
std::string finite_pace(const std::string& text) {
  char* end = nullptr;
  auto pace = std::strtod(text.c_str(), &end);
  bool fits = !text.empty() && *end == '\0' && pace >= 0 && pace <= 31'536'000;
  return fits ? "" : text + " is no number from 0 to 31536000";
}

void describe(CLI::App& app, settings& to) {
  app.add_option("--address", to.address, "numeric address to listen on")
      ->capture_default_str();
  app.add_option("--port", to.port, "port to listen on; 0 takes a free one")
      ->capture_default_str();
  app.add_flag("--tls", to.tls,
               "serve HTTPS with a certificate authority made at the start");
  app.add_option("--kubeconfig", to.kubeconfig,
                 "write a kubeconfig for this cluster to FILE");
  app.add_option("--time-scale", to.time_scale,
                 "simulated seconds in a real second; 0 stops the clock")
      ->check(finite_pace)
      ->capture_default_str();
  app.add_option("--start", to.start,
                 "simulated time at the start, RFC 3339 (default: now)");
  app.add_option("--manifest", to.manifests,
                 "create the objects of FILE, or of all YAML files of a "
                 "folder, at the start; may be repeated");
  app.add_option("--event-window", to.event_window,
                 "events kept of each kind; older versions get 410")
      ->check(CLI::Range(1, 1'000'000'000))
      ->capture_default_str();
  app.add_option("--kubernetes", to.kubernetes,
                 "version to behave like where versions differ")
      ->check(CLI::IsMember(
          {"1.30", "1.31", "1.32", "1.33", "1.34", "1.35", "1.36"}))
      ->capture_default_str();
  app.add_flag("--no-controllers", to.no_controllers,
               "no CronJob or Job controller and no node");
  app.add_flag("--no-node", to.no_node,
               "controllers, but no scheduler and no kubelet: pods stay as "
               "they are");
  app.add_flag("--exit-on-stdin-close", to.exit_on_stdin_close,
               "end when standard input is closed");
  app.set_version_flag("--version", HOLYSTONE_VERSION);
}

[[noreturn]] void fail(const std::string& message) {
  metrics::log_error("cannot start", {{"error", message}});
  std::exit(2);
}

instant start_of(const settings& from) {
  if (from.start.empty())
    return std::chrono::floor<seconds>(std::chrono::system_clock::now());
  auto at = parse_rfc3339(from.start);
  if (!at)
    fail("--start " + from.start + ": write it as 2026-11-21T02:00:00Z");
  return *at;
}

void install(simulator::api_server& server, const std::string& file,
             instant now) {
  std::ifstream in{file};
  std::string text{std::istreambuf_iterator<char>{in}, {}};
  if (!in)
    fail("--manifest " + file + ": cannot read it");
  if (auto why = server.install(text, now))
    fail("--manifest " + file + ": " + why->message);
}

void install_all(simulator::api_server& server, const settings& from,
                 instant now) {
  for (const auto& path : from.manifests) {
    if (!std::filesystem::is_directory(path)) {
      install(server, path, now);
      continue;
    }
    std::vector<std::string> files;
    for (const auto& entry : std::filesystem::directory_iterator{path})
      if (entry.path().extension() == ".yaml")
        files.push_back(entry.path());
    std::sort(files.begin(), files.end());
    for (const auto& file : files)
      install(server, file, now);
  }
}

// What every cluster has before anybody does anything; what the server made
// by itself stays as it is.
void make_first_objects(simulator::api_server& server, instant now) {
  auto create = [&](const std::string& target, std::string_view name) {
    simulator::call what;
    what.method = "POST";
    what.target = target;
    what.content_type = "application/json";
    what.body = fmt::format(R"({{"metadata":{{"name":"{}"}}}})", name);
    auto answer = server.handle(what, now);
    if (answer.status != 201 && answer.status != 409)
      fail("cannot create " + target + ": " + answer.body);
  };
  for (auto name : {"default", "kube-system"})
    create("/api/v1/namespaces", name);
  create("/api/v1/namespaces/default/serviceaccounts", "default");
}

std::string url_of(const settings& from, std::uint16_t port) {
  auto host = from.address == "::" || from.address == "0.0.0.0" ? "127.0.0.1"
                                                                : from.address;
  if (host.find(':') != std::string::npos)
    host = "[" + host + "]";
  return fmt::format("{}://{}:{}", from.tls ? "https" : "http", host, port);
}

// Shows a simulated repository, and changes how its next runs go.
boost::json::value repository(simulator::mover_workload& movers,
                              const boost::json::object& wish) {
  auto text = [&](std::string_view name) -> std::string_view {
    auto* field = wish.if_contains(name);
    return field && field->is_string() ? std::string_view{field->get_string()}
                                       : std::string_view{};
  };
  if (text("hash").empty())
    return nullptr;
  auto& one = movers.repository(text("hash"));
  if (auto name = text("failing"); !name.empty())
    one.failing = scheduler::parse_failure_class(name);
  if (auto* span = wish.if_contains("durationSeconds");
      span && span->is_int64())
    one.duration = seconds{span->get_int64()};
  return {{"hash", text("hash")},
          {"failing", scheduler::to_string(one.failing)},
          {"durationSeconds", one.duration.count()},
          {"runs", one.runs},
          {"bytes", one.bytes}};
}

// A container that says nothing looks like a broken `kubectl logs`.
simulator::workload with_a_log(simulator::workload what) {
  return [what](const boost::json::value& pod,
                const boost::json::value& container, instant start) {
    auto run = what(pod, container, start);
    if (run.log.empty())
      run.log = fmt::format("simulated container, started {}, exit code {}\n",
                            to_rfc3339(start), run.exit_code);
    return run;
  };
}

// Returns at SIGINT, SIGTERM or the end of standard input.
void wait_for_end(const sigset_t& signals, bool watch_stdin) {
  auto ends = ::signalfd(-1, &signals, SFD_CLOEXEC);
  for (;;) {
    pollfd from[] = {{ends, POLLIN, 0}, {watch_stdin ? 0 : -1, POLLIN, 0}};
    if (::poll(from, 2, -1) < 0)
      continue;
    char ignored[256];
    if (from[0].revents != 0
        || (from[1].revents != 0 && ::read(0, ignored, sizeof ignored) <= 0))
      break;
  }
  ::close(ends);
}

void run(const settings& chosen) {
  sigset_t ends;
  sigemptyset(&ends);
  sigaddset(&ends, SIGINT);
  sigaddset(&ends, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &ends, nullptr);

  auto start = start_of(chosen);
  simulator::api_server server{
      {.event_window = chosen.event_window,
       // What follows "1.".
       .minor = std::stoi(chosen.kubernetes.substr(2))}};
  make_first_objects(server, start);
  install_all(server, chosen, start);
  simulator::virtual_clock clock{start, chosen.time_scale,
                                 std::chrono::steady_clock::now()};
  simulator::mover_workload movers;
  std::optional<simulator::control_plane> beside;
  if (!chosen.no_controllers)
    beside.emplace(server, with_a_log(movers.as_workload()));
  if (beside && chosen.no_node)
    beside->node().freeze(true);

  simulator::wire_options options;
  options.http.address = chosen.address;
  options.http.port = chosen.port;
  std::string authority;
  if (chosen.tls) {
    auto made = metrics::make_self_signed(
        {"DNS:localhost", "IP:127.0.0.1", "IP:::1"});
    options.http.tls = made.server;
    authority = made.authority;
  }
  options.controls["/simulator/repositories"]
      = [&](const boost::json::object& wish) {
          return repository(movers, wish);
        };
  simulator::wire front{options, server, clock, [&](instant now) {
                          return beside ? beside->step(now) : server.step(now);
                        }};
  auto url = url_of(chosen, front.port());
  if (!chosen.kubeconfig.empty())
    if (auto why = simulator::write_private_file(
            chosen.kubeconfig, simulator::kubeconfig(url, authority)))
      fail(why->message);
  fmt::print("{}\n", url);
  std::fflush(stdout);
  metrics::log_info("simulated cluster is up",
                    {{"url", url},
                     {"time", to_rfc3339(start)},
                     {"timeScale", chosen.time_scale},
                     {"controllers", !chosen.no_controllers}});
  wait_for_end(ends, chosen.exit_on_stdin_close);
}

} // namespace

int main(int argc, char** argv) {
  CLI::App app{"A Kubernetes cluster in one process: API server, CronJob and "
               "Job controllers, one node. Nothing is really run."};
  settings chosen;
  describe(app, chosen);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& wrong) {
    if (wrong.get_exit_code() == 0)
      return app.exit(wrong);
    fail(wrong.what());
  }
  try {
    run(chosen);
  } catch (const std::exception& why) {
    fail(why.what());
  }
  return 0;
}
