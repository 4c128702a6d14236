#include "k8s_io/mover_report.hpp"
#include "test/mover/repository_on_disk.hpp"
#include "test/mover/s3_server.hpp"

#include <sys/file.h>

using namespace holystone;
using namespace holystone::test;
using scheduler::failure_class;
using scheduler::mover_report;

namespace {

mover_report report_of(const mover_pod& pod) {
  const auto report = k8s_io::read_mover_report(pod.termination_message());
  REQUIRE(report);
  return *report;
}

} // namespace

TEST_CASE("a real kopia takes over, maintains and verifies a repository") {
  const auto kopia = real_kopia();
  if (!kopia)
    return;
  disk_repository repository{*kopia};
  repository.run("snapshot create " HOLYSTONE_SOURCE_DIR "/scheduler");
  mover_pod pod{repository.secret()};
  pod.options.kopia = *kopia;
  pod.options.known_identities = {"app@ns1"};
  REQUIRE(mover::maintain(pod.options) == 0);
  const auto report = report_of(pod);
  CHECK(report.succeeded);
  CHECK(report.owner == "maintenance@volsync");
  CHECK(report.previous_owner == "app@ns1");
  CHECK(report.unique_id.size() == 64);
  CHECK(report.verified == true);
  CHECK(report.blobs.value_or(0) > 5);
  CHECK(report.index_blobs.value_or(0) > 0);
  CHECK(report.contents.value_or(0) > 0);
  CHECK(report.repository_size.value_or(0) > 1000);
  CHECK(report.next_full > report.start);
  CHECK(report.cache_hits.value_or(0) + report.cache_misses.value_or(0) > 0);
  CHECK_FALSE(std::filesystem::exists(pod.at("config/diagnostics")));
  const auto info = repository.run("maintenance info --json");
  CHECK(info.find("\"owner\":\"maintenance@volsync\"") != std::string::npos);
  CHECK(info.find("\"snapshot-gc\"") != std::string::npos);
}

TEST_CASE("a second run of a real kopia finds nothing to take over") {
  const auto kopia = real_kopia();
  if (!kopia)
    return;
  disk_repository repository{*kopia};
  mover_pod first{repository.secret()};
  first.options.kopia = *kopia;
  first.options.takeover = mover::takeover_rule::always;
  REQUIRE(mover::maintain(first.options) == 0);
  mover_pod second{repository.secret()};
  second.options.kopia = *kopia;
  second.options.takeover = mover::takeover_rule::never;
  REQUIRE(mover::maintain(second.options) == 0);
  const auto report = report_of(second);
  CHECK(report.previous_owner == "maintenance@volsync");
  CHECK(report.unique_id == report_of(first).unique_id);
  CHECK(report.earlier.size() >= 1);
  second.options.kind = scheduler::maintenance_kind::quick;
  REQUIRE(mover::maintain(second.options) == 0);
  CHECK(report_of(second).kind == scheduler::maintenance_kind::quick);
}

TEST_CASE(
    "A-11: a full run of our identity that is none of ours is not joined") {
  const auto kopia = real_kopia();
  if (!kopia)
    return;
  disk_repository repository{*kopia};
  mover_pod first{repository.secret()};
  first.options.kopia = *kopia;
  first.options.takeover = mover::takeover_rule::always;
  REQUIRE(mover::maintain(first.options) == 0);
  // What a full run leaves that began just now and has not ended.
  repository.run("maintenance set --pause-full=24h");
  mover_pod second{repository.secret()};
  second.options.kopia = *kopia;
  CHECK(mover::maintain(second.options) == 1);
  const auto report = report_of(second);
  CHECK(report.why == failure_class::ownership);
  CHECK(report.message.find("none of ours") != std::string::npos);
  REQUIRE(report.open_full);
  CHECK(*report.open_full >= report_of(first).start);
  CHECK(report.runs.empty());
  // The same state after a run of ours that was killed.
  second.options.ours = {{report_of(first).start, report.end}};
  CHECK(mover::maintain(second.options) == 0);
}

TEST_CASE("a real kopia that did nothing is not believed (A-25, K-01)") {
  const auto kopia = real_kopia();
  if (!kopia)
    return;
  disk_repository repository{*kopia};
  mover_pod pod{repository.secret()};
  pod.options.kopia = *kopia;
  pod.options.known_identities = {"app@ns1"};
  const auto lock = pod.at("config/kopia.config.mlock");
  const int fd = ::open(lock.c_str(), O_CREAT | O_RDWR, 0600);
  REQUIRE(::flock(fd, LOCK_EX) == 0);
  CHECK(mover::maintain(pod.options) == 1);
  ::close(fd);
  CHECK(report_of(pod).message.find("no records") != std::string::npos);
}

TEST_CASE("errors of a real kopia on a filesystem have their class") {
  const auto kopia = real_kopia();
  if (!kopia)
    return;
  disk_repository repository{*kopia};
  repository.run("snapshot create " HOLYSTONE_SOURCE_DIR "/mover");
  auto secret = repository.secret();
  auto known = std::vector<std::string>{"app@ns1"};
  auto why = failure_class::unknown;
  SECTION("wrong password") {
    secret["KOPIA_PASSWORD"] = "wrong";
    why = failure_class::authentication;
  }
  SECTION("no repository, and none is created") {
    const auto elsewhere = repository.data().parent_path() / "elsewhere";
    std::filesystem::create_directory(elsewhere);
    secret["KOPIA_REPOSITORY"] = "filesystem://" + elsewhere.string();
    why = failure_class::not_found;
  }
  SECTION("no folder") {
    secret["KOPIA_REPOSITORY"] += "-nothing";
    why = failure_class::not_found;
  }
  SECTION("a stranger's repository") {
    known.clear();
    why = failure_class::ownership;
  }
  SECTION("a pack is gone") {
    std::filesystem::remove_all(repository.data() / "p");
    why = failure_class::corrupt;
  }
  mover_pod pod{secret};
  pod.options.kopia = *kopia;
  pod.options.known_identities = known;
  REQUIRE(mover::maintain(pod.options) == 1);
  const auto report = report_of(pod);
  INFO(report.message);
  CHECK(to_string(report.why) == to_string(why));
  CHECK_FALSE(std::filesystem::exists(repository.data().parent_path()
                                      / "elsewhere/kopia.repository.f"));
}

TEST_CASE("a real kopia maintains a repository on S3") {
  const auto kopia = real_kopia();
  const auto program = real_s3_server();
  if (!kopia || !program)
    return;
  s3_server server{*program};
  server.create(*kopia, "apps/");
  auto secret = server.secret("/apps//");
  auto why = failure_class::none;
  SECTION("it works") {
    // nop
  }
  SECTION("wrong secret key") {
    secret["AWS_SECRET_ACCESS_KEY"] = "another-key";
    why = failure_class::authentication;
  }
  SECTION("no such bucket") {
    secret["KOPIA_S3_BUCKET"] = "another";
    why = failure_class::not_found;
  }
  SECTION("the server is gone") {
    server.stop();
    why = failure_class::network;
  }
  mover_pod pod{secret};
  pod.options.kopia = *kopia;
  pod.options.known_identities = {"app@ns1"};
  const auto exit_code = mover::maintain(pod.options);
  const auto report = report_of(pod);
  INFO(report.message);
  CHECK((exit_code == 0) == (why == failure_class::none));
  CHECK(to_string(report.why) == to_string(why));
}

TEST_CASE("the caches' limits reach a real kopia as bytes (BUG-14)") {
  const auto kopia = real_kopia();
  if (!kopia)
    return;
  const disk_repository repository{*kopia};
  mover_pod pod{repository.secret()};
  pod.options.kopia = *kopia;
  pod.options.metadata_cache_mb = 24;
  SECTION("both limited") {
    pod.options.content_cache_mb = 14;
  }
  SECTION("one without limit") {
    pod.options.content_cache_mb = 0;
  }
  // It connects, and leaves the stranger's repository alone.
  CHECK(mover::maintain(pod.options) == 1);
  const auto config = read_text(pod.at("config/kopia.config"));
  INFO(config);
  CHECK(config.find("\"metadataCacheSizeLimitBytes\": 25165824")
        != std::string::npos);
  CHECK((config.find("\"contentCacheSizeLimitBytes\": 14680064")
         != std::string::npos)
        == (pod.options.content_cache_mb == 14));
  CHECK((config.find("contentCacheSizeLimitBytes") == std::string::npos)
        == (pod.options.content_cache_mb == 0));
}

TEST_CASE("a real kopia needs no cache") {
  const auto kopia = real_kopia();
  if (!kopia)
    return;
  disk_repository repository{*kopia};
  repository.run("snapshot create " HOLYSTONE_SOURCE_DIR "/scheduler");
  mover_pod pod{repository.secret()};
  pod.options.kopia = *kopia;
  pod.options.known_identities = {"app@ns1"};
  pod.options.cache_directory = mover::no_cache;
  CHECK(mover::maintain(pod.options) == 0);
  CHECK(report_of(pod).verified == true);
  // The config folder is small and the rest of the pod is read-only.
  CHECK(std::filesystem::is_empty(pod.at("cache")));
  std::size_t files = 0;
  for (const auto& entry :
       std::filesystem::recursive_directory_iterator{pod.at("config")})
    files += entry.is_regular_file() ? 1 : 0;
  CHECK(files <= 2);
}

TEST_CASE("repositories that share a cache volume do not mix") {
  const auto kopia = real_kopia();
  if (!kopia)
    return;
  const disk_repository one{*kopia};
  const disk_repository other{*kopia};
  mover_pod first{one.secret()};
  mover_pod second{other.secret()};
  second.options.cache_directory = first.options.cache_directory;
  for (auto* pod : {&first, &second}) {
    pod->options.kopia = *kopia;
    pod->options.known_identities = {"app@ns1"};
    pod->options.kind = scheduler::maintenance_kind::quick;
    CHECK(mover::maintain(pod->options) == 0);
  }
  CHECK(report_of(first).unique_id != report_of(second).unique_id);
}
