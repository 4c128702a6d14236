#include "actors/placement.hpp"

#include <catch2/catch.hpp>

using namespace holystone;
using namespace holystone::actors;

namespace {

const claim_key data{claim_kind::replication_source, {"app", "data"}};
const object_key secret{"app", "kopia"};
const location bucket{"s3", {{"bucket", "one"}, {"endpoint", "minio:9000"}}};
const auto hash = identify(bucket).hex;

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

/// What an operator of this version left when it had read version 1.
struct leftovers {
  secret_fact copy;
  cron_job_seen cron_job;

  leftovers() {
    copy.key = {"volsync-system", "maintenance-app-kopia"};
    copy.uid = {"copy"};
    copy.repository = hash;
    copy.copy.emplace();
    copy.copy->source.key = secret;
    copy.copy->source_uid = {"secret"};
    copy.copy->source_version = "1";
    cron_job.fact.key = {"volsync-system", "kopia-maintenance-" + hash};
    cron_job.fact.ours = true;
    cron_job.where = bucket;
    cron_job.image = "holystone:1";
  }
};

/// All that the watches tell at a start.
placement start_with(const leftovers& left, placement_rules rules = {}) {
  rules.operator_namespace = "volsync-system";
  rules.mover_image = "holystone:1";
  placement all{rules};
  all.learn(make_source());
  all.learn(make_secret("1"));
  all.learn(left.copy);
  all.learn(left.cron_job, hash);
  all.recall_readings();
  return all;
}

bool must_be_read(const placement& all) {
  return std::holds_alternative<readable>(all.place(data, lobby));
}

} // namespace

TEST_CASE("after a restart a Secret that was copied as it is need not be "
          "read") {
  auto all = start_with({});
  auto told = all.place(data, lobby);
  REQUIRE(std::holds_alternative<placed>(told));
  const auto& where = std::get<placed>(told);
  CHECK(where.hash == hash);
  CHECK(where.where->location == canonical_json(bucket));
  CHECK(where.wants.wish.secret_uid.value == "secret");
  CHECK(where.wants.wish.secret_version == "1");
  // Later news are read as ever.
  all.learn(make_secret("2"));
  CHECK(must_be_read(all));
}

TEST_CASE("what is recorded of a Secret counts only if this version wrote it "
          "of the Secret as it is, where no tenant writes") {
  leftovers left;
  placement_rules rules;
  SECTION("another version of the operator may understand it otherwise") {
    left.cron_job.image = "holystone:0";
  }
  SECTION("it changed since") {
    left.copy.copy->source_version = "0";
  }
  SECTION("it was made anew") {
    left.copy.copy->source_uid = {"before"};
  }
  SECTION("a tenant's CronJob tells nothing") {
    left.cron_job.fact.key.ns = "app";
  }
  SECTION("nor does somebody else's") {
    left.cron_job.fact.ours = false;
  }
  SECTION("the location is not the one of that hash") {
    left.cron_job.where->parts["bucket"] = "two";
  }
  SECTION("the CronJob says no location") {
    left.cron_job.where.reset();
  }
  SECTION("the copy is of another repository") {
    left.copy.repository = "0123456789abcdef";
  }
  SECTION("it is the copy of a CA") {
    left.copy.copy->source.what = copy_source::kind::ca_secret;
  }
  SECTION("identities are by Secret") {
    rules.identity_by_secret = true;
  }
  CHECK(must_be_read(start_with(left, rules)));
}

TEST_CASE("a volume's Secret is read: alone it does not tell the location") {
  const location on_claim{"filesystem", {{"volume", "pv"}, {"path", "/r"}}};
  leftovers left;
  left.cron_job.where = on_claim;
  left.copy.repository = identify(on_claim).hex;
  placement_rules rules;
  rules.operator_namespace = "volsync-system";
  rules.mover_image = "holystone:1";
  placement all{rules};
  all.learn(make_source());
  all.learn(make_secret("1"));
  all.learn(left.copy);
  all.learn(left.cron_job, left.copy.repository);
  all.recall_readings();
  CHECK(must_be_read(all));
}
