#include "story.hpp"

#include "../actors/maintenance_stage.hpp"
#include "../actors/volume_stage.hpp"
#include "../k8s_io/fork_objects.hpp"

#include <fmt/format.h>

namespace holystone::perturb {

using namespace actors;
using namespace std::chrono_literals;

namespace {

const std::string ours = "/apis/volsync.backube/v1alpha1";

/// A Job made by hand from the first CronJob of a namespace.
void run_by_hand(cluster& on, const std::string& name,
                 const std::string& ns = "volsync-system") {
  auto list = on.world.call("GET", batch(ns, "cronjobs"));
  if (items_at(list, "items").empty())
    return;
  auto job = a_job(on.world, ns, name);
  on.ask("POST", batch(ns, "jobs"), boost::json::serialize(job), true);
}

void remove(cluster& on, const place& what) {
  on.ask("DELETE", what.target(), {}, true);
}

/// The CronJob and the copy of app/kopia that the fork's manager made.
void leave_as_fork(cluster& on) {
  namespace fork = holystone::test::fork;
  auto source = on.world.call("GET", secret_of("app").target());
  auto by_manager
      = [&](const std::string& collection, const boost::json::object& object) {
          on.world.call("POST", collection + "?fieldManager=manager",
                        boost::json::serialize(object));
        };
  by_manager("/api/v1/namespaces/volsync-system/secrets",
             fork::copy_g1b("app", find(source, "data")->as_object()));
  auto cron_job = fork::cron_job_g1b("app");
  by_manager(batch(text_at(cron_job, "metadata", "namespace"), "cronjobs"),
             cron_job);
}

/// A source comes, is maintained once by its schedule.
story backup() {
  return {"backup",
          "a source comes and its slot comes due",
          {{0s,
            [](cluster& on) {
              add_source(on.world, "app", "one", "15 12 * * *");
            }}},
          18min,
          915s};
}

/// A source comes, somebody starts a run, the source goes.
story farewell() {
  return {"farewell",
          "a source comes, a Job is made by hand, the source goes",
          {{0s,
            [](cluster& on) {
              add_source(on.world, "app", "one");
            }},
           {40s,
            [](cluster& on) {
              run_by_hand(on, "by-hand");
            }},
           {150s,
            [](cluster& on) {
              remove(on, source_of("app"));
            }}},
          5min,
          50s};
}

/// Two sources want one repository; the winner goes, the other's Secret
/// changes.
story rivals() {
  return {"rivals",
          "two sources share a repository, the winner goes, a Secret changes",
          {{0s,
            [](cluster& on) {
              add_source(on.world, "app", "one");
            }},
           {2s,
            [](cluster& on) {
              add_source(on.world, "web", "one", "15 12 * * *");
            }},
           {60s,
            [](cluster& on) {
              remove(on, source_of("app"));
            }},
           {120s,
            [](cluster& on) {
              on.patch(secret_of("web"),
                       R"({"data":{"AWS_SECRET_ACCESS_KEY":"bmV3"}})");
            }}},
          18min,
          915s};
}

/// A KopiaMaintenance comes, changes, runs by its schedule and goes.
story upkeep() {
  return {"upkeep",
          "a KopiaMaintenance comes, changes, its slot comes due, it goes",
          {{0s,
            [](cluster& on) {
              add_repository(on.world, "app", "one");
              add_maintenance(on.world, "app", "hand",
                              "enabled: true, cacheCapacity: 1Gi, trigger: "
                              "{schedule: '15 12 * * *'}");
            }},
           {50s,
            [](cluster& on) {
              on.patch(maintenance_of("hand"),
                       R"({"spec":{"moverPodLabels":{"team":"a"}}})");
            }},
           {18min,
            [](cluster& on) {
              remove(on, maintenance_of("hand"));
            }}},
          20min,
          915s};
}

/// A KopiaMaintenance is told to run, twice.
story errand() {
  return {"errand",
          "a KopiaMaintenance is told to run at once, and again",
          {{0s,
            [](cluster& on) {
              add_repository(on.world, "app", "one");
              add_maintenance(on.world, "app", "hand",
                              "enabled: true, trigger: {manual: first}");
            }},
           {120s,
            [](cluster& on) {
              on.patch(maintenance_of("hand"),
                       R"({"spec":{"trigger":{"manual":"second"}}})");
            }}},
          6min,
          12s};
}

/// The fork left a CronJob; it is taken over.
story heritage() {
  return {"heritage",
          "a source that the VolSync fork maintained so far",
          {{0s,
            [](cluster& on) {
              add_source(on.world, "app", "one");
              leave_as_fork(on);
            }},
           {120s,
            [](cluster& on) {
              run_by_hand(on, "by-hand");
            }}},
          6min,
          130s};
}

/// Several Jobs of one repository at once.
story crowd() {
  return {"crowd",
          "three Jobs of one repository at once, one of them is deleted",
          {{0s,
            [](cluster& on) {
              add_source(on.world, "app", "one");
            }},
           {40s,
            [](cluster& on) {
              run_by_hand(on, "one");
              run_by_hand(on, "two");
            }},
           {45s,
            [](cluster& on) {
              run_by_hand(on, "three");
            }},
           {48s,
            [](cluster& on) {
              remove(on, {"/apis/batch/v1", "jobs", "volsync-system", "three"});
            }}},
          7min,
          52s,
          {"last-counted-job"}};
}

/// A repository on a volume.
story shelf() {
  return {"shelf",
          "a source whose repository is on a volume",
          {{0s,
            [](cluster& on) {
              add_volume(on.world, "shelf", "nfs: {server: nas, path: /x}");
              add_disk_source(on.world, "app", on_claim);
              add_claim(on.world, "app", "shelf");
              bind(on.world, "app");
            }},
           {50s,
            [](cluster& on) {
              run_by_hand(on, "by-hand");
              run_by_hand(on, "by-hand", "app");
            }}},
          5min,
          60s};
}

/// Wrong things that are mended.
story repair() {
  return {"repair",
          "a source without its Secret, with a bad schedule, both mended",
          {{0s,
            [](cluster& on) {
              add_source(on.world, "app", "one", "61 * * * *");
              remove(on, secret_of("app"));
            }},
           {40s,
            [](cluster& on) {
              add_secret(on.world, "app", "one");
            }},
           {80s,
            [](cluster& on) {
              on.patch(source_of("app"), R"({"spec":{"kopia":{)"
                                         R"("maintenanceCronJob":{)"
                                         R"("schedule":"15 12 * * *"}}}})");
            }}},
          18min,
          915s};
}

/// A slot at half past two in Berlin, in a night without one or with two.
story night(std::string name, std::string about, std::string_view begins,
            seconds length, seconds busy) {
  return {std::move(name),
          std::move(about),
          {{0s,
            [](cluster& on) {
              add_source(on.world, "app", "one",
                         "CRON_TZ=Europe/Berlin 30 2 * * *");
            }}},
          length,
          busy,
          {},
          parse_rfc3339(begins)};
}

} // namespace

place source_of(const std::string& ns) {
  return {ours, "replicationsources", ns, "data"};
}

place maintenance_of(const std::string& name) {
  return {ours, "kopiamaintenances", "app", name};
}

place secret_of(const std::string& ns) {
  return {"/api/v1", "secrets", ns, "kopia"};
}

const std::vector<story>& all_stories() {
  static const std::vector<story> all{backup(), farewell(), errand(),
                                      repair(), rivals(),   upkeep(),
                                      shelf(),  heritage(), crowd()};
  return all;
}

const std::vector<story>& clock_stories() {
  static const std::vector<story> all{
      night("spring", "clocks go from two to three, the slot is left out",
            "2027-03-28T00:50:00Z", 50min, 10min),
      night("autumn", "clocks go from three to two, the slot comes twice",
            "2027-10-31T00:20:00Z", 85min, 40min)};
  return all;
}

const story& empty_story() {
  static const story nothing{"empty", "nobody does anything", {}, 30s, 10s};
  return nothing;
}

const story* find_story(std::string_view name) {
  if (name == empty_story().name)
    return &empty_story();
  for (const auto* some : {&all_stories(), &clock_stories()})
    for (const auto& one : *some)
      if (one.name == name)
        return &one;
  return nullptr;
}

} // namespace holystone::perturb
