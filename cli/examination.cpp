#include "cli/examination.hpp"

#include <fmt/format.h>

#include "cli/verdicts.hpp"
#include "k8s_io/fields.hpp"
#include "k8s_io/leader_lease.hpp"
#include "k8s_io/names.hpp"
#include "scheduler/fork_presence.hpp"

namespace holystone::cli {

using namespace k8s_io;
namespace json = boost::json;

namespace {

class examiner {
public:
  examiner(cluster& api, credentials& who, const config::options& how,
           instant now)
      : api_(api), who_(who), how_(how), now_(now) {
    // nop
  }

  findings all() {
    auto version = read_page(who_, "/version");
    if (!version)
      return {{"API server", verdict::failed, version.why().message,
               "is the address of the kubeconfig right, and is the server "
               "reachable from here?"}};
    found_.push_back(judge_server(who_.server(), *version));
    if (version->status != 200)
      return found_;
    found_.push_back(judge_clock(*version, now_));
    look_for_kinds();
    look_for_operator();
    look_for_neighbours();
    look_for_zones();
    look_at_pods();
    look_at_storage();
    return std::move(found_);
  }

private:
  void look_for_kinds() {
    auto group = read_page(who_, "/apis/volsync.backube/v1alpha1");
    found_.push_back(group ? judge_kinds(*group)
                           : undecided("kinds", group.why().message, {}));
  }

  void look_for_operator() {
    object_key key{how_.ns, std::string{leader_lease}};
    auto lease = api_.get(resources::leases, key);
    found_.push_back(
        lease ? judge_leader(read_leadership(*lease), to_string(key), now_)
              : undecided("leader", lease.why().message, {}));
    std::vector<json::value> all;
    auto failed = gather(deployments, how_.ns, {}, all);
    found_.push_back(failed ? undecided("deployment", *failed, {})
                            : judge_deployment(all, how_.ns));
    if (auto known = find_installed(api_, how_.ns, now_))
      settings_ = known->settings;
    look_at_rights(all);
  }

  /// In a pod the question is what we may; elsewhere, what the operator may.
  void look_at_rights(const std::vector<json::value>& all) {
    auto needed = needed_rights(settings_);
    if (how_.kubeconfig.empty()) {
      found_.push_back(
          judge_rights("this account", ask_rights(api_, needed, how_.ns, {})));
      return;
    }
    std::string account = "volsync";
    for (const auto& one : all)
      if (const auto* pod = find(one, "spec", "template");
          pod && operator_container(*pod))
        if (auto named = text_at(*pod, "spec", "serviceAccountName");
            !named.empty())
          account = named;
    found_.push_back(
        judge_rights(fmt::format("ServiceAccount {}/{}", how_.ns, account),
                     ask_rights(api_, needed, how_.ns, account)));
  }

  void look_for_neighbours() {
    auto judge = [&](std::string_view name, std::string check,
                     finding (*conclude)(const std::vector<neighbour>&,
                                         instant),
                     bool with_home) {
      std::vector<neighbour> others;
      auto failed = api_.each(
          resources::leases, {}, {}, fmt::format("metadata.name={}", name),
          [&](const json::value& lease) {
            auto ns = text_at(lease, "metadata", "namespace");
            if (with_home || ns != how_.ns)
              others.push_back({std::move(ns), read_leadership(lease)});
          });
      found_.push_back(failed ? undecided(std::move(check), failed->message, {})
                              : conclude(others, now_));
    };
    judge(leader_lease, "neighbours", judge_others, false);
    judge(scheduler::fork_lease, "fork", judge_fork, true);
  }

  /// Where this program runs; in the operator's pod that is what counts.
  void look_for_zones() {
    auto zone = scheduler::find_zone("Europe/Berlin");
    found_.push_back(
        zone ? finding{"time zones", verdict::ok,
                       fmt::format("schedules that name none are in {}",
                                   settings_.timezone.name())}
             : finding{"time zones", verdict::failed, zone.why().message,
                       "install tzdata where the operator runs"});
  }

  void look_at_pods() {
    std::vector<json::value> pods;
    auto failed
        = gather(resources::pods, {},
                 fmt::format("{}=true", names::kopia_maintenance), pods);
    found_.push_back(failed ? undecided("image", *failed, {})
                            : judge_image(settings_.mover_image, pods));
  }

  void look_at_storage() {
    std::vector<mounted_claim> claims;
    auto failed
        = api_.each(resources::cron_jobs, {}, std::string{names::location_hash},
                    {}, [&](const json::value& cron_job) {
                      for (auto& one : claims_of(cron_job))
                        claims.push_back(std::move(one));
                    });
    for (auto& one : claims) {
      if (failed)
        break;
      auto claim = api_.get(resources::claims, one.key);
      if (!claim)
        failed = claim.why();
      else if (!claim->is_null())
        one.phase = text_at(*claim, "status", "phase");
      // One that no controller has looked at yet.
      if (claim && !claim->is_null() && one.phase.empty())
        one.phase = "Pending";
    }
    found_.push_back(failed ? undecided("storage", failed->message, {})
                            : judge_storage(claims));
  }

  /// Why the list is not there; nothing when it is.
  std::optional<std::string> gather(const resource& kind, const std::string& ns,
                                    std::string labels,
                                    std::vector<json::value>& into) {
    auto failed
        = api_.each(kind, ns, std::move(labels), {},
                    [&](const json::value& one) { into.push_back(one); });
    return failed ? std::optional{failed->message} : std::nullopt;
  }

  cluster& api_;
  credentials& who_;
  const config::options& how_;
  const instant now_;
  config::options settings_;
  findings found_;
};

} // namespace

findings examine(cluster& api, credentials who, const config::options& how,
                 instant now) {
  return examiner{api, who, how, now}.all();
}

} // namespace holystone::cli
