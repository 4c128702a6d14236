#include "scripted_kopia.hpp"

using namespace holystone;
using namespace holystone::test;
using std::chrono::hours;

TEST_CASE("a run connects, works, verifies, proves and counts") {
  scripted_kopia kopia;
  const auto report = kopia.run({});
  CHECK(report.succeeded);
  CHECK(kopia.commands
        == std::vector<std::string>{
            "repository connect", "repository status", "maintenance info",
            "maintenance run", "maintenance run full", "content verify",
            "maintenance info", "blob stats", "blob stats", "content stats"});
  CHECK(report.unique_id == "abcd");
  CHECK(report.blobs == 12);
  CHECK(report.repository_size == 3456);
  CHECK(report.contents == 7);
  CHECK(report.runs.size() == 2);
  CHECK(report.verified == true);
  CHECK(report.next_full == parse_rfc3339("2026-11-22T02:00:01Z"));
  CHECK(report.end == start + std::chrono::seconds{20});
}

TEST_CASE("whatever fails at whatever step, the run ends with a report") {
  auto killed = failure("");
  killed.signal = 9;
  auto late = failure("");
  late.timed_out = true;
  auto stopped = failure("");
  stopped.stopped = true;
  auto absent = kopia_outcome{};
  absent.started = false;
  const std::vector<std::pair<kopia_outcome, failure_class>> ways{
      {failure("permission denied"), failure_class::permission},
      {failure("what is this"), failure_class::unknown},
      {killed, failure_class::out_of_memory},
      {late, failure_class::timeout},
      {stopped, failure_class::unknown},
      {absent, failure_class::unknown}};
  for (const auto& command : all_commands)
    for (const auto& [outcome, why] : ways) {
      scripted_kopia kopia;
      kopia.instead[command] = outcome;
      const auto report = kopia.run({});
      INFO(command << ": " << report.message);
      // Counts are extras, and the full run heals what stopped the quick one.
      const bool interrupted = outcome.timed_out || outcome.stopped;
      const bool harmless = command == "blob stats"
                            || command == "content stats"
                            || command == "maintenance run";
      CHECK(report.succeeded == (harmless && !interrupted));
      CHECK_FALSE(report.message.empty());
      if (report.succeeded)
        continue;
      if (command == "content verify" && why == failure_class::unknown
          && !interrupted && outcome.started)
        CHECK(report.why == failure_class::corrupt);
      else
        CHECK(to_string(report.why) == to_string(why));
      CHECK_FALSE(report.hint.empty());
    }
}

TEST_CASE("nonsense from kopia is a failure and not a crash") {
  for (const char* nonsense : {"", "null", "[]", "{\"schedule\":{\"runs\":[]}}",
                               "{\"owner\":1,\"schedule\":1}", "\xff\xfe"}) {
    scripted_kopia kopia;
    kopia.instead["maintenance info"] = ended(nonsense);
    kopia.instead["repository status"] = ended(nonsense);
    INFO(nonsense);
    CHECK_FALSE(kopia.run({}).succeeded);
  }
}

TEST_CASE("a quick run does not run full and needs its own record") {
  maintain_options options;
  options.kind = maintenance_kind::quick;
  scripted_kopia kopia;
  kopia.runs_after = "\"advance-epoch\":" + record("2026-11-21T02:00:05Z");
  CHECK(kopia.run(options).succeeded);
  CHECK_FALSE(kopia.ran("maintenance run full"));
  CHECK_FALSE(kopia.ran("content verify"));
  scripted_kopia other;
  other.instead["maintenance run"] = failure("permission denied");
  CHECK(other.run(options).why == failure_class::permission);
}

TEST_CASE("a failed quick run does not keep the full one from running") {
  scripted_kopia kopia;
  kopia.instead["maintenance run"] = failure("odd trouble");
  const auto report = kopia.run({});
  CHECK(report.succeeded);
  CHECK(report.message.find("odd trouble") != std::string::npos);
}

TEST_CASE("verify can be left out") {
  maintain_options options;
  options.verify = false;
  scripted_kopia kopia;
  const auto report = kopia.run(options);
  CHECK(report.succeeded);
  CHECK_FALSE(report.verified);
  CHECK_FALSE(kopia.ran("content verify"));
}

TEST_CASE("A-27: the rules of ownership decide who may be relieved") {
  struct row {
    const char* owner;
    std::string runs;
    const char* created;
    takeover_rule rule;
    bool taken;
  };
  const auto fresh = full_runs("2026-11-20T00:00:00Z");
  const auto two_days_and_a_second = full_runs("2026-11-19T01:59:55Z");
  const auto nearly_two_days = full_runs("2026-11-19T02:00:30Z");
  const auto idle = takeover_rule::idle;
  const std::vector<row> rows{
      {"", "", "2026-11-21T01:00:00Z", takeover_rule::never, true},
      {"app@ns1", fresh, "", takeover_rule::never, true},
      {"stranger@host", fresh, "", idle, false},
      {"stranger@host", nearly_two_days, "", idle, false},
      {"stranger@host", two_days_and_a_second, "", idle, true},
      {"stranger@host", two_days_and_a_second, "", takeover_rule::never, false},
      {"stranger@host", fresh, "", takeover_rule::always, true},
      {"stranger@host", "", "2026-11-01T00:00:00Z", idle, true},
      {"stranger@host", "", "2026-11-20T20:00:00Z", idle, false},
      {"stranger@host", "", "nonsense", idle, false},
  };
  for (const auto& row : rows) {
    maintain_options options;
    options.takeover = row.rule;
    options.known_identities = {"app@ns1", "db@ns2"};
    scripted_kopia kopia;
    kopia.owner = row.owner;
    kopia.runs_before = row.runs;
    kopia.created = row.created;
    const auto report = kopia.run(options);
    INFO(row.owner << " " << row.runs << " " << row.created);
    CHECK(report.succeeded == row.taken);
    CHECK(kopia.ran("maintenance set") == row.taken);
    CHECK(kopia.ran("maintenance run") == row.taken);
    CHECK(report.previous_owner == row.owner);
    if (!row.taken) {
      CHECK(report.why == failure_class::ownership);
      CHECK(report.message.find("owned by stranger@host") != std::string::npos);
    }
  }
}

TEST_CASE("our own repository is maintained without asking") {
  scripted_kopia kopia;
  CHECK(kopia.run({}).succeeded);
  CHECK_FALSE(kopia.ran("maintenance set"));
}

TEST_CASE("earlier runs are reported, so that foreign ones are seen (A-11)") {
  scripted_kopia kopia;
  kopia.runs_before = full_runs("2026-11-20T14:00:00Z");
  const auto report = kopia.run({});
  REQUIRE(report.earlier.size() == 1);
  CHECK(report.earlier[0].start == *parse_rfc3339("2026-11-20T14:00:00Z"));
}

TEST_CASE("a full run without an end keeps its owner from being relieved") {
  maintenance_state state;
  state.owner = "stranger@host";
  state.full_interval = hours{24};
  state.next_full = start + hours{23};
  maintain_options options;
  options.takeover = takeover_rule::always;
  CHECK(open_full_run(state, start) == start - hours{1});
  CHECK(decide_ownership(state, options, {}, start) == ownership::refuse);
  CHECK(decide_ownership(state, options, {}, start + hours{3})
        == ownership::take);
  options.takeover = takeover_rule::idle;
  CHECK(decide_ownership(state, options, {}, start + hours{3})
        == ownership::refuse);
  CHECK(decide_ownership(state, options, {}, start + hours{48})
        == ownership::take);
  SECTION("a clock may be a little ahead of ours, a plan is far") {
    state.next_full = start + hours{24} + std::chrono::minutes{5};
    CHECK(open_full_run(state, start));
    *state.next_full += std::chrono::seconds{1};
    CHECK_FALSE(open_full_run(state, start));
    CHECK(decide_ownership(state, options, hours{-1} + start, start)
          == ownership::refuse);
    options.takeover = takeover_rule::always;
    CHECK(decide_ownership(state, options, {}, start) == ownership::take);
  }
  SECTION("its closing record sets it free") {
    const auto end = start - hours{1} + std::chrono::seconds{5};
    state.runs = {{{"cleanup-logs", end, end, true}, ""}};
    options.takeover = takeover_rule::always;
    CHECK_FALSE(open_full_run(state, start));
    CHECK(decide_ownership(state, options, {}, start) == ownership::take);
  }
  SECTION("our own killed run does not keep us out") {
    state.owner = std::string{own_identity};
    options.ours = {{start - hours{1}, start - hours{1}}};
    CHECK(decide_ownership(state, options, {}, start) == ownership::ours);
  }
  SECTION("another cluster's keeps us out until our deadline has passed") {
    state.owner = std::string{own_identity};
    options.ours = {{start - hours{20}, start - hours{19}}};
    CHECK(decide_ownership(state, options, {}, start) == ownership::refuse);
    CHECK(decide_ownership(state, options, {}, start + hours{2})
          == ownership::ours);
    options.needs_ticket = false;
    CHECK(decide_ownership(state, options, {}, start) == ownership::ours);
  }
}

TEST_CASE("cache hits and misses of the work are summed") {
  scripted_kopia kopia;
  kopia_outcome worked;
  worked.metrics = "# HELP kopia_cache_hit_total x\n"
                   "kopia_cache_hit_total{cache=\"contents\"} 3\n"
                   "kopia_cache_hit_total{cache=\"metadata\"} 1.5e+03\n"
                   "kopia_cache_hit_totals 7\n"
                   "kopia_cache_miss_total{cache=\"contents\"} 0\n";
  kopia.instead["maintenance run"] = worked;
  kopia.instead["maintenance run full"] = worked;
  const auto report = kopia.run({});
  CHECK(report.cache_hits == 2 * 1503);
  CHECK(report.cache_misses == 0);
  CHECK_FALSE(scripted_kopia{}.run({}).cache_hits);
  CHECK_FALSE(parse_metric("hits 6e121\n", "hits"));
  CHECK_FALSE(parse_metric("hits -1\n", "hits"));
  CHECK_FALSE(parse_metric("hits NaN\n", "hits"));
}
