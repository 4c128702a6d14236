#include <CLI/CLI.hpp>
#include <boost/json.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <vector>

#include "cli/commands.hpp"
#include "cli/location.hpp"
#include "cli/output.hpp"
#include "cli/printable.hpp"
#include "cli/release.hpp"
#include "k8s_io/fields.hpp"
#include "k8s_io/lease_requests.hpp"
#include "k8s_io/names.hpp"
#include "k8s_io/objects.hpp"
#include "scheduler/duration.hpp"

namespace holystone::cli {

namespace {

using namespace k8s_io;
namespace json = boost::json;

struct release_flags {
  config::flag_words words;
  std::string repository;
  bool all = false;
  bool is_sure = false;
  std::string timeout = "5m";
};

/// Who holds the Lease, and what is left of it.
struct holding {
  lease_fact lease;
  std::optional<job_fact> job;
  std::vector<pod_fact> pods;
};

/// Adds the pods with this label to `found`, each once.
std::optional<error> add_pods(cluster& api, const std::string& ns,
                              std::string label, std::vector<pod_fact>& found) {
  return api.each(resources::pods, ns, std::move(label), {},
                  [&](const json::value& object) {
                    auto pod = read_pod(object);
                    if (std::ranges::count(found, pod.uid, &pod_fact::uid) == 0)
                      found.push_back(std::move(pod));
                  });
}

/// Reads the Lease and what is left of its holder.
result<holding> look(cluster& api, const object_key& lease,
                     const std::string& location) {
  auto object = api.get(resources::leases, lease);
  if (!object)
    return object.why();
  if (object->is_null())
    return error{fmt::format("there is no Lease {}; are the hash and "
                             "--namespace right?",
                             to_string(lease))};
  holding found;
  found.lease = read_lease(*object);
  if (!found.lease.holder)
    return found;
  auto job = api.get(resources::jobs, found.lease.holder_job);
  if (!job)
    return job.why();
  if (!job->is_null() && read_job(*job).uid == found.lease.holder)
    found.job = read_job(*job);
  // By label, because a pod may have lost its owner.
  for (const auto& label :
       {fmt::format("{}={}", names::controller_uid, found.lease.holder.value),
        fmt::format("{}={}", names::location_hash, location)})
    if (auto why = add_pods(api, found.lease.holder_job.ns, label, found.pods))
      return *why;
  return found;
}

/// Why something of the holder may still run, a sentence each.
std::vector<std::string> doubts(const holding& now) {
  std::vector<std::string> all;
  if (now.job && is_unfinished(*now.job))
    all.push_back(fmt::format("Job {} {}; it is deleted before the Lease is "
                              "freed",
                              to_string(now.job->key),
                              now.job->state == job_state::waiting
                                  ? "waits for its turn"
                                  : "has not finished"));
  std::int64_t ended = 0;
  for (const auto& pod : now.pods) {
    if (!pod.ended)
      all.push_back(fmt::format(
          "pod {} was not seen to end; as long as it is there nothing else is "
          "let in. When its node is gone for good: kubectl -n {} delete pod {} "
          "--force --grace-period=0",
          to_string(pod.key), pod.key.ns, pod.key.name));
    ended += pod.ended && pod.job == now.lease.holder ? 1 : 0;
  }
  auto is_complete = now.job && now.job->state == job_state::complete;
  if (all.empty() && !is_complete
      && (ended == 0 || (now.job && ended < now.job->pods)))
    all.push_back("nobody saw its pod end; on a node that is cut off it may "
                  "still run");
  return all;
}

void show(const holding& now, const std::vector<std::string>& why) {
  const auto& lease = now.lease;
  auto time = [](const std::optional<instant>& at) {
    return at ? to_rfc3339(*at) : std::string{"unknown"};
  };
  fmt::print("Lease:    {}\nheld for: Job {} (UID {})\nsince:    {}\n"
             "until:    {} at the latest\n",
             to_string(lease.key), printable(to_string(lease.holder_job)),
             printable(lease.holder.value), time(lease.acquired),
             time(lease.deadline));
  for (const auto& text : why)
    fmt::print("because:  {}\n", printable(text));
}

/// Deletes the holder's Job, so that no further pod of it is made.
std::optional<error> delete_job(cluster& api, const job_fact& job) {
  auto what
      = remove(resources::jobs, job.key, job.uid, {}, propagation::foreground);
  auto answer = api.ask(what);
  // 404 and 409: it is gone, or another has its name.
  if (!answer.ok() && answer.status != 404 && answer.status != 409)
    return error{describe(what, answer)};
  fmt::print("Job {} is deleted.\n", to_string(job.key));
  return std::nullopt;
}

/// Frees the Lease unless somebody did it meanwhile.
int vacate(cluster& api, lease_fact lease) {
  const auto holder = lease.holder;
  for (int tries = 0; tries < 5; ++tries) {
    auto what = k8s_io::vacate(lease);
    auto answer = api.ask(what);
    if (answer.ok()) {
      fmt::print("The Lease is free; results that it records are kept.\n");
      return exit_done;
    }
    if (answer.status != 409 && answer.status != 404)
      return fail(describe(what, answer));
    auto object = api.get(resources::leases, lease.key);
    if (!object)
      return fail(object.why().message);
    lease = read_lease(*object);
    if (lease.holder != holder) {
      fmt::print("The operator has freed it meanwhile.\n");
      return exit_done;
    }
  }
  return fail("the Lease changes all the time; try again");
}

int release(cluster& api, const std::string& ns, const release_flags& flags) {
  auto location = flags.repository;
  if (auto slash = location.find('/'); slash != location.npos) {
    auto found = find_location(
        api, ns, {location.substr(0, slash), location.substr(slash + 1)});
    if (!found)
      return fail(found.why().message);
    location = *found;
  }
  auto now = look(api, {ns, lease_name(location)}, location);
  if (!now)
    return fail(now.why().message);
  // The operator waits for such a one, too, and for how long is not known.
  if (const auto& who = now->lease.foreign_holder; !who.empty())
    return fail(fmt::format(
        "Lease {} is held by \"{}\", which is no Job of holystone; find out "
        "what that is, and when nobody needs it: {}",
        to_string(now->lease.key), printable(who),
        scheduler::command_to_free(now->lease.key)));
  if (!now->lease.holder) {
    fmt::print("Nobody holds Lease {}.\n", to_string(now->lease.key));
    return exit_done;
  }
  auto why = doubts(*now);
  show(*now, why);
  if (!why.empty() && !flags.is_sure) {
    fmt::print(stderr, "holystone release: nothing was changed. Two runs at "
                       "once can damage the repository; say --yes when you "
                       "know that none of this runs.\n");
    return exit_usage;
  }
  if (now->job && is_unfinished(*now->job))
    if (auto failed = delete_job(api, *now->job))
      return fail(failed->message);
  return vacate(api, now->lease);
}

int run_release(const release_flags& flags) {
  auto settings
      = config::make_options(flags.words, config::real_surroundings());
  if (!settings) {
    fail(settings.why().message);
    return exit_usage;
  }
  if (!flags.all && flags.repository.empty()) {
    fail("say which REPOSITORY, or --all; see --help");
    return exit_usage;
  }
  auto timeout = scheduler::parse_go_duration(flags.timeout);
  if (!timeout || *timeout < seconds{0}) {
    fail(fmt::format("--timeout={}: must be a duration such as 90s or 3h",
                     flags.timeout));
    return exit_usage;
  }
  auto api = cluster::reach(*settings);
  if (!api)
    return fail(api.why().message);
  if (flags.all)
    return release_all(**api, {settings->ns, flags.is_sure,
                               std::chrono::duration_cast<seconds>(*timeout)});
  return release(**api, settings->ns, flags);
}

} // namespace

int fail(const std::string& why) {
  return fail("release", why);
}

void add_release(CLI::App& app, int& status) {
  auto command = app.add_subcommand(
      "release", "Free the lock of a repository that is held for a lost pod, "
                 "or give up all that is ours");
  auto flags = std::make_shared<release_flags>();
  auto one = command->add_option("REPOSITORY", flags->repository,
                                 "The location's hash, or NAMESPACE/NAME of a "
                                 "ReplicationSource or a KopiaMaintenance");
  command
      ->add_flag("--all", flags->all,
                 "Instead: remove all that the operator made, for the way back "
                 "to the fork; the operator must be scaled to 0")
      ->excludes(one);
  command->add_flag("--yes", flags->is_sure,
                    "Free the lock although something may still run; a Job "
                    "that has not finished is deleted. With --all: do it; "
                    "without it only tells what it would do");
  command
      ->add_option("--timeout", flags->timeout,
                   "With --all: how long to wait for maintenance that runs, "
                   "which is never ended; 5m unless given")
      ->type_name("DURATION");
  command
      ->add_option("--namespace", flags->words.ns,
                   "Operator namespace. Else POD_NAMESPACE, else the service "
                   "account's, else volsync-system.")
      ->type_name("NAME");
  command
      ->add_option("--kubeconfig", flags->words.kubeconfig,
                   "How to reach the cluster. Else KUBECONFIG, else the pod's "
                   "service account.")
      ->type_name("FILE");
  command->callback([flags, &status] { status = run_release(*flags); });
}

} // namespace holystone::cli
