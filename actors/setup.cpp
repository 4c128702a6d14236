#include "actors/setup.hpp"

#include "k8s_io/manifests.hpp"

namespace holystone::actors {

instant read_clock() {
  return std::chrono::floor<seconds>(std::chrono::system_clock::now());
}

caf::actor_system_config& configured(caf::actor_system_config& config) {
  // The default policy steals work and breaks down on large fan-outs: see
  // docs/adr/0004-sharing-scheduler.md.
  config.set("scheduler.policy", caf::atom("sharing"));
  config.set("scheduler.max-threads", std::size_t{2});
  return config;
}

root_setup to_setup(const config::options& settings, std::string identity) {
  root_setup setup;
  setup.operator_namespace = settings.ns;
  setup.namespaces = {settings.namespaces.begin(), settings.namespaces.end()};
  setup.identity = std::move(identity);
  setup.leader_elect = settings.leader_elect;
  setup.now = read_clock;
  auto& registry = setup.registry;
  registry.rules.defaults
      = {std::string{settings.timezone.name()}, settings.default_maintenance};
  registry.rules.identity_by_secret
      = settings.repository_identity == config::identity_mode::secret;
  registry.limits.in_all = settings.max_concurrent_maintenance;
  registry.limits.per_endpoint = settings.max_concurrent_per_endpoint;
  registry.rules.mover_image = settings.mover_image;
  auto& common = registry.common;
  common.mover.image = settings.mover_image;
  common.mover.takeover = to_string(settings.takeover);
  common.reporter = setup.identity;
  common.policy.operator_namespace = settings.ns;
  common.policy.limits = common.mover.limits;
  common.policy.jitter = settings.maintenance_jitter;
  common.policy.admission = settings.admission == config::admission_mode::on;
  common.policy.digests
      = [mover = common.mover](const cron_job_intent& wanted) {
          return digests(wanted, mover);
        };
  return setup;
}

} // namespace holystone::actors
