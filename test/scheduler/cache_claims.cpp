#include "scheduler/cache_claim_edits.hpp"
#include "scheduler/home.hpp"
#include "scheduler/quantity.hpp"
#include "scheduler/repository.hpp"

#include <catch2/catch.hpp>

using namespace holystone;
using namespace holystone::scheduler;

namespace {

using place = cache_wishes::place;

const instant now = *parse_rfc3339("2026-11-21T12:00:00Z");

cache_wishes own(const std::string& capacity, const std::string& type = {},
                 std::vector<std::string> modes = {}) {
  cache_wishes cache;
  cache.where = place::own_claim;
  cache.capacity = capacity;
  cache.storage_class = type;
  cache.access_modes = std::move(modes);
  return cache;
}

/// A repository of one KopiaMaintenance.
struct situation {
  repository_facts facts;

  explicit situation(cache_wishes cache) {
    facts.id = facts.location_id = {"0123456789abcdef"};
    facts.location = "{}";
    claimant who;
    who.wish.who = {claim_kind::kopia_maintenance, {"shop", "nightly"}};
    who.wish.uid = {"km"};
    who.wish.generation = 1;
    who.wish.secret = {"shop", "kopia"};
    who.wish.secret_uid = {"s"};
    who.location_id = facts.location_id;
    who.location = facts.location;
    facts.claimants = {who};
    want(std::move(cache));
  }

  claim& wish() {
    return facts.claimants[0].wish;
  }

  void want(cache_wishes cache) {
    pod_wishes pods;
    pods.cache = std::move(cache);
    wish().settings.pods = pods;
  }

  /// There is such a claim.
  void have(const std::string& capacity, const std::string& type = "standard",
            const std::string& owner = "km") {
    wish().cache
        = cache_claim_fact{{"shop", "volsync-kopia-maintenance-nightly-cache"},
                           {"pvc"},
                           "nightly",
                           {owner},
                           capacity,
                           type,
                           {"ReadWriteOnce"},
                           false};
  }

  repository_action edit() const {
    return edit_of_cache(facts, facts.claimants[0]);
  }

  std::optional<cache_claim_intent> wanted() const {
    auto what = edit();
    const auto* apply = std::get_if<apply_cache_claim>(&what);
    return apply ? std::optional{apply->wanted} : std::nullopt;
  }

  repository_action next() const {
    repository_policy policy;
    policy.operator_namespace = "volsync-system";
    policy.digests = [](const cron_job_intent& wanted) {
      return manifest_digests{wanted.schedule, wanted.schedule};
    };
    return next_step(
               facts, policy, [](const auto&) { return false; }, now)
        .action;
  }
};

} // namespace

TEST_CASE("C-19: a capacity alone makes a claim for the cache, before the "
          "CronJob that mounts it") {
  situation here{own("20Gi")};
  auto next = here.next();
  const auto* apply = std::get_if<apply_cache_claim>(&next);
  REQUIRE(apply);
  const auto& wanted = apply->wanted;
  CHECK(to_string(wanted.key)
        == "shop/volsync-kopia-maintenance-nightly-cache");
  CHECK(wanted.owner == object_uid{"km"});
  CHECK(wanted.capacity == "20Gi");
  CHECK(wanted.storage_class.empty());
  CHECK(wanted.access_modes == std::vector<std::string>{"ReadWriteOnce"});
  here.have("20Gi");
  CHECK(std::holds_alternative<apply_cron_job>(here.next()));
}

TEST_CASE("a class or modes alone make a claim of 1Gi") {
  CHECK(situation{own({}, "fast")}.wanted()->capacity == "1Gi");
  auto wanted = situation{own({}, {}, {"ReadWriteMany"})}.wanted();
  CHECK(wanted->capacity == "1Gi");
  CHECK(wanted->access_modes == std::vector<std::string>{"ReadWriteMany"});
}

TEST_CASE("the claim grows with the capacity and never shrinks") {
  situation here{own("20Gi")};
  for (auto same : {"20Gi", "20480Mi", "21474836480"}) {
    here.have(same);
    CHECK_FALSE(here.wanted());
  }
  here.have("10Gi");
  REQUIRE(here.wanted());
  CHECK(here.wanted()->capacity == "20Gi");
  // What can't be changed and was left open is said as it is.
  CHECK(here.wanted()->storage_class == "standard");
  here.have("30Gi");
  CHECK_FALSE(here.wanted());
}

TEST_CASE("a class or modes that the claim has not are asked for, and who is "
          "refused is told") {
  situation here{own("20Gi", "fast")};
  here.have("20Gi");
  REQUIRE(here.wanted());
  CHECK(here.wanted()->storage_class == "fast");
  here.facts.troubles["cache/shop/volsync-kopia-maintenance-nightly-cache"]
      = {"spec is immutable", "Invalid"};
  CHECK(cache_trouble(here.facts).message
        == "PersistentVolumeClaim "
           "shop/volsync-kopia-maintenance-nightly-cache can't be written as "
           "KopiaMaintenance shop/nightly asks: spec is immutable");
  here.have("20Gi", "fast");
  CHECK(cache_trouble(here.facts).message.empty());
}

TEST_CASE("the claim of a KopiaMaintenance that was made anew gets its new "
          "owner") {
  situation here{own("20Gi")};
  here.have("20Gi", "standard", "the km before");
  REQUIRE(here.wanted());
  CHECK(here.wanted()->owner == object_uid{"km"});
}

TEST_CASE("a claim that is on its way out is waited for, then made anew") {
  situation here{own("20Gi")};
  here.have("20Gi");
  auto leaving = *here.wish().cache;
  leaving.deleting = true;
  here.wish().cache = leaving;
  CHECK_FALSE(here.wanted());
  here.wish().cache = {};
  CHECK(here.wanted());
}

TEST_CASE("who runs no pods has no claim made for him") {
  situation here{own("20Gi")};
  here.wish().defect = trouble{"Waiting", "Secret"};
  CHECK_FALSE(here.wanted());
  here.wish().defect.reset();
  // By hand, beside whoever is scheduled.
  here.wish().manual = "tag";
  CHECK(here.wanted());
  here.wish().manual.clear();
  auto older = here.facts.claimants[0];
  older.wish.who.object.name = "elder";
  older.wish.created = now;
  here.wish().created = now + seconds{5};
  here.facts.claimants.push_back(older);
  CHECK_FALSE(here.wanted());
}

TEST_CASE("the claim goes when another cache is wanted, but not before the "
          "CronJob mounts that and nothing runs") {
  for (auto other : {place::scratch, place::none, place::existing_claim}) {
    cache_wishes cache;
    cache.where = other;
    situation here{cache};
    here.have("20Gi");
    CHECK(std::holds_alternative<apply_cron_job>(here.next()));
    auto& found = here.facts.cron_jobs.full;
    found.exists = found.ours = true;
    found.key
        = cron_job_key(here.facts, maintenance_kind::full, "volsync-system");
    found.digest = "0 2 * * *";
    found.schedule = "0 2 * * *";
    found.time_zone = "UTC";
    found.winner = here.wish().who;
    found.effective_since = now;
    for (int i = 0; i < 3 && std::holds_alternative<write_status>(here.next());
         ++i) {
      auto next = here.next();
      here.facts.claimants[0].status = std::get<write_status>(next).status;
    }
    auto next = here.next();
    const auto* gone = std::get_if<delete_cache_claim>(&next);
    REQUIRE(gone);
    CHECK(gone->uid == object_uid{"pvc"});
    job_fact job;
    job.key = {"shop", "job"};
    job.uid = {"j"};
    job.state = job_state::running;
    job.ours = false;
    here.facts.jobs = {job};
    CHECK_FALSE(std::holds_alternative<delete_cache_claim>(here.next()));
  }
}

TEST_CASE("the cache of a KopiaMaintenance that is switched off goes") {
  situation here{own("20Gi")};
  here.have("20Gi");
  here.wish().settings = {};
  here.wish().defect = trouble{"Disabled", "switched off"};
  auto next = here.next();
  if (const auto* told = std::get_if<write_status>(&next)) {
    here.facts.claimants[0].status = told->status;
    next = here.next();
  }
  CHECK(std::holds_alternative<delete_cache_claim>(next));
  // One with another owner is not ours to remove.
  here.have("20Gi", "standard", "another");
  CHECK(std::holds_alternative<std::monostate>(
      removal_of_cache(here.facts.claimants[0])));
}

TEST_CASE("names of caches fit, however long the KopiaMaintenance's is") {
  CHECK(cache_claim_name("nightly")
        == "volsync-kopia-maintenance-nightly-cache");
  auto name = cache_claim_name(std::string(253, 'a'));
  CHECK(name.size() == 253);
  CHECK(name != cache_claim_name(std::string(252, 'a') + "b"));
}

TEST_CASE("K-09: limits leave room in the cache, which kopia exceeds for a "
          "while") {
  for (auto capacity : {"1Gi", "8Gi", "20Gi", "1Ti"}) {
    auto limits = cache_limits_of(own(capacity));
    auto bytes = *parse_quantity(capacity);
    CHECK(1.3 * static_cast<double>(2 * *limits.metadata + *limits.content)
          <= bytes / 1048576);
  }
  // 0 would mean: none.
  auto tiny = cache_limits_of(own("1Ki"));
  CHECK(*tiny.metadata >= 1);
  CHECK(*tiny.content >= 1);
  auto of_none = cache_limits_of(cache_wishes{});
  CHECK_FALSE(of_none.metadata);
  auto given = own("8Gi");
  given.metadata_limit = 0;
  given.content_limit = 77;
  CHECK(cache_limits_of(given).metadata == 0);
  CHECK(cache_limits_of(given).content == 77);
}
