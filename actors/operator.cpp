#include "actors/operator.hpp"

#include "actors/api_client.hpp"
#include "actors/doors.hpp"
#include "actors/setup.hpp"
#include "k8s_io/fields.hpp"
#include "k8s_io/transport.hpp"
#include "metrics/broadcaster.hpp"
#include "metrics/instruments.hpp"
#include "metrics/log.hpp"

#include <caf/actor_system.hpp>
#include <caf/scoped_actor.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <csignal>
#include <future>
#include <random>

#include <pthread.h>
#include <unistd.h>

namespace holystone::actors {

namespace {

/// How long an orderly end may take; Kubernetes kills after 30 s.
constexpr auto patience = std::chrono::seconds{10};

std::string make_identity(const config::options& settings) {
  auto name = settings.pod_name;
  if (name.empty()) {
    char host[256] = {};
    gethostname(host, sizeof(host) - 1);
    name = host;
  }
  return fmt::format("{}_{:08x}", name, std::random_device{}());
}

root_setup make_setup(const config::options& settings,
                      const std::shared_ptr<transport>& net,
                      metrics::instruments& meters,
                      metrics::broadcaster& onlookers) {
  auto setup = to_setup(settings, make_identity(settings));
  setup.make_client = [net, &meters](caf::actor_system& system) -> api_client {
    return system.spawn(api_client_over, net, &meters);
  };
  setup.meters = &meters;
  setup.onlookers = &onlookers;
  return setup;
}

/// Blocks the signals that end us in every thread that is started later.
sigset_t block_signals() {
  sigset_t ending;
  sigemptyset(&ending);
  sigaddset(&ending, SIGTERM);
  sigaddset(&ending, SIGINT);
  pthread_sigmask(SIG_BLOCK, &ending, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
  return ending;
}

/// The image of this very pod, which holds the mover as well. Asks until there
/// is an answer, because an API server may be away for a while; empty when a
/// signal ends the waiting.
std::string find_own_image(const config::options& settings, transport& net,
                           const sigset_t& ending) {
  auto what = get(resources::pods, {settings.ns, settings.pod_name});
  for (;;) {
    std::promise<response> asked;
    net.submit(what,
               [&](response answer) { asked.set_value(std::move(answer)); });
    auto answer = asked.get_future().get();
    boost::system::error_code failed;
    auto pod = boost::json::parse(answer.body, failed);
    if (answer.ok() && !failed)
      for (const auto& container : items_at(pod, "spec", "containers"))
        if (auto image = text_at(container, "image"); !image.empty())
          return image;
    metrics::log_warning("waiting for the API server",
                         {{"error", describe(what, answer)}});
    timespec pause{2, 0};
    if (sigtimedwait(&ending, nullptr, &pause) > 0)
      return {};
  }
}

/// Ends the actors whichever way we go: the system waits for them.
struct actors_end {
  root_actor top;

  ~actors_end() {
    caf::anon_send_exit(top, caf::exit_reason::user_shutdown);
  }
};

/// The image of maintenance pods; empty when a signal ended the search.
std::string find_mover_image(const config::options& settings, transport& net,
                             const sigset_t& ending) {
  if (!settings.mover_image.empty())
    return settings.mover_image;
  if (settings.pod_name.empty())
    throw std::runtime_error("--mover-image is needed outside a pod: the "
                             "image with holystone and kopia that "
                             "maintenance pods run");
  return find_own_image(settings, net, ending);
}

void wait_for_end(const sigset_t& ending) {
  int signal = 0;
  sigwait(&ending, &signal);
  metrics::log_info("stopping", {{"signal", signal}});
}

/// An orderly end: the Lease is free for the next.
void give_back(caf::actor_system& system, const root_actor& top) {
  caf::scoped_actor self{system};
  self->request(top, patience, stop_atom::value)
      .receive([](bool) {},
               [](const caf::error& why) {
                 metrics::log_warning("the Lease was not given back",
                                      {{"error", caf::to_string(why)}});
               });
}

int run(config::options settings, const std::shared_ptr<transport>& net,
        std::shared_ptr<transport> side) {
  auto ending = block_signals();
  settings.mover_image = find_mover_image(settings, *net, ending);
  if (settings.mover_image.empty())
    return 0;
  // Before the actors, which use it to their end.
  metrics::instruments meters;
  metrics::broadcaster onlookers;
  caf::actor_system_config config;
  caf::actor_system system{configured(config)};
  auto top = system.spawn(root, make_setup(settings, net, meters, onlookers));
  actors_end end{top};
  doors open{settings, meters, onlookers, std::move(side),
             [top](const exchange_ptr& exchange) {
               caf::anon_send(top, http_atom::value, exchange);
             }};
  wait_for_end(ending);
  give_back(system, top);
  return 0;
}

} // namespace

int run_operator(const config::options& settings) {
  auto sources = find_credentials(settings.kubeconfig);
  auto refuse = [](const std::string& why) {
    metrics::log_error("cannot start", {{"error", why}});
    return 1;
  };
  if (!sources)
    return refuse(sources.why().message);
  auto who = credentials::load(*sources, std::chrono::steady_clock::now());
  if (!who)
    return refuse(who.why().message);
  try {
    auto side = doors::make_side_entrance(settings, *who);
    return run(settings, std::make_shared<transport>(std::move(*who)),
               std::move(side));
  } catch (const std::runtime_error& why) {
    // A port in use, for example.
    return refuse(why.what());
  }
}

} // namespace holystone::actors
