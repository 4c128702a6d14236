#pragma once

// What actors say to each other: facts in the past tense and imperatives, as
// shared immutable values, so that sending never copies an object. The type
// aliases of interfaces.hpp say who understands what.

#include "k8s_io/backoff.hpp"
#include "k8s_io/claimants.hpp"
#include "k8s_io/known_objects.hpp"
#include "k8s_io/objects.hpp"
#include "k8s_io/requests.hpp"
#include "k8s_io/watch.hpp"
#include "metrics/http_server.hpp"
#include "scheduler/observed_lease.hpp"
#include "scheduler/repository.hpp"

#include <caf/actor.hpp>
#include <caf/allowed_unsafe_message_type.hpp>
#include <caf/atom.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <variant>
#include <vector>

namespace holystone::actors {

using namespace k8s_io;
using namespace scheduler;

/// Reads the wall clock; a constructor argument everywhere, so that tests own
/// the time.
using wall_clock = std::function<instant()>;

/// What a row of random numbers begins with; a constructor argument like the
/// clock, so that a test can play the same again.
using seed_source = std::function<std::uint32_t()>;

/// Another one in every process.
inline std::uint32_t random_seed() {
  return std::random_device{}();
}

using request_ptr = std::shared_ptr<const request>;
using response_ptr = std::shared_ptr<const response>;

// -- what watchers see --------------------------------------------------------

/// A CronJob.
struct cron_job_seen {
  cron_job_fact fact;
  /// The repository it belongs to, and the kind; empty: none of ours.
  std::optional<cron_job_address> whose{};
  /// Where its repository is, as it records that; for when no Secret tells.
  std::optional<location> where{};
  /// The volume that an admission policy gives to its Jobs, as it records that.
  std::optional<volume_identity> injected{};
  /// What its Jobs run.
  std::string image{};
};

/// A maintenance Job with its repository; empty when it is none of ours.
struct job_seen {
  std::string repository;
  job_fact fact;
};

/// A maintenance pod with the repository that its label names.
struct pod_seen {
  std::string repository;
  pod_fact fact;
};

/// A repository's Lease; its name holds the location's hash.
struct lease_seen {
  object_key key;
  lease_fact fact;
};

/// The Lease by which the fork's operators elect their leader.
struct fork_lease_seen {
  std::string ns;
  lease_record record;
};

/// The ServiceAccount of maintenance pods.
struct account_seen {
  object_key key;
  object_uid uid;
  /// Its fields are those that we apply.
  bool as_wanted = false;
  /// The operator whose it is, by its label; empty: nobody of ours, or at
  /// home.
  std::string made_from;
  bool deleting = false;
};

/// A ConfigMap, which may hold a CA; never its content.
struct config_map_seen {
  object_key key;
  object_uid uid;
  resource_version version;
};

/// The claim for a KopiaMaintenance's cache.
struct cache_claim_seen {
  cache_claim_fact fact;
};

/// Something that the VolSync fork left behind.
struct predecessor_seen {
  /// What it works with: that names its repository.
  object_key secret;
  std::variant<predecessor, job_fact, pod_fact> what;
  /// Does the fork lead? Whoever does not know says nothing.
  std::optional<bool> fork_leads{};
};

/// A kind of object that is watched.
enum class watched_kind {
  replication_sources,
  kopia_maintenances,
  secrets,
  cron_jobs,
  jobs,
  pods,
  leases,
  service_accounts,
  config_maps,
  cache_claims,
  /// Outside of the operator's namespace; a loss is told as the kind's own.
  cron_jobs_beside,
  jobs_beside,
  pods_beside,
  /// What the fork left, wherever it is; losses of its Jobs and pods are told
  /// as the kinds' own.
  cron_jobs_of_fork,
  /// The same by the label that users know; told as the kind before.
  old_cron_jobs,
  jobs_of_fork,
  pods_of_fork
};

/// How many kinds there are.
inline constexpr std::size_t watched_kinds = 17;

/// What one watcher watches; readiness waits for all of them.
struct watched_place {
  watched_kind kind{};
  /// Empty: all namespaces.
  std::string ns;

  friend auto operator<=>(const watched_place&, const watched_place&) = default;
};

/// Namespaces; which is first means nothing.
using namespace_set = std::set<std::string>;

/// An object as it is now.
using fact = std::variant<claimant_fact, secret_fact, cron_job_seen, job_seen,
                          pod_seen, lease_seen, fork_lease_seen, account_seen,
                          config_map_seen, cache_claim_seen, predecessor_seen>;

/// An object that is gone; `last` when its last state is known.
struct loss {
  watched_kind kind;
  object_identity which;
  std::shared_ptr<const fact> last;
};

/// One thing that a watcher saw.
using observation = std::variant<fact, loss>;
using observations = std::shared_ptr<const std::vector<observation>>;

/// Complete JSON lines of a watch, and when they came in.
struct watch_lines {
  std::vector<std::string> texts;
  std::chrono::steady_clock::time_point heard
      = std::chrono::steady_clock::now();
};

// -- what writes come to ------------------------------------------------------

/// The end of one write, for whoever ordered it.
struct outcome {
  bool done = false;
  /// When not done: how long to leave the subject alone, and why.
  milliseconds delay{0};
  std::string message;
  /// What the server told us of the object meanwhile, done or not.
  std::vector<observation> seen;
  /// A look before the write refused it: nothing was sent.
  bool was_refused = false;
  /// The object that was to be changed does not exist any more.
  bool is_absent = false;
  /// The server refuses it as it is: trying again changes nothing, asking for
  /// something else may.
  bool is_final = false;
  /// The server's own word for what failed, e.g. `Forbidden`.
  std::string reason{};
};
using outcome_ptr = std::shared_ptr<const outcome>;

/// What placing a claim may take to be read.
struct readable {
  enum class kind { secret, volume_claim };

  kind what = kind::secret;
  object_key key;

  friend auto operator<=>(const readable&, const readable&) = default;
};

/// What a Secret says about a repository; never its bytes.
struct reading {
  object_key key;
  object_uid uid;
  std::string version;
  /// Where the repository is, or what is wrong with the Secret.
  result<location> where = error{"the Secret was not read yet"};
  /// `where` is wrong only because the Secret names no place: the root of the
  /// claim's own volume will do.
  bool needs_volume = false;
  /// A key of the Secret is missing.
  bool lacks_key = false;
  /// We may not read the Secret; nothing but `where` is known.
  bool refused = false;
  /// The read itself failed.
  bool failed = false;
  /// When to read again; zero: when the Secret changes.
  milliseconds again{0};
};
using reading_ptr = std::shared_ptr<const reading>;

/// What a PersistentVolumeClaim turned out to be.
struct volume_reading {
  object_key claim;
  /// The volume, or what the claim waits for.
  result<volume_identity> what = error{"the volume was not read yet"};
  /// There is no such claim.
  bool is_absent = false;
  /// The read itself failed.
  bool failed = false;
  /// When to read again.
  milliseconds again{0};
};
using volume_reading_ptr = std::shared_ptr<const volume_reading>;

/// An order for the secret mirror; shares the step that it is.
struct copy_order {
  std::string repository;
  std::variant<std::shared_ptr<const write_copy>,
               std::shared_ptr<const delete_copy>>
      what;
};
using copy_order_ptr = std::shared_ptr<const copy_order>;

/// An order for the job runner: one admission step with what it was taken on.
struct job_order {
  repository_action what;
  repository_id location;
  lease_fact lease;
  std::optional<cron_job_intent> intent;
  std::optional<claim_key> winner;
  /// Whose backups must not run meanwhile: the fork's movers run maintenance
  /// themselves.
  std::vector<claim_key> claimants;
  /// Hashes of the repository's other locations, which share its lock.
  std::vector<std::string> aliases;
  /// The CronJob as it is; owns a Job that is made anew.
  object_uid cron_job;
  /// Where Jobs and pods of the location count.
  std::vector<std::string> namespaces;
  /// Secrets that CronJobs of the fork work with; a Job of one may just have
  /// been made.
  std::vector<object_key> secrets_of_fork{};
};
using job_order_ptr = std::shared_ptr<const job_order>;

// -- what the registry tells --------------------------------------------------

/// What may be so for a repository and for the ACCOUNT KEEPER, or not. One kind
/// of message for all: each kind that an actor understands takes 40 bytes of
/// each of ten thousand.
enum class circumstance {
  /// Writing is allowed.
  leading,
  /// Every claim has found its repository; what nobody claims may go.
  settled,
  /// Another repository lies at this location too.
  shared,
  /// A place to run was given.
  granted
};

// -- what the inspection shows ------------------------------------------------

/// How a repository takes part in the limit over all of them.
enum class place { none, wanted, taken };

/// One repository, for people.
struct repository_view {
  repository_facts facts;
  /// Why nothing runs now; empty when something does or nothing is due.
  std::string reason;
  /// What is being written now; empty when idle.
  std::string writing;
  /// Subjects in back-off with the last error.
  std::map<std::string, write_failure> troubles;
  /// When the schedule is due, the next few times.
  std::vector<instant> next_runs;
  /// Its part in the limit over all repositories.
  place seat = place::none;
  bool leading = false;
  /// Messages that wait for its actor.
  std::size_t mailbox = 0;
};
using view_ptr = std::shared_ptr<const repository_view>;

/// A repository as its supervisor sees it; the empty hash is the lobby, where
/// claims wait that have no repository.
struct repository_brief {
  std::string hash;
  std::string location;
  std::size_t claims = 0;
  unsigned restarts = 0;
  bool is_up = false;
};

/// The registry, for people and for metrics.
struct registry_view {
  bool synced = false;
  bool leading = false;
  /// Kinds whose first list is not complete.
  std::vector<std::string> missing;
  std::vector<repository_brief> repositories;
  std::size_t running = 0;
  std::size_t queued = 0;
  /// What else is in the cluster that people must know of, a sentence each.
  std::vector<std::string> notices;
};
using registry_view_ptr = std::shared_ptr<const registry_view>;

/// An actor, for people.
struct actor_view {
  std::string name;
  std::string parent;
  bool is_up = false;
  unsigned restarts = 0;
  /// Null while it is down.
  caf::actor handle;
  /// Messages that wait for it; none: it is down, too busy to say, or was not
  /// asked.
  std::optional<std::uint64_t> mailbox;
};
using actor_views = std::shared_ptr<const std::vector<actor_view>>;

using exchange_ptr = std::shared_ptr<metrics::http_exchange>;
using claimant_ptr = std::shared_ptr<const claimant>;
using fact_ptr = std::shared_ptr<const observation>;
using alias_list_ptr = std::shared_ptr<const std::vector<alias_fact>>;

// -- atoms, at most ten characters each ---------------------------------------

using call_atom = caf::atom_constant<caf::atom("call")>;
using urgent_atom = caf::atom_constant<caf::atom("urgent")>;
using watch_atom = caf::atom_constant<caf::atom("watch")>;
using lines_atom = caf::atom_constant<caf::atom("lines")>;
using end_atom = caf::atom_constant<caf::atom("end")>;
using credit_atom = caf::atom_constant<caf::atom("credit")>;
using cancel_atom = caf::atom_constant<caf::atom("cancel")>;
using tick_atom = caf::atom_constant<caf::atom("tick")>;
using start_atom = caf::atom_constant<caf::atom("start")>;
using seen_atom = caf::atom_constant<caf::atom("seen")>;
using synced_atom = caf::atom_constant<caf::atom("synced")>;
using claim_atom = caf::atom_constant<caf::atom("claim")>;
using lead_atom = caf::atom_constant<caf::atom("lead")>;
using alias_atom = caf::atom_constant<caf::atom("alias")>;
using become_atom = caf::atom_constant<caf::atom("become")>;
using place_atom = caf::atom_constant<caf::atom("place")>;
using need_atom = caf::atom_constant<caf::atom("need")>;
using turn_atom = caf::atom_constant<caf::atom("turn")>;
using wake_atom = caf::atom_constant<caf::atom("wake")>;
using notice_atom = caf::atom_constant<caf::atom("notice")>;
using finish_atom = caf::atom_constant<caf::atom("finish")>;
using get_atom = caf::atom_constant<caf::atom("get")>;
using list_atom = caf::atom_constant<caf::atom("list")>;
using read_atom = caf::atom_constant<caf::atom("read")>;
using volume_atom = caf::atom_constant<caf::atom("volume")>;
using copy_atom = caf::atom_constant<caf::atom("copy")>;
using run_atom = caf::atom_constant<caf::atom("run")>;
using stop_atom = caf::atom_constant<caf::atom("stop")>;
using http_atom = caf::atom_constant<caf::atom("http")>;
using mailbox_atom = caf::atom_constant<caf::atom("mailbox")>;

} // namespace holystone::actors

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(holystone::actors::request_ptr)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(holystone::actors::response_ptr)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(holystone::actors::observations)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(holystone::actors::outcome_ptr)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(holystone::actors::readable)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(holystone::actors::reading_ptr)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(holystone::actors::volume_reading_ptr)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(holystone::actors::copy_order_ptr)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(holystone::actors::job_order_ptr)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(holystone::actors::view_ptr)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(holystone::actors::registry_view_ptr)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(holystone::actors::actor_views)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(holystone::actors::claimant_ptr)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(holystone::actors::fact_ptr)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(holystone::actors::watch_lines)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(holystone::actors::alias_list_ptr)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(holystone::actors::circumstance)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(holystone::actors::place)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(holystone::actors::watched_place)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(holystone::scheduler::claim_key)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(holystone::scheduler::repository_id)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(holystone::instant)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(holystone::object_key)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(holystone::k8s_io::watch_id)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(holystone::k8s_io::watch_end)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(holystone::actors::exchange_ptr)
