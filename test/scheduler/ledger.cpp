#include "scheduler/ledger.hpp"

#include <catch2/catch.hpp>

using namespace holystone;
using namespace holystone::scheduler;

namespace {

const std::string secret = "app/kopia@12";

run_outcome success(int started = 100, int ended = 160) {
  run_outcome end;
  end.succeeded = true;
  end.started = instant{seconds{started}};
  end.ended = instant{seconds{ended}};
  end.unique_id = "abc";
  return end;
}

run_outcome failure(failure_class why = failure_class::network) {
  run_outcome end;
  end.started = instant{seconds{300}};
  end.ended = instant{seconds{310}};
  end.why = why;
  end.message = "the storage did not answer";
  return end;
}

} // namespace

TEST_CASE("a full success is remembered with its start and ends the streak") {
  auto known = record({}, {"j1"}, failure(), secret);
  known = record(known, {"j2"}, success(), secret);
  CHECK(known.success_started == instant{seconds{100}});
  CHECK(known.success_ended == instant{seconds{160}});
  CHECK(known.failures == 0);
  CHECK(known.failure == failure_class::none);
  CHECK(known.failure_message.empty());
  CHECK(known.unique_id == "abc");
}

TEST_CASE("failures add up and keep the last success") {
  auto known = record({}, {"j1"}, success(), secret);
  known = record(known, {"j2"}, failure(), secret);
  known = record(known, {"j3"}, failure(failure_class::timeout), secret);
  CHECK(known.failures == 2);
  CHECK(known.failure == failure_class::timeout);
  CHECK(known.failure_message == "the storage did not answer");
  CHECK(known.success_ended == instant{seconds{160}});
  CHECK(known.unique_id == "abc");
}

TEST_CASE("a Job is counted exactly once") {
  auto once = record({}, {"j1"}, failure(), secret);
  CHECK(record(once, {"j1"}, failure(), secret) == once);
  CHECK(record(once, {"j1"}, success(), secret) == once);
}

TEST_CASE("quick runs count neither as maintenance nor as failure") {
  auto quick = success(500, 560);
  quick.kind = maintenance_kind::quick;
  auto before = record({}, {"j1"}, failure(), secret);
  auto known = record(before, {"j2"}, quick, secret);
  CHECK(known.failures == 1);
  CHECK(!known.success_ended);
  CHECK(known.counted == object_uid{"j2"});
  quick.succeeded = false;
  quick.why = failure_class::network;
  CHECK(record(before, {"j3"}, quick, secret).failures == 1);
}

TEST_CASE("a Secret that was refused is remembered until it works") {
  auto known
      = record({}, {"j1"}, failure(failure_class::authentication), secret);
  CHECK(known.refused_secrets == std::vector{std::string{secret}});
  // A failure of another kind proves nothing about the Secret.
  known = record(known, {"j2"}, failure(), secret);
  CHECK(known.refused_secrets == std::vector{std::string{secret}});
  known = record(known, {"j3"}, success(), secret);
  CHECK(known.refused_secrets.empty());
}

TEST_CASE("no failure but a refusal blames the Secret, however often") {
  // All claims of a repository lead to the same place: another would fail there
  // like this one, and the network's bad night must not hand over.
  for (auto why : {failure_class::network, failure_class::not_found,
                   failure_class::unknown, failure_class::timeout,
                   failure_class::corrupt, failure_class::read_only,
                   failure_class::ownership, failure_class::clock_skew}) {
    ledger known;
    for (int i = 0; i < 10; ++i)
      known = record(known, {"j" + std::to_string(i)}, failure(why), secret);
    INFO(to_string(why));
    CHECK(known.refused_secrets.empty());
    CHECK(known.failures == 10);
  }
}

TEST_CASE("a refusal of nobody knows what keeps what was refused before") {
  auto known
      = record({}, {"j1"}, failure(failure_class::authentication), secret);
  known = record(known, {"j2"}, failure(failure_class::authentication), {});
  CHECK(known.refused_secrets == std::vector{std::string{secret}});
}

TEST_CASE("the success of another claim's Secret does not clear the refused") {
  auto known
      = record({}, {"j1"}, failure(failure_class::authentication), secret);
  known = record(known, {"j2"}, success(), "other/kopia@3");
  CHECK(known.refused_secrets == std::vector{std::string{secret}});
}

TEST_CASE("of several refused Secrets each is remembered, in its version") {
  auto refusal = failure(failure_class::authentication);
  auto known = record({}, {"j1"}, refusal, "a/kopia@1");
  known
      = record(known, {"j2"}, failure(failure_class::permission), "b/kopia@1");
  CHECK(known.refused_secrets
        == std::vector<std::string>{"a/kopia@1", "b/kopia@1"});
  CHECK(ledger_from_annotations(to_annotations(known)) == known);
  known = record(known, {"j3"}, refusal, "a/kopia@2");
  CHECK(known.refused_secrets
        == std::vector<std::string>{"b/kopia@1", "a/kopia@2"});
  for (int i = 0; i < 100; ++i)
    known = record(known, {"k" + std::to_string(i)}, refusal,
                   "n" + std::to_string(i) + "/kopia@1");
  CHECK(known.refused_secrets.size() == 16);
}

TEST_CASE("the ledger survives the way through the Lease's annotations") {
  auto known = record({}, {"j1"}, success(), secret);
  CHECK(ledger_from_annotations(to_annotations(known)) == known);
  known = record(known, {"j2"}, failure(failure_class::authentication), secret);
  CHECK(ledger_from_annotations(to_annotations(known)) == known);
  CHECK(ledger_from_annotations(to_annotations({})) == ledger{});
}

TEST_CASE("every key is always written, so that a merge patch replaces all") {
  auto full = to_annotations(
      record({}, {"j"}, failure(failure_class::authentication), secret));
  auto empty = to_annotations({});
  REQUIRE(full.size() == empty.size());
  for (const auto& [key, value] : full)
    CHECK(empty.contains(key));
}

TEST_CASE("a repository's size is that of the last run that could say it") {
  auto end = success();
  end.extent = {{1'000'000}, {20}, {3}};
  auto known = record({}, {"j1"}, end, secret);
  CHECK(known.extent == end.extent);
  CHECK(ledger_from_annotations(to_annotations(known)) == known);

  SECTION("a failure does not lose it") {
    known = record(known, {"j2"}, failure(), secret);
    CHECK(known.extent == end.extent);
  }
  SECTION("what a run could not say stays") {
    auto later = success(200, 260);
    later.extent.bytes = 2'000'000;
    known = record(known, {"j2"}, later, secret);
    CHECK(known.extent == repository_extent{{2'000'000}, {20}, {3}});
  }
  SECTION("a quick run may say it, too") {
    end.kind = maintenance_kind::quick;
    end.extent.index_blobs = 1;
    known = record(known, {"j2"}, end, secret);
    CHECK(known.extent.index_blobs == 1);
  }
}

TEST_CASE("missing or broken annotations count as unknown") {
  CHECK(ledger_from_annotations({}) == ledger{});
  auto texts = to_annotations(record({}, {"j1"}, success(), secret));
  for (auto& [key, value] : texts)
    value = "???";
  auto known = ledger_from_annotations(texts);
  CHECK(!known.success_ended);
  CHECK(known.failures == 0);
  CHECK(known.extent == repository_extent{});
  texts["volsync.backube/repository-size-bytes"] = "-1";
  CHECK(ledger_from_annotations(texts).extent == repository_extent{});
}
