#include "actors/placement.hpp"

#include <catch2/catch.hpp>

using namespace holystone;
using namespace holystone::actors;

namespace {

using keys = placement::claim_keys;

const claim_key data{claim_kind::replication_source, {"app", "data"}};
const object_key secret{"app", "kopia"};
const location bucket{"s3", {{"bucket", "one"}, {"endpoint", "minio:9000"}}};
const auto bucket_hash = identify(bucket).hex;

claimant_fact make_source() {
  claimant_fact source;
  source.who = data;
  source.uid = {"source"};
  source.is_kopia = true;
  source.secret = secret.name;
  return source;
}

secret_fact make_secret(const std::string& version) {
  secret_fact fact;
  fact.key = secret;
  fact.uid = {"secret"};
  fact.version = {version};
  return fact;
}

secret_fact make_copy(const std::string& hash) {
  secret_fact fact;
  fact.key = {"volsync-system", "maintenance-app-kopia"};
  fact.uid = {"copy"};
  fact.copy.emplace();
  fact.copy->source.key = secret;
  fact.repository = hash;
  return fact;
}

reading_ptr say(const std::string& version, result<location> where) {
  auto told = std::make_shared<reading>();
  told->key = secret;
  told->uid = {"secret"};
  told->version = version;
  told->where = std::move(where);
  return told;
}

/// Where the claim is placed, `?` when its Secret must be read.
std::string hash_of(const whereabouts& told) {
  if (std::holds_alternative<unclaimed>(told))
    return "-";
  if (const auto* put = std::get_if<placed>(&told))
    return put->hash;
  return "?";
}

std::string defect_of(const whereabouts& told) {
  const auto& defect = std::get<placed>(told).wants.wish.defect;
  return defect ? defect->reason + ": " + defect->message : "";
}

/// Everything that a good claim needs.
placement make_placement() {
  placement all;
  all.learn(make_source());
  all.learn(make_secret("1"));
  all.learn(say("1", bucket));
  return all;
}

} // namespace

TEST_CASE("a claim belongs where its Secret says") {
  placement all;
  CHECK(all.learn(make_source()) == keys{data});
  CHECK(defect_of(all.place(data, lobby))
        == "Waiting: Secret app/kopia does not exist; create it");
  CHECK(hash_of(all.place(data, lobby)) == lobby);
  CHECK(all.learn(make_secret("1")) == keys{data});
  CHECK(hash_of(all.place(data, lobby)) == "?");
  CHECK(all.learn(say("1", bucket)) == keys{data});
  auto told = all.place(data, lobby);
  CHECK(hash_of(told) == bucket_hash);
  CHECK(defect_of(told).empty());
  const auto& put = std::get<placed>(told);
  REQUIRE(put.where);
  CHECK(put.where->location == canonical_json(bucket));
  CHECK(put.where->endpoint == endpoint_of(bucket));
  CHECK(put.wants.location == put.where->location);
  CHECK(put.wants.wish.secret_version == "1");
}

TEST_CASE("what a Secret said is forgotten with the last claim that names it") {
  auto all = make_placement();
  REQUIRE(hash_of(all.place(data, lobby)) == bucket_hash);
  SECTION("because the claim is gone") {
    all.forget(data);
  }
  SECTION("because it names another one") {
    auto other = make_source();
    other.secret = "other";
    all.learn(other);
  }
  all.learn(make_source());
  CHECK(hash_of(all.place(data, lobby)) == "?");
}

TEST_CASE("a Secret that changed is read again, a repeated event is no news") {
  auto all = make_placement();
  CHECK(all.learn(make_secret("1")).empty());
  CHECK(all.learn(make_secret("2")) == keys{data});
  CHECK(hash_of(all.place(data, bucket_hash)) == "?");
}

TEST_CASE("a reading that is newer than the watch counts") {
  auto all = make_placement();
  all.learn(make_secret("2"));
  all.learn(say("3", bucket));
  CHECK(hash_of(all.place(data, bucket_hash)) == bucket_hash);
}

TEST_CASE("a location once known holds while the Secret is missing or "
          "unreadable") {
  auto all = make_placement();
  CHECK(all.forget(secret) == keys{data});
  auto told = all.place(data, bucket_hash);
  CHECK(hash_of(told) == bucket_hash);
  CHECK(defect_of(told).starts_with("Waiting: Secret app/kopia"));
  all.learn(make_secret("2"));
  all.learn(say("2", error{"no KOPIA_REPOSITORY"}));
  told = all.place(data, bucket_hash);
  CHECK(hash_of(told) == bucket_hash);
  CHECK(defect_of(told) == "Error: no KOPIA_REPOSITORY");
}

TEST_CASE("after a restart the copy says where a missing Secret's repository "
          "is") {
  placement all;
  all.learn(make_source());
  CHECK(all.learn(make_copy("copied")).empty());
  CHECK(hash_of(all.place(data, lobby)) == "copied");
  all.forget(make_copy("").key);
  CHECK(hash_of(all.place(data, lobby)) == lobby);
}

TEST_CASE("after a restart a loser's status says where a missing Secret's "
          "repository is") {
  auto source = make_source();
  source.status.emplace();
  placement all;
  SECTION("by the CronJob's name") {
    source.status->cron_job = "kopia-maintenance-" + bucket_hash;
  }
  SECTION("by a CronJob that is called after a KopiaMaintenance") {
    source.status->cron_job = "kopia-maint-weekly-0123456789abcdef";
    cron_job_seen seen;
    seen.fact.key = {"web", source.status->cron_job};
    seen.fact.ours = true;
    all.learn(seen, bucket_hash);
  }
  all.learn(source);
  CHECK(hash_of(all.place(data, lobby)) == bucket_hash);
}

TEST_CASE("of two copies of a moving Secret the one that stays counts") {
  placement all;
  all.learn(make_source());
  all.learn(make_copy("old"));
  auto other = make_copy("new");
  other.key.name += "-2";
  all.learn(other);
  all.learn(make_copy("old"));
  all.forget(make_copy("").key);
  CHECK(hash_of(all.place(data, lobby)) == "new");
}

TEST_CASE("A-23: a winner that is made again is where its CronJob says") {
  placement all;
  cron_job_seen seen;
  seen.fact.key = {"app", "kopia-maintenance-" + bucket_hash};
  seen.fact.ours = true;
  seen.fact.winner = data;
  all.learn(seen, bucket_hash);
  all.learn(make_source());
  all.forget(data);
  all.learn(make_source());
  CHECK(hash_of(all.place(data, lobby)) == bucket_hash);
  SECTION("until that names another winner") {
    seen.fact.winner->object.name = "other";
    all.learn(seen, bucket_hash);
    CHECK(hash_of(all.place(data, lobby)) == lobby);
  }
  SECTION("until that is gone") {
    all.forget_cron_job(seen.fact.key);
    CHECK(hash_of(all.place(data, lobby)) == lobby);
  }
}

TEST_CASE("who claims nothing has no place") {
  auto all = make_placement();
  CHECK(hash_of(all.place({claim_kind::replication_source, {"x", "y"}}, lobby))
        == "-");
  auto source = make_source();
  SECTION("being deleted") {
    source.deleting = true;
  }
  SECTION("another mover") {
    source.is_kopia = false;
  }
  CHECK(all.learn(source) == keys{data});
  CHECK(hash_of(all.place(data, bucket_hash)) == "-");
}

TEST_CASE("a source that is gone is not placed for its Secret's sake") {
  auto all = make_placement();
  CHECK(all.forget(data) == keys{data});
  CHECK(all.forget(data).empty());
  CHECK(hash_of(all.place(data, bucket_hash)) == "-");
  CHECK(all.learn(make_secret("2")).empty());
}

TEST_CASE("a source that names another Secret is not placed for the old one") {
  auto all = make_placement();
  auto source = make_source();
  source.secret = "other";
  all.learn(source);
  CHECK(all.naming(secret).empty());
  CHECK(all.naming({"app", "other"}) == keys{data});
}

TEST_CASE("maintenance that is switched off or has no Secret waits in the "
          "lobby") {
  auto all = make_placement();
  auto source = make_source();
  SECTION("switched off") {
    source.maintenance = embedded_maintenance{std::nullopt, 0};
    all.learn(source);
    CHECK(defect_of(all.place(data, bucket_hash)).starts_with("Disabled: "));
  }
  SECTION("no Secret") {
    source.secret.clear();
    all.learn(source);
    CHECK_THAT(defect_of(all.place(data, bucket_hash)),
               Catch::Contains("spec.kopia.repository is empty"));
  }
  CHECK(hash_of(all.place(data, bucket_hash)) == lobby);
}

TEST_CASE("a bad schedule is told before a missing Secret") {
  placement all;
  auto source = make_source();
  embedded_maintenance given;
  given.block.emplace();
  given.block->schedule = "nonsense";
  source.maintenance = given;
  all.learn(source);
  CHECK(defect_of(all.place(data, lobby)).starts_with("Error: "));
}

TEST_CASE("with --repository-identity=secret the Secret's name makes another "
          "repository of the same location") {
  placement all{{{}, true}};
  all.learn(make_source());
  all.learn(make_secret("1"));
  all.learn(say("1", bucket));
  auto told = std::get<placed>(all.place(data, lobby));
  CHECK(told.hash == identify_by_secret("kopia", {}, bucket).hex);
  CHECK(told.hash != bucket_hash);
  CHECK(told.where->location_id.hex == bucket_hash);
}

TEST_CASE("a Secret that changed while it was read is read again") {
  auto all = make_placement();
  all.learn(make_secret("2"));
  all.reads(secret);
  // The answer was under way when the watch told of the next version.
  CHECK(all.learn(make_secret("3")) == keys{data});
  all.learn(say("2", bucket));
  CHECK(hash_of(all.place(data, bucket_hash)) == "?");
  all.reads(secret);
  all.learn(say("3", bucket));
  CHECK(hash_of(all.place(data, bucket_hash)) == bucket_hash);
}

TEST_CASE("a claim waits for its CA and is told of each change of it") {
  auto all = make_placement();
  auto source = make_source();
  const object_key ca{"app", "our-ca"};
  SECTION("in a ConfigMap") {
    source.ca = custom_ca{"", ca.name, "ca.crt"};
    all.learn(source);
    CHECK(defect_of(all.place(data, lobby))
          == "Waiting: ConfigMap app/our-ca, which "
             "spec.kopia.customCA.configMapName names, does not exist; create "
             "it");
    // It keeps its place meanwhile.
    CHECK(hash_of(all.place(data, lobby)) == bucket_hash);
    CHECK(all.learn(config_map_seen{ca, {"ca"}, {"7"}}) == keys{data});
    CHECK(all.learn(config_map_seen{ca, {"ca"}, {"7"}}).empty());
    CHECK(all.learn(config_map_seen{{"app", "x"}, {"x"}, {"1"}}).empty());
    auto told = all.place(data, lobby);
    CHECK(defect_of(told).empty());
    CHECK(std::get<placed>(told).wants.wish.ca_version == "7");
    CHECK(all.learn(config_map_seen{ca, {"ca"}, {"8"}}) == keys{data});
    CHECK(std::get<placed>(all.place(data, lobby)).wants.wish.ca_version
          == "8");
    CHECK(all.forget_config_map(ca) == keys{data});
    CHECK_THAT(defect_of(all.place(data, lobby)), Catch::Contains("our-ca"));
    // Named no more.
    all.learn(make_source());
    CHECK(all.learn(config_map_seen{ca, {"ca"}, {"9"}}).empty());
  }
  SECTION("in a Secret") {
    source.ca = custom_ca{ca.name, "", "ca.crt"};
    all.learn(source);
    CHECK_THAT(defect_of(all.place(data, lobby)),
               Catch::Contains("Secret app/our-ca, which "
                               "spec.kopia.customCA.secretName names"));
    secret_fact fact;
    fact.key = ca;
    fact.uid = {"ca"};
    fact.version = {"7"};
    CHECK(all.learn(fact) == keys{data});
    CHECK(std::get<placed>(all.place(data, lobby)).wants.wish.ca_version
          == "7");
    CHECK(all.forget(ca) == keys{data});
    CHECK_FALSE(defect_of(all.place(data, lobby)).empty());
  }
}

TEST_CASE("a Secret that we may not read makes the claim wait where it is, "
          "until it is read again") {
  auto all = make_placement();
  auto refused = std::make_shared<reading>();
  refused->key = secret;
  refused->refused = true;
  refused->where = error{"grant it"};
  CHECK(all.learn(refused) == keys{data});
  auto told = all.place(data, bucket_hash);
  CHECK(hash_of(told) == bucket_hash);
  CHECK(defect_of(told) == "Waiting: grant it");
  CHECK(hash_of(all.place(data, lobby)) == lobby);
  readable what{readable::kind::secret, secret};
  CHECK(all.needs(what));
  all.learn(say("1", bucket));
  CHECK(defect_of(all.place(data, bucket_hash)).empty());
  all.forget(data);
  CHECK_FALSE(all.needs(what));
}
