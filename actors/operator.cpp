#include "actors/operator.hpp"

#include "actors/api_client.hpp"
#include "actors/doorkeeper.hpp"
#include "actors/setup.hpp"
#include "k8s_io/fields.hpp"
#include "k8s_io/transport.hpp"
#include "metrics/answer_text.hpp"
#include "metrics/broadcaster.hpp"
#include "metrics/http_server.hpp"
#include "metrics/instruments.hpp"
#include "metrics/log.hpp"
#include "metrics/program_pages.hpp"

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

/// Proxies cut what is silent for a minute.
constexpr auto heartbeat = std::chrono::seconds{15};
constexpr auto tidying = std::chrono::seconds{30};

/// The kubelet itself takes a minute to bring a renewed Secret to the pod.
constexpr auto renewal_interval = std::chrono::minutes{1};

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

metrics::http_server serve(const config::bind_address& where,
                           const config::options& settings,
                           metrics::http_server::handler handle) {
  metrics::http_options options;
  if (!where.host.empty())
    options.address = where.host;
  options.port = where.port;
  if (!settings.tls_certificate.empty())
    options.tls = metrics::http_tls::from_files(settings.tls_certificate,
                                                settings.tls_key);
  // The series of all repositories for who doesn't take them compressed.
  options.limits.answer_bytes = std::size_t{1} << 30;
  return {std::move(options), metrics::read_only(std::move(handle))};
}

/// Who renews the certificate need not restart us.
void follow_renewals(metrics::http_server& server,
                     const config::options& settings) {
  if (settings.tls_certificate.empty())
    return;
  server.every(renewal_interval, [&server,
                                  certificate = settings.tls_certificate,
                                  key = settings.tls_key] {
    try {
      if (server.renew(metrics::http_tls::from_files(certificate, key)))
        metrics::log_info("the certificate was renewed",
                          {{"file", certificate}});
    } catch (const std::runtime_error& why) {
      metrics::log_warning("the certificate is the one before",
                           {{"error", why.what()}});
    }
  });
}

/// Where it listens; a port that was left open is known only now.
std::string place_of(config::bind_address where,
                     const metrics::http_server& server) {
  where.port = server.port();
  return config::to_string(where);
}

void serve_metrics(const std::shared_ptr<metrics::http_exchange>& exchange,
                   metrics::instruments& meters) {
  // With ten thousand repositories it is fifty megabytes of text.
  auto compress = metrics::takes_gzip(
      exchange->request().headers.find("Accept-Encoding").value_or(""));
  metrics::http_response page;
  page.content_type = metrics::instruments::content_type;
  if (compress)
    page.headers.add("Content-Encoding", "gzip");
  page.body = meters.expose(compress);
  exchange->respond(std::move(page));
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

/// For asking about visitors: a flood of them must not stand in the way of
/// reconciling.
std::shared_ptr<transport> make_side_entrance(credentials who) {
  transport_limits limits;
  limits.in_flight = 2;
  limits.queue = doorkeeper::most_reviews;
  return std::make_shared<transport>(std::move(who), limits);
}

/// Ends the actors whichever way we go: the system waits for them.
struct actors_end {
  root_actor top;

  ~actors_end() {
    caf::anon_send_exit(top, caf::exit_reason::user_shutdown);
  }
};

int run(config::options settings, std::shared_ptr<transport> net,
        std::shared_ptr<transport> side) {
  auto ending = block_signals();
  if (settings.mover_image.empty()) {
    if (settings.pod_name.empty())
      throw std::runtime_error("--mover-image is needed outside a pod: the "
                               "image with holystone and kopia that "
                               "maintenance pods run");
    settings.mover_image = find_own_image(settings, *net, ending);
    if (settings.mover_image.empty())
      return 0;
  }
  // Before the actors, which use it to their end.
  metrics::instruments meters;
  metrics::broadcaster onlookers;
  caf::actor_system_config config;
  caf::actor_system system{configured(config)};
  auto top = system.spawn(root, make_setup(settings, net, meters, onlookers));
  actors_end end{top};
  auto inspect = [top](const exchange_ptr& exchange) {
    caf::anon_send(top, http_atom::value, exchange);
  };
  exchange_handler report = [inspect, &meters](const exchange_ptr& exchange) {
    const std::string& target = exchange->request().target;
    auto path = target.substr(0, target.find('?'));
    // Metrics never wait for an actor.
    if (path == "/metrics")
      serve_metrics(exchange, meters);
    else if (path == "/healthz" || path == "/readyz")
      inspect(exchange);
    else
      exchange->respond({404, "text/plain", {}, "no such page\n"});
  };
  // What it calls back for ends before what the handlers use.
  auto asker = std::move(side);
  auto keeper = std::make_shared<doorkeeper>(
      [to = asker.get()](request call, doorkeeper::answered done) {
        to->submit(std::move(call), std::move(done));
      },
      std::chrono::steady_clock::now);
  if (settings.who_reads_metrics == config::metrics_access::token)
    report = keeper->only_with_token(report);
  else if (is_loopback(settings.metrics_bind_address))
    report = by_no_foreign_name(report);
  auto public_side = serve(settings.metrics_bind_address, settings, report);
  auto inspection = serve(settings.inspection_bind_address, settings,
                          is_loopback(settings.inspection_bind_address)
                              ? only_by_local_names(inspect)
                              : keeper->only_with_token(inspect));
  follow_renewals(public_side, settings);
  follow_renewals(inspection, settings);
  inspection.every(heartbeat, [&onlookers, keeper] {
    keeper->end_streams();
    onlookers.beat();
  });
  metrics::log_info(
      "started",
      {{"namespace", settings.ns},
       {"metrics", place_of(settings.metrics_bind_address, public_side)},
       {"inspection", place_of(settings.inspection_bind_address, inspection)}});
  if (takes_tokens_in_the_clear(settings))
    metrics::log_warning("tokens come in the clear",
                         {{"advice", "give --tls-certificate and --tls-key, or "
                                     "let nobody listen on the network"}});
  // What linking needed, and later reading the lists, is needed once.
  metrics::return_program_pages();
  public_side.every(tidying, metrics::return_program_pages);
  int signal = 0;
  sigwait(&ending, &signal);
  metrics::log_info("stopping", {{"signal", signal}});
  caf::scoped_actor self{system};
  self->request(top, patience, stop_atom::value)
      .receive([](bool) {},
               [](const caf::error& why) {
                 metrics::log_warning("the Lease was not given back",
                                      {{"error", caf::to_string(why)}});
               });
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
    auto side = wants_tokens(settings) ? make_side_entrance(*who) : nullptr;
    return run(settings, std::make_shared<transport>(std::move(*who)),
               std::move(side));
  } catch (const std::runtime_error& why) {
    // A port in use, for example.
    return refuse(why.what());
  }
}

} // namespace holystone::actors
