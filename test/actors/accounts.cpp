#include "actors/accounts.hpp"

#include <catch2/catch.hpp>

using namespace holystone;
using namespace holystone::actors;
using namespace std::chrono_literals;

namespace {

const std::string home = "volsync-system";
const instant start = *parse_rfc3339("2026-11-21T12:00:00Z");
const claim_key data{claim_kind::replication_source, {"app", "data"}};

account_seen there(const std::string& ns, const std::string& made_from,
                   bool as_wanted = true) {
  return {
      {ns, "volsync-kopia-maintenance"}, {"of-" + ns}, as_wanted, made_from};
}

/// The next write as `namespace` or `namespace!uid` for a deletion.
std::string next(accounts& all, instant now = start, bool is_settled = true) {
  auto what = all.next(is_settled, now);
  return !what ? "" : what->uid ? what->ns + "!" + what->uid.value : what->ns;
}

} // namespace

TEST_CASE("each namespace with pods gets a ServiceAccount, and the operator's "
          "always") {
  accounts all{home};
  all.need(data, true);
  CHECK(next(all) == home);
  all.done({home, {}});
  CHECK(next(all) == "app");
  all.done({"app", {}});
  CHECK(next(all) == "");
  CHECK_FALSE(all.is_pending(true));
}

TEST_CASE("a ServiceAccount that is on its way out is not asked to go again") {
  accounts all{home};
  all.learn(there(home, ""));
  auto account = there("app", home);
  account.deleting = true;
  all.learn(account);
  CHECK(next(all) == "");
}

TEST_CASE("a ServiceAccount beside a claim goes with the last claim and "
          "CronJob there") {
  accounts all{home};
  all.learn(there(home, ""));
  all.learn(there("app", home));
  cron_job_seen cron_job;
  cron_job.fact.key = {"app", "c"};
  cron_job.fact.ours = true;
  all.learn(cron_job);
  all.need(data, true);
  CHECK(next(all) == "");
  all.need(data, false);
  CHECK(next(all) == "");
  all.forget_cron_job(cron_job.fact.key);
  CHECK(next(all, start, false) == "");
  CHECK(next(all) == "app!of-app");
  all.done({"app", {"of-app"}});
  CHECK(next(all) == "");
}

TEST_CASE("somebody else's ServiceAccount is used and left alone") {
  accounts all{home};
  all.learn(there(home, ""));
  all.learn(there("app", "", false));
  all.need(data, true);
  CHECK(next(all) == "");
  all.need(data, false);
  CHECK(next(all) == "");
}

TEST_CASE("a ServiceAccount that is changed back and forth is not answered "
          "hot, and holds up no other") {
  accounts all{home};
  all.need(data, true);
  CHECK(next(all) == home);
  CHECK(next(all) == "app");
  CHECK(next(all) == "");
  CHECK(all.is_pending(true));
  CHECK(next(all, start + account_patience) == home);
}

TEST_CASE("a clock that was wrong for a while keeps no ServiceAccount away") {
  accounts all{home};
  CHECK(next(all, start + 24h) == home);
  CHECK(next(all, start) == home);
  CHECK(next(all, start + 9s) == "");
  CHECK(next(all, start + 10s) == home);
}
