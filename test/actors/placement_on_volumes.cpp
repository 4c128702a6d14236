#include "actors/placement.hpp"

#include <catch2/catch.hpp>

using namespace holystone;
using namespace holystone::actors;

namespace {

using keys = placement::claim_keys;

const claim_key data{claim_kind::replication_source, {"app", "data"}};
const object_key secret{"app", "kopia"};
const object_key disk{"app", "disk"};

claimant_fact make_source(std::vector<named_volume> volumes) {
  claimant_fact source;
  source.who = data;
  source.uid = {"source"};
  source.is_kopia = true;
  source.secret = secret.name;
  source.volumes = std::move(volumes);
  return source;
}

reading_ptr say(result<location> where, bool needs_volume = false) {
  auto told = std::make_shared<reading>();
  told->key = secret;
  told->uid = {"secret"};
  told->version = "1";
  told->where = std::move(where);
  told->needs_volume = needs_volume;
  return told;
}

volume_reading_ptr found(result<volume_identity> what) {
  auto told = std::make_shared<volume_reading>();
  told->claim = disk;
  told->what = std::move(what);
  return told;
}

location path(const std::string& where) {
  return *filesystem_location(std::nullopt, "app", where);
}

placement make_placement(std::vector<named_volume> volumes,
                         const reading_ptr& told) {
  placement all;
  all.learn(make_source(std::move(volumes)));
  secret_fact fact;
  fact.key = secret;
  fact.uid = {"secret"};
  fact.version = {"1"};
  all.learn(fact);
  all.learn(told);
  return all;
}

placed put(const placement& all, const std::string& before = lobby) {
  return std::get<placed>(all.place(data, before));
}

const named_volume by_claim{"disk", {}, {}, "/mnt/x"};

} // namespace

TEST_CASE("a claim's volume is read before its repository is known") {
  auto all = make_placement({by_claim}, say(path("/mnt/x/r")));
  auto first = all.place(data, lobby);
  REQUIRE(std::holds_alternative<readable>(first));
  CHECK(std::get<readable>(first)
        == readable{readable::kind::volume_claim, disk});
  CHECK(all.learn(found(pv_volume("u1"))) == keys{data});
  auto told = put(all);
  REQUIRE(told.where);
  CHECK(told.where->location
        == R"({"backend":"filesystem","path":"/r","uid":"u1","volume":"pv"})");
  REQUIRE(told.wants.wish.volume);
  CHECK(told.wants.wish.volume->claim == disk);
  CHECK(told.wants.wish.volume->identity.mounted_at == "/repository");
}

TEST_CASE(
    "a claim waits for its volume and says for what, and once known it stays "
    "where it is") {
  auto all = make_placement({by_claim}, say(path("/mnt/x")));
  all.learn(found(error{"PersistentVolumeClaim app/disk does not exist"}));
  auto told = put(all);
  CHECK(told.hash == lobby);
  CHECK(told.wants.wish.defect
        == trouble{"Waiting", "PersistentVolumeClaim app/disk does not exist"});
  CHECK(put(all, "known").hash == "known");
  CHECK(all.learn(found(error{"PersistentVolumeClaim app/disk does not exist"}))
            .empty());
}

TEST_CASE("a claim whose volume became another moves") {
  auto all = make_placement({by_claim}, say(path("/mnt/x")));
  all.learn(found(pv_volume("u1")));
  auto first = put(all).hash;
  CHECK(all.learn(found(pv_volume("u1"))).empty());
  CHECK(all.learn(found(pv_volume("u2"))) == keys{data});
  CHECK(put(all).hash != first);
}

TEST_CASE("an NFS volume of the spec needs no reading") {
  auto all = make_placement({{{}, "nas", "/export", "/mnt/x"}},
                            say(path("/mnt/x/r")));
  auto told = put(all);
  REQUIRE(told.where);
  CHECK(told.where->endpoint
        == endpoint_of(*filesystem_location(nfs_volume("nas", "/export"), "app",
                                            "/repository")));
  CHECK(told.where->location.find("/export/r") != std::string::npos);
}

TEST_CASE("a Secret that names no place means the root of the first volume") {
  auto all = make_placement({by_claim}, say(error{"no repository"}, true));
  all.learn(found(pv_volume("u1")));
  auto told = put(all);
  REQUIRE(told.where);
  CHECK(told.where->location
        == R"({"backend":"filesystem","path":"/","uid":"u1","volume":"pv"})");
  auto none = make_placement({}, say(error{"no repository"}, true));
  CHECK(put(none).wants.wish.defect
        == trouble{"Error", "no repository", "Key"});
}

TEST_CASE("without a volume in the spec namespace and path stand in") {
  auto all = make_placement({by_claim}, say(path("/repository")));
  auto told = put(all);
  REQUIRE(told.where);
  CHECK(told.where->location
        == R"({"backend":"filesystem","namespace":"app","path":"/repository",)"
           R"("volume":"unknown"})");
  CHECK_FALSE(told.wants.wish.volume);
}

TEST_CASE("a repository in a bucket does not care for volumes (BUG-16)") {
  location bucket{"s3", {{"bucket", "one"}, {"endpoint", "minio:9000"}}};
  auto all = make_placement({by_claim}, say(bucket));
  CHECK(put(all).where->location == canonical_json(bucket));
}

TEST_CASE("a claim's volume is looked at again while somebody mounts it") {
  auto all = make_placement({by_claim}, say(path("/mnt/x")));
  CHECK(all.mounting(disk) == keys{data});
  CHECK(all.mounting({"web", "disk"}).empty());
  all.learn(make_source({}));
  CHECK(all.mounting(disk).empty());
}
