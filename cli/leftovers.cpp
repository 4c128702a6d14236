#include "cli/leftovers.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "k8s_io/fields.hpp"
#include "k8s_io/leader_lease.hpp"
#include "k8s_io/list_pages.hpp"
#include "k8s_io/names.hpp"
#include "scheduler/object_names.hpp"

namespace holystone::cli {

using namespace k8s_io;
namespace json = boost::json;

namespace {

leftover head_of(const resource& kind, const json::value& object) {
  auto meta = read_meta(object);
  leftover found{kind, meta.key, meta.uid, meta.version, {}};
  for (auto label : {names::location_hash, names::repository_hash})
    if (auto hash = label_of(object, label); !hash.empty())
      found.belongs_to.insert(std::move(hash));
  return found;
}

/// Collects, and keeps the first thing that goes wrong.
class search {
public:
  using taker = std::function<void(const json::value&)>;

  search(cluster& api, const std::string& ns)
      : api_(api), ns_(ns),
        beside_(fmt::format("{}={}", names::operator_namespace, ns)) {
    // nop
  }

  /// At home by `label`, elsewhere by our operator's.
  void both(const resource& kind, std::string_view label, const taker& take) {
    home(kind, label, take);
    each(kind, {}, beside_, {}, take);
  }

  void home(const resource& kind, std::string_view label, const taker& take) {
    each(kind, ns_, std::string{label}, {}, take);
  }

  /// Of one name everywhere, which takes no more rights than the operator has.
  void named(const resource& kind, std::string_view name, const taker& take) {
    each(kind, {}, {}, fmt::format("metadata.name={}", name), take);
  }

  const std::optional<error>& why() const {
    return why_;
  }

private:
  void each(const resource& kind, const std::string& ns, std::string labels,
            std::string fields, const taker& take) {
    if (!why_)
      why_ = api_.each(kind, ns, std::move(labels), std::move(fields), take);
  }

  cluster& api_;
  const std::string& ns_;
  std::string beside_;
  std::optional<error> why_;
};

void find_all(search& look, const std::string& ns, leftovers& found) {
  look.both(resources::cron_jobs, names::location_hash,
            [&](const json::value& object) {
              found.cron_jobs.push_back(
                  {head_of(resources::cron_jobs, object),
                   flag_at(object, "spec", "suspend").value_or(false)});
            });
  look.both(resources::jobs, names::location_hash,
            [&](const json::value& object) {
              found.jobs.push_back(
                  {head_of(resources::jobs, object), read_job(object)});
            });
  look.both(resources::pods, names::location_hash,
            [&](const json::value& object) {
              found.pods.push_back(
                  {head_of(resources::pods, object), read_pod(object)});
            });
  look.home(resources::leases, {}, [&](const json::value& object) {
    auto location
        = scheduler::parse_lease_name(text_at(object, "metadata", "name"));
    if (location.empty())
      return;
    found.leases.push_back(
        {head_of(resources::leases, object), read_lease(object)});
    found.leases.back().belongs_to.insert(location);
  });
  look.home(resources::secrets, fmt::format("{}=true", names::secret_copy),
            [&](const json::value& object) {
              found.copies.push_back(head_of(resources::secrets, object));
            });
  look.named(resources::service_accounts, names::service_account,
             [&](const json::value& object) {
               auto meta = read_meta(object);
               auto whose = label_of(object, names::operator_namespace);
               if (label_of(object, names::kopia_maintenance) == "true"
                   && (meta.key.ns == ns ? ns : whose) == ns)
                 found.accounts.push_back(
                     head_of(resources::service_accounts, object));
             });
}

void note(leftovers& found, const leftover& what, std::string sentence) {
  found.running.push_back(std::move(sentence));
  found.busy.insert(what.belongs_to.begin(), what.belongs_to.end());
}

/// A Job that waits runs nothing; one that was resumed may, until it and its
/// pods have ended.
void find_running(leftovers& found, instant now) {
  for (const auto& job : found.jobs)
    if (job.fact.state == job_state::running)
      note(found, job, fmt::format("Job {} runs", to_string(job.key)));
  for (const auto& pod : found.pods)
    if (!pod.fact.ended)
      note(found, pod,
           fmt::format("pod {} was not seen to end", to_string(pod.key)));
  for (const auto& lease : found.leases) {
    auto holder = std::ranges::find(
        found.jobs, lease.fact.holder,
        [](const leftovers::job& job) { return job.fact.uid; });
    auto ends = lease.fact.deadline.value_or(now);
    if (lease.fact.holder && holder == found.jobs.end() && now < ends)
      note(found, lease,
           fmt::format("Job {} is gone and nobody saw its pod end; it may run "
                       "until {}. When you know that it does not: holystone "
                       "release --yes {} --namespace {}",
                       to_string(lease.fact.holder_job), to_rfc3339(ends),
                       scheduler::parse_lease_name(lease.key.name),
                       lease.key.ns));
  }
}

} // namespace

bool leftovers::is_busy(const leftover& what) const {
  return std::ranges::any_of(what.belongs_to, [&](const std::string& hash) {
    return busy.contains(hash);
  });
}

std::size_t leftovers::count() const {
  return cron_jobs.size() + jobs.size() + pods.size() + leases.size()
         + copies.size() + accounts.size();
}

result<leftovers> find_leftovers(cluster& api, const std::string& ns,
                                 instant now) {
  leftovers found;
  search look{api, ns};
  find_all(look, ns, found);
  if (look.why())
    return *look.why();
  find_running(found, now);
  return found;
}

result<other_homes> find_other_homes(cluster& api, const std::string& ns) {
  request what;
  what.what = verb::list;
  what.kind = resources::leases;
  what.metadata_only = true;
  auto answer = api.ask(what);
  other_homes found;
  if (answer.status == 403) {
    found.hidden = describe(what, answer);
    return found;
  }
  if (!answer.ok())
    return error{describe(what, answer)};
  auto all = read_list(answer.body, {[&](const json::value& lease) {
                         auto name = text_at(lease, "metadata", "name");
                         auto where = text_at(lease, "metadata", "namespace");
                         if (where != ns
                             && (name == leader_lease
                                 || !scheduler::parse_lease_name(name).empty()))
                           found.namespaces.insert(std::move(where));
                       }});
  if (!all)
    return all.why();
  return found;
}

} // namespace holystone::cli
