// Operators that start on clusters that no story leads to: half-built, foreign
// and contradictory objects (ESR). Wherever that is, the cluster comes to what
// is wanted, which is what a fresh one becomes, and stays.

#include "family.hpp"

#include "k8s_io/fields.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <random>

namespace holystone::perturb {

namespace json = boost::json;
using namespace std::chrono_literals;
using k8s_io::text_at;

namespace {

using dice = std::mt19937_64;

/// The objects that an operator finds, in a story's cluster.
std::vector<place> findable(play& on) {
  static const std::vector<std::pair<std::string, std::string>> kinds{
      {"/apis/batch/v1", "cronjobs"},
      {"/apis/batch/v1", "jobs"},
      {"/api/v1", "secrets"},
      {"/api/v1", "serviceaccounts"},
      {"/api/v1", "pods"},
      {"/api/v1", "persistentvolumeclaims"},
      {"/apis/coordination.k8s.io/v1", "leases"},
      {"/apis/volsync.backube/v1alpha1", "replicationsources"},
      {"/apis/volsync.backube/v1alpha1", "kopiamaintenances"}};
  std::vector<place> all;
  for (const auto& [api, plural] : kinds) {
    auto list = on.on.world.call("GET", api + "/" + plural);
    for (const auto& one : k8s_io::items_at(list, "items"))
      all.push_back({api, plural, text_at(one, "metadata", "namespace"),
                     text_at(one, "metadata", "name")});
  }
  return all;
}

const std::vector<std::string> distortions{
    R"({"metadata":{"labels":null}})",
    R"({"metadata":{"annotations":null}})",
    R"({"metadata":{"ownerReferences":null}})",
    R"({"metadata":{"ownerReferences":[{"apiVersion":"v1","kind":"ConfigMap",)"
    R"("name":"x","uid":"00000000-0000-4000-8000-000000000000"}]}})",
    R"({"metadata":{"labels":{"volsync.backube/repository-hash":"0"}}})",
    R"({"metadata":{"annotations":{"volsync.backube/winner":"Nobody x/y"}}})",
    R"({"metadata":{"annotations":{"volsync.backube/location":"{"}}})",
    R"({"metadata":{"annotations":{"volsync.backube/holder-job":"x"}}})",
    R"({"metadata":{"annotations":{"volsync.backube/holder-deadline":"x"}}})",
    R"({"spec":{"suspend":true}})",
    R"({"spec":{"suspend":false}})",
    R"({"spec":{"schedule":"0 0 30 2 *"}})",
    R"({"spec":{"holderIdentity":"somebody"}})",
    R"({"spec":{"holderIdentity":null}})",
    R"({"data":null})",
    R"({"data":{"KOPIA_REPOSITORY":"czM6Ly90d28="}})",
    R"({"metadata":{"finalizers":["example.com/stays"]}})",
    R"({"status":null})"};

/// Whether our copies of Secrets hold what their sources do is only asked when
/// the source changes or people ask for it: what is in them is not kept.
bool is_of_copy(const place& where, const std::string& patch) {
  return where.plural == "secrets" && where.ns == "volsync-system"
         && patch.starts_with(R"({"data")");
}

void edit(play& on, const place& where, const std::string& patch) {
  if (is_of_copy(where, patch))
    return;
  on.fault(where.target() + " " + patch);
  on.on.patch(where, patch);
}

/// A place inside an object that is not what names it.
struct spot {
  json::value* value;
  /// Makes a merge patch of what is to stand there.
  std::function<json::value(json::value)> patch;
};

void find_spots(json::value& value, const spot& at, std::vector<spot>& into) {
  static const std::set<std::string_view> names{
      "apiVersion",    "kind",
      "name",          "namespace",
      "uid",           "resourceVersion",
      "managedFields", "creationTimestamp",
      "generation",    "deletionTimestamp",
      "finalizers"};
  auto* members = value.if_object();
  if (!members)
    return;
  for (auto& [key, of] : *members) {
    if (names.contains(key))
      continue;
    spot inner{&of, [outer = at.patch, name = std::string{key}](json::value v) {
                 return outer(json::object{{name, std::move(v)}});
               }};
    into.push_back(inner);
    find_spots(of, inner, into);
  }
}

/// Takes something out of an object, or puts another text there, which may be
/// that of any other object.
void bend(play& on, const place& where, dice& random) {
  auto object = on.on.world.call("GET", where.target());
  std::vector<spot> spots;
  find_spots(object,
             {&object,
              [](json::value v) {
                return v;
              }},
             spots);
  if (spots.empty())
    return;
  const auto& at = spots[random() % spots.size()];
  json::value bent;
  if (at.value->is_string() && random() % 2 == 0)
    bent = std::vector<std::string>{"x",
                                    "true",
                                    "0",
                                    "app",
                                    "",
                                    "8b9091e68853d66d",
                                    "volsync-system"}[random() % 7];
  edit(on, where, json::serialize(at.patch(std::move(bent))));
}

/// Makes another object like this one, which has no UID of ours.
void copy(play& on, const place& where, dice& random) {
  auto to = where;
  to.name += random() % 2 == 0 ? "-2" : "-copy";
  on.fault(where.target() + " is copied to " + to.name);
  on.on.copy(where, to);
}

void distort(play& on, dice& random) {
  auto all = findable(on);
  if (all.empty())
    return;
  const auto& one = all[random() % all.size()];
  auto is_run = one.plural == "pods" || one.plural == "jobs";
  // A pod without its labels is nobody's, and a Job that people copy has the
  // ticket of the one that was let in: both would run beside another, which
  // nobody can help.
  auto draw = one.plural == "pods" ? 3 : random() % (is_run ? 5 : 8);
  if (draw < 3) {
    edit(on, one, distortions[random() % distortions.size()]);
  } else if (draw == 3) {
    on.fault(one.target() + " is deleted");
    on.on.ask("DELETE", one.target(), {}, true);
  } else if (draw == 4) {
    on.fault(one.target() + " is another one");
    on.on.swap(one);
  } else if (draw == 5) {
    copy(on, one, random);
  } else {
    bend(on, one, random);
  }
}

/// Stops the story anywhere, distorts what there is, starts an operator.
void wake_up(play& on, const plan& what) {
  dice random{what.number("seed")};
  on.start(on.next_options);
  on.pass(
      seconds{random() % static_cast<std::uint64_t>(on.told().length.count())});
  auto& asleep = on.us();
  asleep.stop(true);
  for (auto count = 1 + random() % 12; count > 0; --count) {
    distort(on, random);
    if (random() % 3 == 0)
      on.pass(seconds{random() % 20});
  }
  asleep.stop(false);
  asleep.is_dead = true;
  on.tell_story();
  if (!on.comes_to_rest())
    on.on.violations.push_back("O3: no rest");
  restart_quietly(on, "the distortions");
}

void arrange_waking(play& on, const plan&) {
  on.expects.other_end = true;
}

std::vector<plan> wakings() {
  std::vector<plan> all;
  for (const auto& told : all_stories())
    for (const auto& one : seeded_plans("ESR", told.name, 120))
      all.push_back(one);
  return all;
}

} // namespace

std::vector<family> waking_families() {
  return {{"ESR",
           "an operator starts on a distorted cluster",
           {},
           wakings,
           arrange_waking,
           wake_up,
           true}};
}

} // namespace holystone::perturb
