#include "actors/predecessors.hpp"

#include <catch2/catch.hpp>

using namespace holystone;
using namespace holystone::actors;

namespace {

predecessor_seen a_cron_job(const object_key& secret) {
  predecessor old;
  old.object.uid = {"old"};
  old.object.key = {secret.ns, "old"};
  return {secret, std::move(old)};
}

predecessor_seen a_job(const object_key& secret) {
  job_fact job;
  job.uid = {"job"};
  job.key = {secret.ns, "job"};
  return {secret, std::move(job)};
}

reading said(const object_key& secret, const std::string& bucket) {
  reading told;
  told.key = secret;
  if (!bucket.empty())
    told.where = location{"s3", {{"bucket", bucket}, {"endpoint", "s3.x:443"}}};
  return told;
}

/// Claims as the registry knows them.
struct known_claims {
  placement claims;
  roster repositories;

  void put(const std::string& ns, const std::string& hash) {
    claimant_fact source;
    source.who = {claim_kind::replication_source, {ns, "data"}};
    source.is_kopia = true;
    source.secret = "kopia";
    claims.learn(source);
    repositories.claim(source.who, hash);
  }

  claimed_places all() const {
    return {claims, repositories, false};
  }
};

} // namespace

TEST_CASE("what the fork left belongs where its Secret says, whoever claims "
          "that") {
  predecessors left;
  known_claims known;
  object_key secret{"app", "kopia"};
  left.learn(a_cron_job(secret));
  CHECK(left.needs(secret));
  CHECK_FALSE(left.has_read(secret));
  CHECK(left.learn(said(secret, "one")) == std::vector<object_uid>{{"old"}});
  CHECK(left.has_read(secret));
  CHECK_FALSE(left.needs(secret));
  auto hash = identify(*said(secret, "one").where).hex;
  known.put("app", "elsewhere");
  CHECK(left.places_of(*left.find({"old"}), known.all())
        == std::set<std::string>{hash});
  // A Job that runs was given what was said when it began.
  left.learn(said(secret, ""));
  CHECK(left.location_of(secret) == hash);
  left.forget({"old"});
  CHECK(left.empty());
  CHECK_FALSE(left.has_read(secret));
}

TEST_CASE("what can run at a place that nobody can tell is waited for by all "
          "whom it may concern") {
  predecessors left;
  known_claims known;
  object_key copy{"volsync-system", "maintenance-app-gone"};
  left.learn(a_cron_job(copy));
  left.learn(a_job(copy));
  left.learn(said(copy, ""));
  CHECK(left.unplaced().size() == 2);
  known.put("app", "one");
  known.put("web", "two");
  CHECK(left.places_of(*left.find({"old"}), known.all())
        == std::set<std::string>{lobby});
  CHECK(left.places_of(*left.find({"job"}), known.all())
        == std::set<std::string>{lobby, "one"});
}

TEST_CASE("a claim of the same Secret, or of the one that was copied, tells "
          "the place, too") {
  for (const auto& secret :
       {object_key{"app", "kopia"},
        object_key{"volsync-system", "maintenance-app-kopia"}}) {
    predecessors left;
    known_claims known;
    left.learn(a_cron_job(secret));
    left.learn(said(secret, ""));
    known.put("app", "one");
    CHECK(left.places_of(*left.find({"old"}), known.all())
          == std::set<std::string>{"one"});
  }
}
