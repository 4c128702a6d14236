#include "actors/doors.hpp"

#include "actors/setup.hpp"
#include "metrics/answer_text.hpp"
#include "metrics/log.hpp"
#include "metrics/program_pages.hpp"

namespace holystone::actors {

namespace {

/// Proxies cut what is silent for a minute.
constexpr auto heartbeat = std::chrono::seconds{15};
/// What was needed for once, linking and reading the first lists, is given back
/// so often after the start; not for ever, because what is needed again has to
/// be read again.
constexpr auto tidying = std::chrono::seconds{30};
constexpr int times_of_tidying = 10;

/// The kubelet itself takes a minute to bring a renewed Secret to the pod.
constexpr auto renewal_interval = std::chrono::minutes{1};

metrics::http_server serve(const config::bind_address& where,
                           const config::options& settings,
                           metrics::http_server::handler handle) {
  metrics::http_options options;
  if (!where.host.empty())
    options.address = where.host == "localhost" ? "127.0.0.1" : where.host;
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

/// Metrics never wait for an actor.
exchange_handler reporting(metrics::instruments& meters,
                           const exchange_handler& inspect) {
  return [inspect, &meters](const exchange_ptr& exchange) {
    const std::string& target = exchange->request().target;
    auto path = target.substr(0, target.find('?'));
    if (path == "/metrics")
      serve_metrics(exchange, meters);
    else if (path == "/healthz" || path == "/readyz")
      inspect(exchange);
    else
      exchange->respond({404, "text/plain", {}, "no such page\n"});
  };
}

/// To whom the metrics are shown.
exchange_handler guarded(exchange_handler report, doorkeeper& keeper,
                         const config::options& settings) {
  if (settings.who_reads_metrics == config::metrics_access::token)
    return keeper.only_with_token(std::move(report));
  if (is_loopback(settings.metrics_bind_address))
    return by_no_foreign_name(std::move(report));
  return report;
}

} // namespace

doors::doors(const config::options& settings, metrics::instruments& meters,
             metrics::broadcaster& onlookers, std::shared_ptr<transport> side,
             const exchange_handler& inspect)
    : asker_(std::move(side)),
      keeper_(std::make_shared<doorkeeper>(
          [to = asker_.get()](request call, doorkeeper::answered done) {
            to->submit(std::move(call), std::move(done));
          },
          std::chrono::steady_clock::now)),
      public_side_(
          serve(settings.metrics_bind_address, settings,
                guarded(reporting(meters, inspect), *keeper_, settings))),
      inspection_(serve(settings.inspection_bind_address, settings,
                        is_loopback(settings.inspection_bind_address)
                            ? only_by_local_names(inspect)
                            : keeper_->only_with_token(inspect))) {
  follow_renewals(public_side_, settings);
  follow_renewals(inspection_, settings);
  inspection_.every(heartbeat, [&onlookers, keeper = keeper_] {
    keeper->end_streams();
    onlookers.beat();
  });
  metrics::log_info(
      "started",
      {{"namespace", settings.ns},
       {"metrics", place_of(settings.metrics_bind_address, public_side_)},
       {"inspection",
        place_of(settings.inspection_bind_address, inspection_)}});
  if (takes_tokens_in_the_clear(settings))
    metrics::log_warning("tokens come in the clear",
                         {{"advice", "give --tls-certificate and --tls-key, or "
                                     "let nobody listen on the network"}});
  metrics::return_program_pages();
  public_side_.every(tidying, [left = times_of_tidying]() mutable {
    if (left > 0) {
      --left;
      metrics::return_program_pages();
    }
  });
}

std::shared_ptr<transport>
doors::make_side_entrance(const config::options& settings, credentials who) {
  if (!wants_tokens(settings))
    return nullptr;
  // A flood of visitors must not stand in the way of reconciling.
  transport_limits limits;
  limits.in_flight = 2;
  limits.queue = doorkeeper::most_reviews;
  // Whoever asked has his own deadline of half a minute.
  limits.request_timeout = std::chrono::seconds{10};
  return std::make_shared<transport>(std::move(who), limits);
}

} // namespace holystone::actors
