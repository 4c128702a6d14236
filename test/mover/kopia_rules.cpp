#include "scripted_kopia.hpp"

using namespace holystone;
using namespace holystone::test;
using std::chrono::hours;

TEST_CASE("exit code 0 without own run records is a failure (A-25, K-01)") {
  scripted_kopia kopia;
  const std::string yesterday = "2026-11-20T02:00:05Z";
  SECTION("nothing was recorded") {
    kopia.runs_after = "";
  }
  SECTION("only yesterday's run is there") {
    kopia.runs_before = kopia.runs_after = full_runs(yesterday);
  }
  SECTION("yesterday's run came late") {
    kopia.runs_after = full_runs(yesterday);
  }
  SECTION("the records are from before, in the same second") {
    kopia.runs_before = kopia.runs_after = full_runs("2026-11-21T02:00:00.1Z");
  }
  SECTION("the run was not finished") {
    kopia.runs_after = "\"snapshot-gc\":" + record("2026-11-21T02:00:05Z");
  }
  SECTION("its last task failed") {
    kopia.runs_after
        = "\"snapshot-gc\":" + record("2026-11-21T02:00:05Z")
          + ",\"cleanup-logs\":" + record("2026-11-21T02:00:05Z", false);
  }
  const auto report = kopia.run({});
  CHECK_FALSE(report.succeeded);
  CHECK(report.message.find("no records") != std::string::npos);
}

TEST_CASE("K-02: the owner that is set is the identity that connects") {
  scripted_kopia kopia;
  kopia.owner.clear();
  CHECK(kopia.run({}).succeeded);
  CHECK(kopia.said("--override-username=maintenance"));
  CHECK(kopia.said("--override-hostname=volsync"));
  CHECK(kopia.said("--owner=maintenance@volsync"));
  CHECK(kopia.ran("maintenance run full"));
}

TEST_CASE("K-04: a killed run's advanced time does not put off the next run") {
  scripted_kopia kopia;
  // kopia's own plan says: not before tomorrow; no record says that it ran.
  kopia.instead["maintenance info"]
      = ended(info(std::string{own_identity}, "", "2026-11-22T01:00:00Z"));
  maintain_options options;
  options.ours = {{start - hours{1}, start - hours{1}}};
  const auto report = kopia.run(options);
  CHECK(kopia.ran("maintenance run full"));
  // And that time is no proof of this run either.
  CHECK_FALSE(report.succeeded);
}

TEST_CASE("K-06: no call ever lowers kopia's safety") {
  for (auto kind : {maintenance_kind::full, maintenance_kind::quick}) {
    maintain_options options;
    options.kind = kind;
    scripted_kopia kopia;
    kopia.owner.clear();
    kopia.run(options);
    CHECK(kopia.words.size() > 10);
    CHECK(std::none_of(kopia.words.begin(), kopia.words.end(), [](auto& word) {
      return word.starts_with("--safety") || word.starts_with("--min-age")
             || word.starts_with("--delete-old");
    }));
  }
}

TEST_CASE("K-08: fifty records of a task do not hide this run's") {
  const auto fifty = [](const std::string& last) {
    std::string records = record(last);
    records.pop_back();
    for (int i = 1; i < 50; ++i) {
      const auto at = to_rfc3339(start - std::chrono::hours{24} * i);
      auto more = record(at);
      records += "," + more.substr(1, more.size() - 2);
    }
    return records + "]";
  };
  scripted_kopia kopia;
  kopia.runs_before = "\"snapshot-gc\":" + fifty("2026-11-20T02:00:05Z")
                      + ",\"advance-epoch\":" + fifty("2026-11-21T01:00:05Z");
  SECTION("a full run is proved by the tasks of a full run") {
    kopia.runs_after = "\"snapshot-gc\":" + fifty("2026-11-21T02:00:05Z")
                       + ",\"cleanup-logs\":" + fifty("2026-11-21T02:00:06Z");
    const auto report = kopia.run({});
    CHECK(report.succeeded);
    CHECK(report.runs.size() == 2);
    CHECK(report.earlier.size() == 10);
  }
  SECTION("and not by those of a quick one") {
    kopia.runs_after = "\"advance-epoch\":" + fifty("2026-11-21T02:00:05Z");
    CHECK_FALSE(kopia.run({}).succeeded);
  }
}

TEST_CASE("K-07: index blobs are counted, because too many make kopia slow") {
  CHECK(scripted_kopia{}.run({}).index_blobs == 12);
}

TEST_CASE("K-09: the caches' limits leave room for what exceeds them") {
  const maintain_options options;
  CHECK((2 * options.metadata_cache_mb + options.content_cache_mb) * 1.3
        < 8192);
  scripted_kopia kopia;
  CHECK(kopia.run(options).succeeded);
  CHECK(kopia.said("--metadata-cache-size-limit-mb=2400"));
  CHECK(kopia.said("--content-cache-size-limit-mb=1400"));
}

TEST_CASE("K-09: a cache without limit gets none, and none is none") {
  maintain_options options;
  options.metadata_cache_mb = 0;
  scripted_kopia kopia;
  CHECK(kopia.run(options).succeeded);
  CHECK(std::none_of(kopia.words.begin(), kopia.words.end(), [](auto& word) {
    return word.starts_with("--metadata-cache");
  }));
  CHECK(kopia.said("--content-cache-size-limit-mb=1400"));
  options.cache_directory = no_cache;
  scripted_kopia bare;
  CHECK(bare.run(options).succeeded);
  CHECK(bare.said("--content-cache-size-mb=0"));
  CHECK(std::none_of(bare.words.begin(), bare.words.end(), [](auto& word) {
    return word.starts_with("--cache-directory");
  }));
}

TEST_CASE("K-10: a repository that can't be written is not tried again") {
  scripted_kopia kopia;
  kopia.runs_after = "";
  kopia.instead["maintenance run"]
      = failure("not running maintenance on read-only repository connection");
  const auto report = kopia.run({});
  CHECK(to_string(report.why) == to_string(failure_class::read_only));
  CHECK_FALSE(kopia.ran("maintenance run full"));
  CHECK_FALSE(kopia.ran("content verify"));
}
