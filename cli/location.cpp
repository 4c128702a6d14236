#include "cli/location.hpp"

#include <fmt/format.h>

#include <set>

#include "k8s_io/fields.hpp"
#include "k8s_io/names.hpp"
#include "scheduler/object_names.hpp"

namespace holystone::cli {

using namespace k8s_io;
namespace json = boost::json;

namespace {

/// Collects the locations of what is made for a claim, and keeps the first
/// thing that goes wrong.
class search {
public:
  search(cluster& api, const std::string& operator_namespace)
      : api_(api), operator_namespace_(operator_namespace) {
    // nop
  }

  /// In an empty namespace: in all of them.
  void look(const resource& kind, const std::string& ns,
            const std::string& label, const std::string& field) {
    if (why_)
      return;
    why_ = api_.each(kind, ns, label, field,
                     [this](const json::value& object) { note(object); });
  }

  /// The one location that was found; `claim` is what it was looked for.
  result<std::string> outcome(const std::string& claim) const {
    if (why_)
      return *why_;
    if (locations_.size() == 1)
      return *locations_.begin();
    if (!locations_.empty())
      return error{fmt::format("{} means more than one location: {}; give one "
                               "of these hashes instead",
                               claim, fmt::join(locations_, ", "))};
    if (!strangers_.empty())
      return error{fmt::format("{} is not maintained from namespace {}; say "
                               "--namespace {}",
                               claim, operator_namespace_,
                               fmt::join(strangers_, ", or --namespace "))};
    return error{fmt::format(
        "there is no CronJob or Job for {}; give its location's hash, with "
        "which the names of Leases in namespace {} end",
        claim, operator_namespace_)};
  }

  bool found_any() const {
    return !locations_.empty();
  }

private:
  void note(const json::value& object) {
    auto meta = read_meta(object);
    auto location = label_of(object, names::location_hash);
    if (location.empty())
      return;
    auto whose = label_of(object, names::operator_namespace);
    if (whose.empty() || meta.key.ns == operator_namespace_)
      whose = meta.key.ns;
    if (whose == operator_namespace_)
      locations_.insert(std::move(location));
    else
      strangers_.insert(std::move(whose));
  }

  cluster& api_;
  const std::string& operator_namespace_;
  std::set<std::string> locations_;
  /// Namespaces of other operators.
  std::set<std::string> strangers_;
  std::optional<error> why_;
};

} // namespace

result<std::string> find_location(cluster& api,
                                  const std::string& operator_namespace,
                                  const object_key& claim) {
  auto source = api.get(resources::replication_sources, claim);
  if (!source)
    return source.why();
  auto maintenance = api.get(resources::kopia_maintenances, claim);
  if (!maintenance)
    return maintenance.why();
  if (source->is_null() && maintenance->is_null())
    return error{
        fmt::format("there is no ReplicationSource or KopiaMaintenance {}",
                    to_string(claim))};
  search made{api, operator_namespace};
  if (auto name = text_at(*source, "status", "kopia", "maintenanceCronJob");
      !name.empty())
    made.look(resources::cron_jobs, {}, {},
              fmt::format("metadata.name={}", name));
  if (!maintenance->is_null()) {
    auto label = fmt::format("{}={}", names::maintenance_name,
                             scheduler::shortened(claim.name, longest_label));
    made.look(resources::cron_jobs, claim.ns, label, {});
    // Runs by hand have no CronJob.
    if (!made.found_any())
      made.look(resources::jobs, claim.ns, label, {});
  }
  return made.outcome(to_string(claim));
}

} // namespace holystone::cli
