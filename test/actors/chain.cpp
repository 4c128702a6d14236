// One cluster, one operator, and a thousand changes of single fields one after
// the other. After each the cluster must be as a fresh one becomes that is
// given the same objects and what was recorded: who won, the copies' names, the
// statuses. HOLYSTONE_CHAIN_SEED draws another chain.

#include "chain_claims.hpp"
#include "field_changes.hpp"
#include "metrics/log.hpp"
#include "recorded.hpp"
#include "stage.hpp"

#include <catch2/catch.hpp>

#include <cstdlib>

using namespace holystone;
using namespace holystone::actors;
namespace json = boost::json;

namespace {

using picture_by_field = std::map<std::string, std::string>;

/// The operator's own Lease names nobody's repository.
bool is_own_lease(std::string_view plural, std::string_view name) {
  return plural == "leases" && !name.starts_with("kopia-repository-");
}

bool is_own_lease(const json::value& object) {
  return text_at(object, "kind") == "Lease"
         && is_own_lease("leases", text_at(object, "metadata", "name"));
}

void remove(json::value& from, std::initializer_list<std::string_view> path) {
  auto* value = &from;
  auto last = std::prev(path.end());
  for (auto step = path.begin(); step != last; ++step) {
    auto* members = value->if_object();
    value = members ? members->if_contains(*step) : nullptr;
    if (!value)
      return;
  }
  if (auto* members = value->if_object())
    members->erase(*last);
}

/// What must be equal: all but versions, and when something was seen or done.
json::value essence_of(json::value object) {
  for (auto name : {"resourceVersion", "managedFields", "creationTimestamp",
                    "generation", "uid"})
    remove(object, {"metadata", name});
  for (auto name : {names::source_version, names::resync})
    remove(object, {"metadata", "annotations", name});
  const auto kind = text_at(object, "kind");
  if (kind == "CronJob" || kind == "ServiceAccount")
    remove(object, {"status"});
  remove(object, {"status", "lastReconcileTime"});
  if (auto* conditions = member(object, {"status", "conditions"}))
    for (auto& condition : conditions->as_array())
      remove(condition, {"lastTransitionTime"});
  return object;
}

/// Each value of the object under its path.
void spread(const json::value& value, const std::string& path,
            picture_by_field& into) {
  if (const auto* members = value.if_object())
    for (const auto& [name, of] : *members)
      spread(of, path + "/" + std::string{name}, into);
  else if (const auto* items = value.if_array())
    for (std::size_t i = 0; i < items->size(); ++i)
      spread((*items)[i], fmt::format("{}/{}", path, i), into);
  else
    into[path] = json::serialize(value);
}

/// All that the operator answers for, and what it was asked.
picture_by_field essence_of(const objects& all) {
  static const std::set<std::string> kinds{
      "CronJob",           "Secret",           "Lease",
      "ReplicationSource", "KopiaMaintenance", "ServiceAccount"};
  picture_by_field picture;
  for (const auto& object : all)
    if (kinds.contains(text_at(object, "kind")) && !is_own_lease(object))
      spread(essence_of(object), name_of(object), picture);
  return picture;
}

std::string difference(const picture_by_field& chain,
                       const picture_by_field& fresh) {
  std::string text;
  for (const auto& [field, value] : chain)
    if (const auto other = fresh.find(field); other == fresh.end())
      text += field + ": " + value + " is not in the fresh cluster\n";
    else if (other->second != value)
      text += field + ": " + value + ", but " + other->second
              + " in the fresh cluster\n";
  for (const auto& [field, value] : fresh)
    if (!chain.contains(field))
      text += field + ": " + value + " is in the fresh cluster alone\n";
  return text;
}

/// Keeps what is recorded of a CronJob and spoils what follows from claims.
void spoil_cron_job(json::value& object) {
  if (auto* notes = member(object, {"metadata", "annotations"})) {
    remove(*notes, {names::schedule_conflict});
    remove(*notes, {names::source_namespaces});
  }
  if (auto* spec = member(object, {"spec"})) {
    auto& members = spec->as_object();
    members["successfulJobsHistoryLimit"] = 77;
  }
  if (auto* spec = member(object, {"spec", "jobTemplate", "spec"})) {
    spec->as_object()["activeDeadlineSeconds"] = 77;
    remove(*spec, {"template", "metadata", "labels"});
    remove(*spec, {"template", "spec", "securityContext"});
  }
}

/// What a fresh cluster is given of this one.
objects recorded(const objects& all) {
  const auto served = in_force(all);
  objects kept;
  for (auto object : all) {
    const auto kind = text_at(object, "kind");
    if (is_own_lease(object))
      continue;
    if (kind == "CronJob"
        && served.contains(
            text_at(object, "metadata", "annotations", names::winner)
            + text_at(object, "metadata", "name")))
      spoil_cron_job(object);
    if (kind == "Secret"
        && !text_at(object, "metadata", "labels", names::secret_copy).empty()) {
      // It stays what it was while its source can't be read.
      object.at("metadata").at("annotations").as_object()[names::source_version]
          = "0";
    }
    kept.push_back(std::move(object));
  }
  return kept;
}

/// The cluster that changes, the operator on it, and the one to compare with.
class chain {
public:
  chain() {
    install_claimed(world_);
    world_.decide = [this](const request& what) {
      if (what.what != verb::get && what.what != verb::list
          && !is_own_lease(what.kind.plural, what.name))
        writes_.push_back(std::string{what.kind.plural} + " " + what.ns + "/"
                          + what.name + " " + what.body.text());
      return fate::done;
    };
    restart();
  }

  /// Another process, as an update of the Deployment brings it.
  void restart() {
    operator_.reset();
    world_.now += 20s;
    operator_.emplace(world_);
  }

  json::value look(const std::string& target) {
    auto found = world_.call("GET", target);
    return text_at(found, "kind") == "Status" ? json::value{} : found;
  }

  /// False when the API server refused it.
  bool make(const field_change& change) {
    const auto type = change.method == "PATCH" ? "application/merge-patch+json"
                                               : "application/json";
    auto told = world_.call(change.method, change.target, change.body, type);
    return text_at(told, "status") != "Failure";
  }

  /// Until a minute passes without a write; false when none does.
  bool comes_to_rest() {
    for (int i = 0; i < 8; ++i) {
      operator_->pass(10s);
      writes_.clear();
      operator_->pass(65s);
      if (writes_.empty())
        return true;
    }
    return false;
  }

  picture_by_field picture() {
    return essence_of(world_.contents());
  }

  /// What differs from a fresh cluster; empty when nothing does.
  std::string differs_from_fresh() {
    const auto all = world_.contents();
    fresh_.now = world_.now;
    fresh_.become(recorded(all), world_);
    stage other{fresh_};
    std::string text;
    for (int i = 0; i < 4; ++i) {
      other.pass(10s);
      text = difference(essence_of(all), essence_of(fresh_.contents()));
      if (text.empty())
        return text;
    }
    return text;
  }

  const std::vector<std::string>& writes() const {
    return writes_;
  }

private:
  simulated_world world_;
  simulated_world fresh_{36, 2};
  std::optional<stage> operator_;
  std::vector<std::string> writes_;
};

std::uint64_t seed() {
  const char* given = std::getenv("HOLYSTONE_CHAIN_SEED");
  return given ? std::stoull(given) : 4;
}

/// A thousand steps have a log of their own size.
struct quiet_log {
  quiet_log() {
    metrics::set_log_level(metrics::log_level::error);
  }
  ~quiet_log() {
    metrics::set_log_level(metrics::log_level::info);
  }
};

} // namespace

TEST_CASE("after each of 1,000 changes the state is that of a fresh cluster") {
  constexpr int steps = 1000;
  const quiet_log quiet;
  chain cluster;
  change_source changes{seed(), changeable_claims()};
  REQUIRE(cluster.comes_to_rest());
  for (int step = 1; step <= steps; ++step) {
    if (changes.below(40) == 0)
      cluster.restart();
    const auto before = cluster.picture();
    const auto change = changes.next(
        [&](const std::string& target) { return cluster.look(target); });
    INFO("seed " << seed() << ", step " << step << ": " << change.words());
    if (!cluster.make(change)) {
      CHECK(difference(cluster.picture(), before) == "");
      continue;
    }
    const bool rests = cluster.comes_to_rest();
    CAPTURE(cluster.writes());
    REQUIRE(rests);
    const auto difference = cluster.differs_from_fresh();
    if (!difference.empty())
      FAIL(difference);
  }
}
