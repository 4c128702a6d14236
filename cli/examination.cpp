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

/// Nothing that the operator reads so far.
constexpr resource destinations{"volsync.backube", "v1alpha1",
                                "replicationdestinations",
                                "ReplicationDestination"};

class examiner {
public:
  examiner(cluster& api, credentials& who, const config::options& how,
           const std::function<instant()>& clock)
      : api_(api), who_(who), how_(how), clock_(clock) {
    settings_.ns = how.ns;
  }

  findings all() {
    auto before = clock_();
    auto version = read_page(who_, "/version");
    auto after = clock_();
    if (!version)
      return {{"API server", verdict::failed, version.why().message,
               "is the address of the kubeconfig right, and is the server "
               "reachable from here?"}};
    found_.push_back(judge_server(who_.server(), *version));
    if (version->status != 200)
      return found_;
    found_.push_back(judge_clock(*version, before, after));
    // Leases are written in a cluster's time, which may not be ours.
    now_ = version->date.value_or(after);
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
    auto known = find_installed(api_, how_.ns, now_);
    if (known)
      settings_ = known->settings;
    found_.push_back(known ? judge_leader(known->leads, settings_.leader_elect,
                                          to_string(key), now_)
                           : undecided("leader", known.why().message, {}));
    look_at_deployment();
    auto unread = known ? known->unread : known.why().message;
    knows_settings_ = unread.empty();
    if (!knows_settings_)
      found_.push_back(undecided("settings", std::move(unread),
                                 "what depends on the operator's flags is "
                                 "judged by their defaults"));
    look_at_rights(known ? known->account : std::string{});
  }

  /// The operator needs no right to read Deployments, so its pod has none.
  void look_at_deployment() {
    std::vector<json::value> all;
    auto failed = gather(deployments, how_.ns, {}, all);
    if (failed && how_.kubeconfig.empty())
      found_.push_back({"deployment", verdict::ok,
                        "cannot be looked at from this pod: " + *failed});
    else
      found_.push_back(failed ? undecided("deployment", *failed, {})
                              : judge_deployment(all, how_.ns));
  }

  /// In a pod the question is what we may; elsewhere, what the operator may.
  void look_at_rights(const std::string& account) {
    auto needed = needed_rights(settings_);
    if (how_.kubeconfig.empty()) {
      found_.push_back(judge_rights("this account", how_.ns,
                                    ask_rights(api_, needed, how_.ns, {})));
      return;
    }
    if (account.empty()) {
      found_.push_back(undecided("rights",
                                 "nothing tells the operator's ServiceAccount",
                                 "is --operator-namespace right?"));
      return;
    }
    found_.push_back(
        judge_rights(fmt::format("ServiceAccount {}/{}", how_.ns, account),
                     how_.ns, ask_rights(api_, needed, how_.ns, account)));
  }

  void look_for_neighbours() {
    auto ours = leaders(leader_lease);
    if (ours)
      std::erase_if(*ours,
                    [&](const neighbour& one) { return one.ns == how_.ns; });
    found_.push_back(ours ? judge_others(*ours, now_)
                          : undecided("neighbours", ours.why().message, {}));
    auto forks = leaders(scheduler::fork_lease);
    auto movers = count_movers();
    found_.push_back(!forks    ? undecided("fork", forks.why().message, {})
                     : !movers ? undecided("fork", movers.why().message, {})
                               : judge_fork(*forks, *movers, now_));
  }

  /// Whoever has a Lease of this name.
  result<std::vector<neighbour>> leaders(std::string_view lease) {
    std::vector<neighbour> all;
    auto failed = api_.each(
        resources::leases, {}, {}, fmt::format("metadata.name={}", lease),
        [&](const json::value& one) {
          all.push_back(
              {text_at(one, "metadata", "namespace"), read_leadership(one)});
        });
    if (failed)
      return *failed;
    return all;
  }

  /// How many objects that the operator serves want backups or restores of
  /// kopia.
  result<std::size_t> count_movers() {
    std::size_t count = 0;
    auto take = [&](const json::value& one) {
      const auto* kopia = find(one, "spec", "kopia");
      count += kopia && kopia->is_object() ? 1 : 0;
    };
    auto served = settings_.namespaces;
    if (served.empty())
      served.emplace_back(); // all of them
    for (const auto& ns : served) {
      if (auto failed
          = api_.each(resources::replication_sources, ns, {}, {}, take))
        return *failed;
      // Not everybody may read them, and one source is enough to warn of.
      static_cast<void>(api_.each(destinations, ns, {}, {}, take));
    }
    return count;
  }

  /// Where this program runs; in the operator's pod that is what counts.
  void look_for_zones() {
    auto zone = scheduler::find_zone("Europe/Berlin");
    if (!zone)
      found_.push_back({"time zones", verdict::failed, zone.why().message,
                        "install tzdata where the operator runs"});
    else if (!knows_settings_)
      found_.push_back(
          undecided("time zones", "the operator's settings are not known", {}));
    else
      found_.push_back({"time zones", verdict::ok,
                        fmt::format("schedules that name none are in {}",
                                    settings_.timezone.name())});
  }

  void look_at_pods() {
    // Not those of the fork, which share our other labels.
    std::vector<json::value> pods;
    auto failed
        = gather(resources::pods, {}, std::string{names::location_hash}, pods);
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
  const std::function<instant()>& clock_;
  instant now_;
  config::options settings_;
  bool knows_settings_ = false;
  findings found_;
};

} // namespace

findings examine(cluster& api, credentials who, const config::options& how,
                 const std::function<instant()>& clock) {
  return examiner{api, who, how, clock}.all();
}

} // namespace holystone::cli
