#include "repository_room.hpp"

#include "scheduler/secret_copies.hpp"

using namespace holystone;
using namespace holystone::test::one_repository;
using namespace std::chrono_literals;

TEST_CASE("a copy follows its Secret, and a changed resync forces it") {
  room r{{a_claim("a")}};
  r.settle().with_statuses();
  r.facts.claimants[0].wish.secret_version = "6";
  CHECK(act(r.next()) == "copy/a/kopia");
  r.settle().with_statuses();
  CHECK(rests(r.next()));
  r.facts.claimants[0].wish.resync = "today";
  auto step = r.next();
  REQUIRE(std::holds_alternative<write_copy>(step.action));
  CHECK(std::get<write_copy>(step.action).resync == "today");
  CHECK(std::get<write_copy>(step.action).existing.uid == object_uid{"copy-a"});
}

TEST_CASE("two resync wishes for one Secret do not undo each other for ever") {
  auto one = a_claim("a");
  auto two = a_claim("a");
  two.wish.who.object.name = "other";
  one.wish.resync = "1";
  two.wish.resync = "2";
  room r{{one, two}};
  r.settle();
  for (int i = 0; i < 4; ++i) {
    auto step = r.next();
    if (const auto* copy = std::get_if<write_copy>(&step.action))
      for (auto& c : r.facts.copies)
        c.resync = copy->resync;
    else
      break;
  }
  CHECK_FALSE(std::holds_alternative<write_copy>(r.next().action));
}

TEST_CASE("a custom CA is copied before the CronJob is made") {
  auto c = a_claim("a");
  c.wish.ca = custom_ca{"", "our-ca", "ca.pem"};
  c.wish.ca_uid = {"ca-uid"};
  c.wish.ca_version = "3";
  room r{{c}};
  r.facts.copies = {copy_for(c)};
  auto step = r.next();
  REQUIRE(std::holds_alternative<write_copy>(step.action));
  auto source = std::get<write_copy>(step.action).source;
  CHECK(source.what == copy_source::kind::ca_config_map);
  CHECK(to_string(source.key) == "a/our-ca");
  CHECK(source.data_key == "ca.pem");
  r.facts.copies.push_back(
      {{ns, "ca-copy"}, {"ca"}, {}, source, {"ca-uid"}, "3", {}});
  step = r.next();
  REQUIRE(std::holds_alternative<apply_cron_job>(step.action));
  CHECK(std::get<apply_cron_job>(step.action).wanted.ca == "ca-copy");
}

TEST_CASE("a CA's copy follows it and goes with the last claim that names it") {
  auto c = a_claim("a");
  c.wish.ca = custom_ca{"our-ca", "", "ca.crt"};
  c.wish.ca_uid = {"ca-uid"};
  c.wish.ca_version = "3";
  room r{{c}};
  auto source = *ca_source(c.wish);
  auto in_place = [&] {
    auto ca
        = copy_fact{{ns, "ca-copy"}, {"ca"}, {}, source, {"ca-uid"}, "3", {}};
    r.facts.copies = {copy_for(r.facts.claimants[0]), ca};
    r.facts.cron_jobs.full.digest
        = room::policy()
              .digests(*wanted_cron_job(r.facts, room::policy(),
                                        maintenance_kind::full, now - 1h))
              .whole;
  };
  r.facts.copies = {copy_for(c),
                    {{ns, "ca-copy"}, {"ca"}, {}, source, {"ca-uid"}, "3", {}}};
  auto wanted = *wanted_cron_job(r.facts, room::policy(),
                                 maintenance_kind::full, now - 1h);
  auto& found = r.facts.cron_jobs.full;
  found.exists = found.ours = true;
  found.schedule = wanted.schedule;
  found.time_zone = wanted.settings.time_zone;
  found.winner = wanted.winner;
  found.effective_since = wanted.effective_since;
  in_place();
  r.with_statuses();
  CHECK(rests(r.next()));
  r.facts.claimants[0].wish.ca_version = "4";
  auto step = r.next();
  REQUIRE(std::holds_alternative<write_copy>(step.action));
  CHECK(std::get<write_copy>(step.action).existing.uid == object_uid{"ca"});
  // It is gone: the copy stays, because it still works.
  r.facts.claimants[0].wish.ca_version.clear();
  CHECK(rests(r.next()));
  r.facts.claimants[0].wish.ca.reset();
  in_place();
  step = r.next();
  REQUIRE(std::holds_alternative<delete_copy>(step.action));
  CHECK(std::get<delete_copy>(step.action).copy.uid == object_uid{"ca"});
}

TEST_CASE("a copy goes when no claim needs it and no Job uses it") {
  room r{{a_claim("a"), a_claim("b")}};
  r.settle();
  r.facts.claimants.pop_back();
  r.facts.cron_jobs.full.digest
      = room::policy()
            .digests(*wanted_cron_job(r.facts, room::policy(),
                                      maintenance_kind::full, now))
            .whole;
  r.with_statuses();
  r.facts.jobs = {a_job(job_state::running)};
  r.facts.lease.holder = {"j"};
  CHECK(rests(r.next()));
  r.facts.jobs.clear();
  r.facts.lease.holder = {};
  CHECK(act(r.next()) == "copy/b/kopia");
  CHECK(std::holds_alternative<delete_copy>(r.next().action));
}

TEST_CASE("of two copies of one source the second goes (R-28)") {
  room r{{a_claim("a")}};
  r.settle().with_statuses();
  auto second = r.facts.copies.front();
  second.key.name += "-0123";
  second.uid = {"second"};
  r.facts.copies.push_back(second);
  auto step = r.next();
  REQUIRE(std::holds_alternative<delete_copy>(step.action));
  CHECK(std::get<delete_copy>(step.action).copy.uid == object_uid{"second"});
}
