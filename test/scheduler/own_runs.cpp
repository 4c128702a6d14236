#include "scheduler/own_runs.hpp"
#include "scheduler/ledger.hpp"

#include <catch2/catch.hpp>

using namespace holystone;
using namespace holystone::scheduler;

namespace {

instant at(int second) {
  return instant{seconds{second}};
}

/// A run that read kopia's records: these began earlier.
run_outcome saw(std::vector<int> starts, std::optional<int> open = {}) {
  run_outcome end;
  end.succeeded = true;
  end.saw_records = true;
  for (auto start : starts)
    end.earlier.push_back({"snapshot-gc", at(start), at(start + 10), true});
  if (open)
    end.open_full = at(*open);
  return end;
}

} // namespace

TEST_CASE("own runs and foreign ones survive the annotation") {
  own_runs ours{{at(100), at(160)}, {at(3600), at(3700)}};
  CHECK(parse_own_runs(to_text(ours)) == ours);
  CHECK(parse_own_runs("").empty());
  CHECK(parse_own_runs("nonsense 1970-01-01T00:01:40Z/x /").empty());
  foreign_run other{at(7), "snapshot-gc"};
  CHECK(parse_foreign_run(to_text(other)) == other);
  CHECK_FALSE(parse_foreign_run("").has_value());
  CHECK_FALSE(parse_foreign_run("snapshot-gc").has_value());
  ledger known;
  known.ours = ours;
  known.foreign = other;
  known.unique_id = "a";
  known.other_id = "b";
  CHECK(ledger_from_annotations(to_annotations(known)) == known);
}

TEST_CASE("what began during a run of ours is ours, give or take a clock") {
  own_runs ours{{at(100), at(160)}};
  CHECK(is_own(ours, at(100)));
  CHECK(is_own(ours, at(160)));
  CHECK(is_own(ours, at(97)));
  CHECK_FALSE(is_own(ours, at(90)));
  CHECK_FALSE(is_own(ours, at(170)));
  CHECK_FALSE(is_own({}, at(100)));
}

TEST_CASE("A-11: before our first run everything is as it should be") {
  auto known = note_run({}, {at(1000), at(1060)}, saw({900, 500}, 950));
  CHECK_FALSE(known.foreign.has_value());
  CHECK(known.ours == own_runs{{at(1000), at(1060)}});
}

TEST_CASE("A-11: a record between two runs of ours is foreign until a later "
          "run finds none") {
  auto known = note_run({}, {at(1000), at(1060)}, saw({}));
  known = note_run(known, {at(5000), at(5060)}, saw({3000, 1010, 1000, 10}));
  REQUIRE(known.foreign.has_value());
  CHECK(*known.foreign == foreign_run{at(3000), "snapshot-gc"});
  known = note_run(known, {at(9000), at(9060)}, saw({5010, 3000, 1010}));
  CHECK_FALSE(known.foreign.has_value());
}

TEST_CASE("A-11: a full run without records is foreign unless it was ours that "
          "was killed") {
  auto known = note_run({}, {at(1000), at(1060)}, saw({}));
  auto killed = note_run(known, {at(5000), at(5030)}, std::nullopt);
  CHECK_FALSE(
      note_run(killed, {at(9000), at(9060)}, saw({1000}, 5001)).foreign);
  CHECK(note_run(known, {at(9000), at(9060)}, saw({1000}, 5001)).foreign
        == foreign_run{at(5001), "a full run without records"});
}

TEST_CASE("A-11: the first pod of a Job that tried twice is not foreign") {
  auto known = note_run({}, {at(1000), at(1060)}, saw({}));
  known = note_run(known, {at(5000), at(5200)}, saw({5003, 1000}, 5004));
  CHECK_FALSE(known.foreign.has_value());
}

TEST_CASE("runs that read no records are remembered, but not for ever") {
  auto known = note_run({}, {at(1000), at(1060)}, saw({}));
  for (int i = 2; i <= 30; ++i)
    known = note_run(known, {at(i * 1000), at(i * 1000 + 9)}, std::nullopt);
  CHECK(known.ours.size() == 8);
  known = note_run(known, {at(99000), at(99009)}, saw({30001, 1500}));
  CHECK_FALSE(known.foreign.has_value());
}

TEST_CASE("A-21: a second id is kept beside the first, whatever comes later") {
  auto run = [](std::string id) {
    run_outcome end;
    end.succeeded = true;
    end.unique_id = std::move(id);
    return end;
  };
  auto known = record({}, {"j1"}, run("a"), "s");
  known = record(known, {"j2"}, run(""), "s");
  CHECK(known.unique_id == "a");
  CHECK(known.other_id.empty());
  known = record(known, {"j3"}, run("b"), "s");
  known = record(known, {"j4"}, run("a"), "s");
  CHECK(known.unique_id == "a");
  CHECK(known.other_id == "b");
}
