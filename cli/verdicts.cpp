#include "cli/verdicts.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <utility>

#include "k8s_io/fields.hpp"

namespace holystone::cli {

using namespace k8s_io;
namespace json = boost::json;

namespace {

/// The oldest version that holystone is made for.
constexpr std::pair oldest{1, 30};

/// A header tells whole seconds, and an answer takes its time.
constexpr seconds most_skew{5};

constexpr auto apply_kinds
    = "kubectl apply --server-side -f deploy/crds, of this release";
constexpr auto start_operator
    = "kubectl get deployments, pods and events of its namespace say why it "
      "does not run; is --operator-namespace right?";

result<json::value> parse(const page& from) {
  boost::system::error_code failed;
  auto told = json::parse(from.body, failed);
  if (failed || !told.is_object())
    return error{"the answer is no JSON; is this a Kubernetes API server?"};
  return told;
}

std::optional<int> number_at(const json::value& told, const char* key) {
  auto text = text_at(told, key); // e.g. `30+`
  auto number = 0;
  auto [end, failed]
      = std::from_chars(text.data(), text.data() + text.size(), number);
  return failed == std::errc{} ? std::optional{number} : std::nullopt;
}

std::string join(const std::vector<std::string>& all) {
  return fmt::format("{}", fmt::join(all, "; "));
}

/// Why its containers do not start, if that is the image's fault.
std::string image_trouble(const json::value& pod) {
  for (const auto& one : items_at(pod, "status", "containerStatuses")) {
    auto reason = text_at(one, "state", "waiting", "reason");
    if (reason == "ErrImagePull" || reason == "ImagePullBackOff"
        || reason == "InvalidImageName" || reason == "ErrImageNeverPull")
      return fmt::format("{}/{}: {} {}", text_at(pod, "metadata", "namespace"),
                         text_at(pod, "metadata", "name"), reason,
                         text_at(one, "image"));
  }
  return {};
}

} // namespace

finding judge_server(const std::string& server, const page& version) {
  finding told{"API server", verdict::failed, {}, {}};
  if (version.status != 200) {
    told.what = fmt::format("{}/version answers {}", server, version.status);
    told.advice = "are the credentials of the kubeconfig still valid?";
    return told;
  }
  auto what = parse(version);
  auto major = what ? number_at(*what, "major") : std::nullopt;
  auto minor = what ? number_at(*what, "minor") : std::nullopt;
  if (!major || !minor) {
    told.what = what ? fmt::format("{} does not say its version", server)
                     : what.why().message;
    told.advice = "is a proxy in between?";
    return told;
  }
  told.what = fmt::format("{} at {}", text_at(*what, "gitVersion"), server);
  if (std::pair{*major, *minor} < oldest)
    told.advice = fmt::format("holystone needs Kubernetes {}.{} or newer; "
                              "upgrade",
                              oldest.first, oldest.second);
  else
    told.how = verdict::ok;
  return told;
}

finding judge_clock(const page& version, instant before, instant after) {
  if (!version.date)
    return undecided("clock", "the server does not say what time it is", {});
  // It was written at some moment in between: a slow answer is no difference.
  auto ahead = *version.date < before  ? before - *version.date
               : *version.date > after ? after - *version.date
                                       : seconds{0};
  if (std::chrono::abs(ahead) <= most_skew)
    return {"clock", verdict::ok, "this machine and the server agree"};
  return {"clock", verdict::warning,
          fmt::format("this machine is {} s {} the server",
                      std::chrono::abs(ahead).count(),
                      ahead > seconds{0} ? "ahead of" : "behind"),
          "set both by NTP: the operator's own clock decides when runs are "
          "due and late"};
}

finding judge_kinds(const page& group) {
  finding told{"kinds", verdict::failed, {}, apply_kinds};
  if (group.status == 404) {
    told.what = "volsync.backube/v1alpha1 is not served";
    return told;
  }
  auto what = parse(group);
  if (group.status != 200 || !what)
    return undecided(
        "kinds",
        fmt::format("/apis/volsync.backube/v1alpha1 answers {}", group.status),
        {});
  std::vector<std::string> missing;
  for (const auto* name : {"replicationsources", "replicationsources/status",
                           "kopiamaintenances", "kopiamaintenances/status"})
    if (std::ranges::none_of(items_at(*what, "resources"),
                             [&](const json::value& one) {
                               return text_at(one, "name") == name;
                             }))
      missing.emplace_back(name);
  if (!missing.empty()) {
    told.what = fmt::format("volsync.backube/v1alpha1 lacks {}",
                            fmt::join(missing, ", "));
    return told;
  }
  return {"kinds", verdict::ok,
          "ReplicationSource and KopiaMaintenance are served as "
          "volsync.backube/v1alpha1"};
}

finding judge_rights(const std::string& who, const std::string& ns,
                     const allowances& found) {
  if (!found.unknown.empty())
    return undecided("rights", found.unknown,
                     fmt::format("run it where the operator is: kubectl -n {} "
                                 "exec deployment/volsync -- "
                                 "/usr/bin/holystone doctor",
                                 ns));
  if (found.missing.empty())
    return {"rights", verdict::ok,
            fmt::format("{} may do all that the operator does", who)};
  return {"rights", verdict::failed,
          fmt::format("{} may not {}", who, join(found.missing)),
          "apply deploy/operator/2-rbac.yaml, or the chart, of this release"};
}

finding judge_leader(const leadership& known, bool elects,
                     const std::string& lease, instant now) {
  if (!elects)
    return {"leader", verdict::ok,
            "it leads without a Lease (--leader-elect=false)"};
  if (auto text = absence(known, lease, now); !text.empty())
    return {"leader", verdict::failed, std::move(text), start_operator};
  return {
      "leader", verdict::ok,
      fmt::format("{} renewed Lease {} {} s ago", known.holder, lease,
                  std::max((now - *known.renewed).count(), seconds::rep{}))};
}

finding judge_deployment(const std::vector<json::value>& all,
                         const std::string& ns) {
  for (const auto& one : all) {
    const auto* pod = find(one, "spec", "template");
    if (!pod || !operator_container(*pod))
      continue;
    auto name = fmt::format("{}/{}", ns, text_at(one, "metadata", "name"));
    auto wanted = integer_at(one, "spec", "replicas").value_or(1);
    auto ready = integer_at(one, "status", "availableReplicas").value_or(0);
    auto what = fmt::format("{} of {} replicas of {} are available", ready,
                            wanted, name);
    if (wanted == 0)
      return {"deployment", verdict::failed, name + " is scaled to 0",
              fmt::format("kubectl -n {} scale deployment {} --replicas=1", ns,
                          text_at(one, "metadata", "name"))};
    if (ready == 0)
      return {"deployment", verdict::failed, std::move(what), start_operator};
    return {"deployment", ready < wanted ? verdict::warning : verdict::ok,
            std::move(what), ready < wanted ? start_operator : ""};
  }
  return {"deployment", verdict::warning,
          fmt::format("no Deployment in {} runs holystone operator", ns),
          "is --operator-namespace right?"};
}

finding judge_others(const std::vector<neighbour>& others, instant now) {
  std::vector<std::string> alive;
  for (const auto& one : others)
    if (one.leads.is_alive(now))
      alive.push_back(one.ns);
  if (alive.empty())
    return {"neighbours", verdict::ok, "no other holystone leads"};
  return {"neighbours", verdict::warning,
          fmt::format("another holystone leads in {}: unless each has "
                      "namespaces of its own (--namespaces), both serve the "
                      "same objects, and that one maintenance runs at a time "
                      "is not kept",
                      fmt::join(alive, ", ")),
          "if they share namespaces, scale one of the Deployments to 0; "
          "docs/troubleshooting.md says how to remove it"};
}

finding judge_fork(const std::vector<neighbour>& forks, std::size_t movers,
                   instant now) {
  std::vector<std::string> alive;
  for (const auto& one : forks)
    if (one.leads.is_alive(now))
      alive.push_back(fmt::format("{} in {}", one.leads.holder, one.ns));
  if (alive.empty() && movers == 0)
    return {"fork", verdict::ok,
            "no operator of VolSync leads, and nothing needs it"};
  if (alive.empty())
    return {"fork", verdict::warning,
            fmt::format("nobody makes backups: no operator of VolSync leads, "
                        "and holystone neither backs up nor restores the {} "
                        "ReplicationSources and ReplicationDestinations with "
                        "a kopia section",
                        movers),
            "keep the fork running for them; docs/migration.md says how it "
            "lives beside holystone"};
  return {"fork", verdict::warning,
          fmt::format("VolSync leads: {}; if it is the Kopia fork, it makes "
                      "the backups and restores, and KopiaMaintenances are "
                      "left to it meanwhile",
                      fmt::join(alive, ", ")),
          "keep it running as long as you need its backups: holystone does "
          "not make them yet"};
}

finding judge_image(const std::string& image,
                    const std::vector<json::value>& pods) {
  for (const auto& pod : pods)
    if (auto trouble = image_trouble(pod); !trouble.empty())
      return {"image", verdict::failed, std::move(trouble),
              "is the image there, and may the nodes pull it? --mover-image "
              "names another"};
  if (image.empty())
    return undecided("image", "nothing tells the image of maintenance pods",
                     {});
  return {"image", verdict::ok, "maintenance pods run " + image};
}

finding judge_storage(const std::vector<mounted_claim>& claims) {
  std::vector<std::string> missing;
  std::vector<std::string> lost;
  std::vector<std::string> pending;
  for (const auto& one : claims) {
    auto text = fmt::format("{} for CronJob {}", to_string(one.key),
                            to_string(one.user));
    if (one.phase.empty())
      missing.push_back(std::move(text));
    else if (one.phase == "Lost")
      lost.push_back(std::move(text));
    else if (one.phase != "Bound")
      pending.push_back(fmt::format("{} is {}", text, one.phase));
  }
  if (!missing.empty())
    return {"storage", verdict::failed,
            fmt::format("there is no PersistentVolumeClaim {}", join(missing)),
            "create it, or remove it from whatever names it"};
  if (!lost.empty())
    return {"storage", verdict::failed,
            fmt::format("the PersistentVolume is gone of PersistentVolumeClaim "
                        "{}",
                        join(lost)),
            "kubectl describe it; restore the volume, or replace the claim"};
  if (!pending.empty())
    return {"storage", verdict::warning,
            fmt::format("PersistentVolumeClaim {}", join(pending)),
            "kubectl describe it; a class that waits for its first pod binds "
            "it then"};
  return {"storage", verdict::ok,
          claims.empty() ? "no maintenance mounts a PersistentVolumeClaim"
                         : fmt::format("the {} PersistentVolumeClaims that "
                                       "maintenance mounts are bound",
                                       claims.size())};
}

std::vector<mounted_claim> claims_of(const json::value& cron_job) {
  object_key user{text_at(cron_job, "metadata", "namespace"),
                  text_at(cron_job, "metadata", "name")};
  std::vector<mounted_claim> found;
  for (const auto& volume : items_at(cron_job, "spec", "jobTemplate", "spec",
                                     "template", "spec", "volumes"))
    if (auto name = text_at(volume, "persistentVolumeClaim", "claimName");
        !name.empty())
      found.push_back({{user.ns, name}, user, {}});
  return found;
}

finding undecided(std::string check, std::string why, std::string advice) {
  return {std::move(check), verdict::warning,
          "not found out: " + std::move(why), std::move(advice)};
}

} // namespace holystone::cli
