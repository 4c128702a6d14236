// What people do to themselves and to us: wrong things that they mend
// (PERTURB-12), our objects edited, deleted and made anew (13), everything
// deleted in every order (14).

#include "family.hpp"

#include "k8s_io/fields.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace holystone::perturb {

using namespace std::chrono_literals;
using k8s_io::text_at;

namespace {

// -- PERTURB-12 ---------------------------------------------------------------

/// Something that people break, and how they mend it.
struct mishap {
  const char* name;
  /// A merge patch, or nothing: deleted.
  const char* breaks;
  const char* mends;
};

const std::vector<mishap> secret_mishaps{
    {"no-password", R"({"data":{"KOPIA_PASSWORD":null}})",
     R"({"data":{"KOPIA_PASSWORD":"c2VjcmV0"}})"},
    {"empty-password", R"({"data":{"KOPIA_PASSWORD":""}})",
     R"({"data":{"KOPIA_PASSWORD":"c2VjcmV0"}})"},
    {"bad-address", R"({"data":{"KOPIA_REPOSITORY":"bm9uc2Vuc2U6Ly94"}})", ""},
    {"no-address", R"({"data":{"KOPIA_REPOSITORY":null}})", ""},
    {"bad-variable", R"({"data":{"BASH_ENV":"eA=="}})",
     R"({"data":{"BASH_ENV":null}})"},
    {"secret-deleted", "", ""}};

const std::vector<mishap> source_mishaps{
    {"bad-schedule",
     R"({"spec":{"kopia":{"maintenanceCronJob":{"schedule":"61 * * * *"}}}})",
     ""},
    {"bad-zone",
     R"({"spec":{"kopia":{"maintenanceCronJob":{"timeZone":"Mars/Olympus"}}}})",
     R"({"spec":{"kopia":{"maintenanceCronJob":{"timeZone":null}}}})"},
    {"bad-amount",
     R"({"spec":{"kopia":{"maintenanceCronJob":{"resources":{"limits":)"
     R"({"memory":"1 Gi"}}}}}})",
     R"({"spec":{"kopia":{"maintenanceCronJob":{"resources":null}}}})"},
    {"missing-secret", R"({"spec":{"kopia":{"repository":"missing"}}})",
     R"({"spec":{"kopia":{"repository":"kopia"}}})"},
    {"missing-authority",
     R"({"spec":{"kopia":{"customCA":{"secretName":"missing"}}}})",
     R"({"spec":{"kopia":{"customCA":null}}})"},
    {"not-kopia", R"({"spec":{"kopia":null}})", ""},
    {"disabled",
     R"({"spec":{"kopia":{"maintenanceCronJob":{"enabled":false}}}})",
     R"({"spec":{"kopia":{"maintenanceCronJob":{"enabled":true}}}})"}};

const std::vector<mishap> maintenance_mishaps{
    {"bad-schedule", R"({"spec":{"trigger":{"schedule":"61 * * * *"}}})", ""},
    {"missing-secret", R"({"spec":{"repository":{"repository":"missing"}}})",
     R"({"spec":{"repository":{"repository":"kopia"}}})"},
    {"disabled", R"({"spec":{"enabled":false}})",
     R"({"spec":{"enabled":true}})"},
    {"suspended", R"({"spec":{"suspend":true}})",
     R"({"spec":{"suspend":null}})"}};

/// Whose objects people break in a story, and when.
struct subject {
  place where;
  const std::vector<mishap>* mishaps;
};

std::vector<subject> subjects_of(const std::string& story_name) {
  if (story_name == "upkeep" || story_name == "errand")
    return {{maintenance_of("hand"), &maintenance_mishaps},
            {secret_of("app"), &secret_mishaps}};
  if (story_name == "rivals")
    return {{source_of("web"), &source_mishaps},
            {secret_of("web"), &secret_mishaps}};
  return {{source_of("app"), &source_mishaps},
          {secret_of("app"), &secret_mishaps}};
}

std::vector<plan> mishaps() {
  std::vector<plan> all;
  for (const auto& told : all_stories()) {
    std::set<seconds> moments{0s, 3s, 30s, told.busy};
    for (const auto& whose : subjects_of(told.name))
      for (const auto& one : *whose.mishaps)
        for (auto moment : moments)
          for (auto time : {"20", "400"})
            all.push_back({"PERTURB-12",
                           told.name,
                           {{"at", std::to_string(moment.count())},
                            {"for", time},
                            {"of", whose.where.plural},
                            {"what", one.name}}});
  }
  return all;
}

/// Puts the spec or data of an object back as they were.
void mend(play& on, const place& where, const boost::json::value& before,
          const mishap& how) {
  on.note("people mend it");
  auto api = place{where.api, where.plural, where.ns, {}}.target();
  if (!on.on.exists(where)) {
    auto again = before.as_object();
    for (auto name : {"resourceVersion", "uid"})
      again["metadata"].as_object().erase(name);
    on.on.ask("POST", api, boost::json::serialize(again), true);
    return;
  }
  if (*how.mends) {
    on.on.patch(where, how.mends);
    return;
  }
  boost::json::object back;
  for (auto name : {"spec", "data"})
    if (const auto* value = k8s_io::find(before, name))
      back[name] = *value;
  on.on.patch(where, boost::json::serialize(back));
}

void arrange_mishap(play& on, const plan& what) {
  auto time = seconds{what.number("for")};
  for (const auto& whose : subjects_of(what.story))
    for (const auto& one : *whose.mishaps)
      if (whose.where.plural == what.text("of")
          && one.name == what.text("what"))
        on.at(seconds{what.number("at")}, [&on, time, whose, one] {
          auto before = on.on.world.call("GET", whose.where.target());
          on.hold(time + 20s);
          if (text_at(before, "metadata", "uid").empty())
            return;
          on.fault(fmt::format("people break {}: {}", whose.where.target(),
                               one.name));
          if (*one.breaks)
            on.on.patch(whose.where, one.breaks);
          else
            on.on.ask("DELETE", whose.where.target(), {}, true);
          on.after(time, [&on, whose, before, one] {
            mend(on, whose.where, before, one);
          });
        });
  // Mended things are written again, and users are told of each change.
  on.expects.writes_each = 16;
  // What the fork left goes sooner, and its copy's name with it. With the last
  // claim of a repository goes what is known of it.
  static const std::set<std::string> partings{"not-kopia", "disabled",
                                              "no-address", "bad-address"};
  on.expects.other_end
      = what.story == "heritage" || partings.contains(what.text("what"));
  // A run that was due while nobody could be maintained is not made up for by
  // another, and an object that was made anew is another one.
  on.expects.may_differ.insert("Job ");
  on.expects.may_differ.insert("last");
}

// -- PERTURB-13 ---------------------------------------------------------------

/// What others do to an object of ours.
const std::vector<std::string> meddlings{"delete",     "swap",      "unlabel",
                                         "unannotate", "finalizer", "suspend",
                                         "takeover",   "stranger"};

place of_ours(const request& asked) {
  return {
      asked.kind.group.empty()
          ? "/api/v1"
          : fmt::format("/apis/{}/{}", asked.kind.group, asked.kind.version),
      std::string{asked.kind.plural}, asked.ns, asked.name};
}

std::vector<plan> meddlings_before_writes() {
  std::vector<plan> all;
  for (const auto& told : all_stories())
    for (std::size_t k = 1; k <= reference_of(told).all_writes.size(); ++k)
      for (const auto& how : meddlings)
        for (auto when : {"before", "after"}) {
          const auto& one = reference_of(told).all_writes[k - 1].what;
          if (one.kind.plural == "events")
            continue;
          all.push_back(
              {"PERTURB-13",
               told.name,
               {{"how", how}, {"when", when}, {"write", std::to_string(k)}}});
        }
  return all;
}

/// Does it; says whether there was something to do it to.
bool meddle(play& on, process& who, const place& where,
            const std::string& how) {
  if (!on.on.exists(where))
    return false;
  on.fault(fmt::format("a stranger's hand: {} {}", how, where.target()));
  if (how == "delete")
    on.on.ask("DELETE", where.target(), {}, true);
  else if (how == "swap") {
    if (auto uid = on.on.swap(where); !uid.empty())
      who.untold.insert(uid);
  } else if (how == "unlabel")
    on.on.patch(where, R"({"metadata":{"labels":null}})");
  else if (how == "unannotate")
    on.on.patch(where, R"({"metadata":{"annotations":null}})");
  else if (how == "finalizer") {
    on.on.patch(where, R"({"metadata":{"finalizers":["example.com/hold"]}})");
    on.on.ask("DELETE", where.target(), {}, true);
    on.after(100s, [&on, where] {
      on.on.patch(where, R"({"metadata":{"finalizers":null}})");
    });
  } else if (how == "suspend")
    on.on.patch(where, R"({"spec":{"suspend":true}})");
  else if (how == "takeover")
    on.on.patch(where, R"({"spec":{"schedule":"7 7 7 7 *"},)"
                       R"("metadata":{"labels":{"team":"theirs"}}})");
  else
    on.on.patch(where, R"({"metadata":{"annotations":{"example.com/a":"b"}}})");
  return true;
}

void arrange_meddling(play& on, const plan& what) {
  auto write = what.number("write");
  auto how = what.text("how");
  auto is_before = what.text("when") == "before";
  on.through.on_request = [&on, write, how, is_before](process& who,
                                                       const request& asked,
                                                       unsigned writes) {
    if (!is_write(asked) || writes != write || on.faults > 0)
      return passage{};
    auto where = of_ours(asked);
    if (is_before && !on.on.exists(where))
      return passage{};
    on.hold(330s);
    if (is_before)
      meddle(on, who, where, how);
    else
      on.after(1s, [&on, where, how] { meddle(on, on.us(), where, how); });
    return passage{};
  };
  on.expects.writes_each = 12;
  // What the fork's runs leave is looked at for ten minutes.
  if (on.told().name == "heritage")
    on.at(on.told().length, [&on] { on.hold(11min); });
  // What is the stranger's stays; runs and what is known of them may be lost.
  on.expects.other_end = true;
}

// -- PERTURB-14 ---------------------------------------------------------------

const std::vector<std::string> deletable{"claim", "namespace", "secret",
                                         "operator", "definition"};

std::vector<plan> deletions() {
  std::vector<plan> all;
  for (auto told : {"backup", "farewell", "upkeep", "errand"})
    for (std::size_t out = 0; out < deletable.size(); ++out) {
      std::vector<std::string> four;
      for (std::size_t i = 0; i < deletable.size(); ++i)
        if (i != out)
          four.push_back(deletable[i]);
      std::ranges::sort(four);
      do {
        for (auto gap : {"0", "7"})
          for (auto state : {"valid", "invalid"})
            all.push_back({"PERTURB-14",
                           told,
                           {{"gap", gap},
                            {"order", four[0] + "," + four[1] + "," + four[2]
                                          + "," + four[3]},
                            {"state", state}}});
      } while (std::ranges::next_permutation(four).found);
    }
  return all;
}

void erase(play& on, const std::string& what, const place& claim) {
  on.fault("deleted: " + what);
  if (what == "claim")
    on.on.ask("DELETE", claim.target(), {}, true);
  else if (what == "namespace")
    on.on.ask("DELETE", "/api/v1/namespaces/app", {}, true);
  else if (what == "secret")
    on.on.ask("DELETE", secret_of("app").target(), {}, true);
  else if (what == "operator")
    on.us().is_dead = true;
  else
    on.on.ask("DELETE",
              "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/"
                  + claim.plural + ".volsync.backube",
              {}, true);
}

void arrange_deletions(play& on, const plan& what) {
  auto claim = what.story == "upkeep" || what.story == "errand"
                   ? maintenance_of("hand")
                   : source_of("app");
  if (what.text("state") == "invalid")
    on.at(20s, [&on, claim] {
      on.on.patch(claim, claim.plural == "replicationsources"
                             ? source_mishaps[0].breaks
                             : maintenance_mishaps[0].breaks);
    });
  auto when = on.told().busy + 5s;
  auto order = what.text("order") + ",";
  for (auto end = order.find(','); end != order.npos; end = order.find(',')) {
    on.at(when,
          [&on, claim, one = order.substr(0, end)] { erase(on, one, claim); });
    order.erase(0, end + 1);
    when += seconds{what.number("gap")};
  }
  on.expects.other_end = true;
}

/// What every namespace gets from the controllers by itself.
bool is_of_every_namespace(const boost::json::value& object) {
  auto kind = text_at(object, "kind");
  auto name = text_at(object, "metadata", "name");
  return (kind == "ServiceAccount" && name == "default")
         || (kind == "ConfigMap" && name == "kube-root-ca.crt");
}

/// Nothing of ours may be left of a claim that is gone.
void run_deletions(play& on, const plan&) {
  on.start(on.next_options);
  on.tell_story();
  // While a definition is gone, nobody knows whether its objects are.
  on.on.world.serve_definitions();
  on.comes_to_rest();
  on.pass(3min);
  for (auto& object : on.on.world.contents()) {
    auto kind = text_at(object, "kind");
    auto ns = text_at(object, "metadata", "namespace");
    if ((ns == "volsync-system" && (kind == "CronJob" || kind == "Secret"))
        || (ns == "app" && !is_of_every_namespace(object)))
      on.on.violations.push_back(
          fmt::format("O1: {} {}/{} is left", kind, ns,
                      text_at(object, "metadata", "name")));
  }
}

} // namespace

std::vector<family> people_families() {
  return {{"PERTURB-12",
           "people break something and mend it",
           {},
           mishaps,
           arrange_mishap},
          {"PERTURB-13",
           "others edit, delete, remake what we write",
           {},
           meddlings_before_writes,
           arrange_meddling},
          {"PERTURB-14",
           "everything is deleted, in every order",
           {},
           deletions,
           arrange_deletions,
           run_deletions,
           true}};
}

} // namespace holystone::perturb
