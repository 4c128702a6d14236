// Contract section 6, ownership: who may be relieved, asked of a real kopia.
// The table of all cases is in maintenance_run.cpp; here the repository's own
// records, its age and its owner come from kopia.

#include "k8s_io/mover_report.hpp"
#include "test/mover/repository_on_disk.hpp"

#include <chrono>
#include <utility>

using namespace holystone;
using namespace holystone::test;
using Catch::Contains;
using mover::takeover_rule;
using scheduler::failure_class;
using scheduler::mover_report;
using std::chrono::hours;

namespace {

/// A repository that `app@ns1` made, and what one slot of ours does to it.
struct owned_repository : disk_repository {
  using disk_repository::disk_repository;

  mover_report slot(takeover_rule rule = takeover_rule::idle,
                    std::vector<std::string> known = {}) const {
    mover_pod pod{secret()};
    pod.options.kopia = program();
    pod.options.takeover = rule;
    pod.options.known_identities = std::move(known);
    // Ownership is the same question for both kinds; this one is shorter.
    pod.options.kind = scheduler::maintenance_kind::quick;
    const auto exit_code = mover::maintain(pod.options);
    const auto report = k8s_io::read_mover_report(pod.termination_message());
    REQUIRE(report);
    CHECK((exit_code == 0) == report->succeeded);
    return *report;
  }

  /// The whole truth about owner, plan and records.
  std::string info() const {
    return run("maintenance info --json");
  }

  /// What a run that began just now leaves until it ends.
  void begin_full_run() const {
    run("maintenance set --pause-full=24h");
  }
};

void check_taken(const owned_repository& repository,
                 const mover_report& report) {
  INFO(report.message);
  CHECK(report.succeeded);
  CHECK(report.previous_owner == "app@ns1");
  CHECK(report.owner == "maintenance@volsync");
  // From now on its clients leave the maintenance to us (K-02).
  CHECK_THROWS_WITH(repository.run("maintenance run --full"),
                    Contains("maintenance must be run by designated user"));
}

void check_refused(const owned_repository& repository,
                   const mover_report& report, const std::string& before) {
  INFO(report.message);
  CHECK_FALSE(report.succeeded);
  CHECK(to_string(report.why) == to_string(failure_class::ownership));
  CHECK_THAT(report.message, Contains("owned by app@ns1"));
  CHECK(report.owner == "app@ns1");
  CHECK(report.runs.empty());
  CHECK(repository.info() == before);
}

} // namespace

TEST_CASE("a known client's repository is taken at once") {
  const auto kopia = real_kopia();
  if (!kopia)
    return;
  const owned_repository repository{*kopia};
  bool maintains = false;
  SECTION("when it is fresh") {
    // nop
  }
  SECTION("when the client has maintained it a moment ago") {
    repository.run("maintenance run --full");
    maintains = true;
  }
  const auto report
      = repository.slot(takeover_rule::never, {"db@ns2", "app@ns1"});
  check_taken(repository, report);
  CHECK(report.earlier.empty() == !maintains);
}

TEST_CASE("a fresh repository of a stranger is left alone until it is old") {
  const auto kopia = real_kopia();
  if (!kopia)
    return;
  const owned_repository repository{*kopia};
  const auto before = repository.info();
  check_refused(repository, repository.slot(), before);
  // Its age is that of the file that kopia wrote first.
  const auto format = repository.data() / "kopia.repository.f";
  const auto born = std::filesystem::last_write_time(format);
  std::filesystem::last_write_time(format, born - hours{47});
  check_refused(repository, repository.slot(), before);
  std::filesystem::last_write_time(format, born - hours{49});
  check_taken(repository, repository.slot());
}

TEST_CASE("a stranger that is alive keeps it, until the slot after its death") {
  const auto kopia = real_kopia();
  if (!kopia)
    return;
  const owned_repository repository{*kopia};
  repository.run("maintenance run --full");
  check_refused(repository, repository.slot(), repository.info());
  // Measured by another interval, its records are soon of long ago.
  repository.run("maintenance set --full-interval=2s");
  using clock = std::chrono::steady_clock;
  const auto deadline = clock::now() + std::chrono::minutes{4};
  auto report = repository.slot();
  while (!report.succeeded && clock::now() < deadline)
    report = repository.slot();
  check_taken(repository, report);
  REQUIRE(report.earlier.size() >= 1);
  REQUIRE(report.runs.size() >= 1);
  // The slot began before it looked; its first run came after. Both times are
  // cut to whole seconds.
  CHECK(report.runs.front().start - report.earlier.front().start
        > std::chrono::seconds{2 * 2 - 1});
}

TEST_CASE("with --takeover=never the dead keep what was theirs") {
  const auto kopia = real_kopia();
  if (!kopia)
    return;
  const owned_repository repository{*kopia};
  const auto before = repository.info();
  const auto format = repository.data() / "kopia.repository.f";
  std::filesystem::last_write_time(
      format, std::filesystem::last_write_time(format) - hours{24 * 365});
  check_refused(repository, repository.slot(takeover_rule::never), before);
}

TEST_CASE("with --takeover=always the living lose it, but not in mid-run") {
  const auto kopia = real_kopia();
  if (!kopia)
    return;
  const owned_repository repository{*kopia};
  SECTION("whose run has ended") {
    repository.run("maintenance run --full");
    check_taken(repository, repository.slot(takeover_rule::always));
  }
  SECTION("who began a run that has not ended") {
    repository.begin_full_run();
    const auto before = repository.info();
    check_refused(repository, repository.slot(takeover_rule::always), before);
    check_refused(repository,
                  repository.slot(takeover_rule::always, {"app@ns1"}), before);
  }
}

TEST_CASE("a plan for later is not a run that has begun") {
  const auto kopia = real_kopia();
  if (!kopia)
    return;
  const owned_repository repository{*kopia};
  repository.run("maintenance set --pause-full=168h");
  const auto first = repository.slot(takeover_rule::always);
  CHECK_FALSE(first.open_full);
  check_taken(repository, first);
  // Nor is it a run of another cluster's.
  CHECK(repository.slot().succeeded);
}
