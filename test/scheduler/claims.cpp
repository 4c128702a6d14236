#include "scheduler/claims.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <random>

using namespace holystone;
using namespace holystone::scheduler;

namespace {

claim a_claim(std::string ns, std::string name, int created,
              std::string schedule = "0 2 * * *") {
  claim c;
  c.who = {claim_kind::replication_source, {std::move(ns), std::move(name)}};
  c.created = instant{seconds{created}};
  c.settings.schedule = std::move(schedule);
  return c;
}

claim km(claim c) {
  c.who.kind = claim_kind::kopia_maintenance;
  return c;
}

claim broken(claim c) {
  c.defect = trouble{"Waiting", "Secret app/s does not exist; create it"};
  return c;
}

claim_list listed(const std::vector<claim>& claims) {
  claim_list all;
  for (const auto& c : claims)
    all.push_back(&c);
  return all;
}

std::string winner(const std::vector<claim>& claims,
                   const std::optional<claim_key>& incumbent = {}) {
  const auto* best = elect(listed(claims), incumbent);
  return best ? to_string(best->who) : "nobody";
}

constexpr auto older = "ReplicationSource a/x";
constexpr auto younger = "ReplicationSource b/x";

} // namespace

TEST_CASE("the oldest claim wins, whatever the order of arrival") {
  CHECK(winner({a_claim("b", "x", 2), a_claim("a", "x", 1)}) == older);
  CHECK(winner({a_claim("a", "x", 1), a_claim("b", "x", 2)}) == older);
  CHECK(winner({a_claim("a", "x", 2), a_claim("b", "x", 1)}) == younger);
}

TEST_CASE("claims of one second are ordered by namespace and name") {
  CHECK(winner({a_claim("b", "x", 1), a_claim("a", "x", 1)}) == older);
  CHECK(winner({a_claim("a", "y", 1), a_claim("a", "x", 1)}) == older);
}

TEST_CASE("the recorded incumbent stays although an older claim comes") {
  std::vector claims{a_claim("a", "x", 1), a_claim("b", "x", 2)};
  CHECK(winner(claims, claims[1].who) == younger);
}

TEST_CASE("A-23: an incumbent recreated under its name counts as itself") {
  auto reborn = a_claim("b", "x", 900);
  reborn.uid = {"new"};
  CHECK(winner({a_claim("a", "x", 1), reborn}, reborn.who) == younger);
}

TEST_CASE("A-23: a recorded winner that claims no more has no say") {
  CHECK(winner({a_claim("b", "x", 2), a_claim("a", "x", 1)},
               a_claim("c", "gone", 0).who)
        == older);
}

TEST_CASE("a KopiaMaintenance beats every embedded claim, the incumbent too") {
  auto embedded = a_claim("a", "x", 1);
  auto late = km(a_claim("b", "m", 9));
  CHECK(winner({embedded, late}, embedded.who) == "KopiaMaintenance b/m");
  CHECK(winner({embedded, broken(late)}, embedded.who) == older);
}

TEST_CASE("among KopiaMaintenances the incumbent stays, then the oldest wins") {
  auto first = km(a_claim("a", "m", 1));
  auto second = km(a_claim("b", "m", 2));
  CHECK(winner({second, first}) == "KopiaMaintenance a/m");
  CHECK(winner({first, second}, second.who) == "KopiaMaintenance b/m");
}

TEST_CASE("a claim with a defect never wins, not even as the incumbent") {
  auto sick = broken(a_claim("a", "x", 1));
  CHECK(winner({sick, a_claim("b", "x", 2)}, sick.who) == younger);
  CHECK(winner({sick}) == "nobody");
  CHECK(winner({}) == "nobody");
}

TEST_CASE("the winner does not depend on the order of the claims") {
  std::mt19937 random{7};
  for (int round = 0; round < 300; ++round) {
    std::vector<claim> claims;
    for (int i = 0; i < 6; ++i) {
      auto c = a_claim(std::string(1, static_cast<char>('a' + random() % 3)),
                       std::to_string(i), static_cast<int>(random() % 3));
      if (random() % 5 == 0)
        c = km(c);
      if (random() % 4 == 0)
        c = broken(c);
      claims.push_back(c);
    }
    std::optional<claim_key> incumbent;
    if (random() % 2 == 0)
      incumbent = claims[random() % claims.size()].who;
    auto first = winner(claims, incumbent);
    auto text
        = first == "nobody" ? "" : conflict_text(listed(claims), claims[0]);
    auto shuffled = claims;
    std::ranges::shuffle(shuffled, random);
    CHECK(winner(shuffled, incumbent) == first);
    if (!text.empty())
      CHECK(conflict_text(listed(shuffled), claims[0]) == text);
  }
}

TEST_CASE("keys of claims survive the way through an annotation") {
  for (const auto& key :
       {a_claim("app", "data", 0).who, km(a_claim("v-s", "m.1", 0)).who})
    CHECK(parse_claim_key(to_string(key)) == key);
  CHECK(to_string(a_claim("app", "data", 0).who)
        == "ReplicationSource app/data");
  for (auto text : {"", "Pod a/b", "ReplicationSource", "ReplicationSource a",
                    "ReplicationSource/a b", "a/b"})
    CHECK(!parse_claim_key(text));
}

TEST_CASE(
    "losers with another schedule or zone are conflicts, equal ones not") {
  auto best = a_claim("a", "x", 1);
  auto zoned = a_claim("d", "x", 2);
  zoned.settings.time_zone = "Europe/Berlin";
  std::vector claims{zoned, a_claim("c", "x", 2, "5 5 * * *"),
                     a_claim("b", "x", 2), best};
  auto losers = conflicting(listed(claims), best);
  REQUIRE(losers.size() == 2);
  CHECK(losers[0]->who.object.ns == "c");
  CHECK(losers[1]->who.object.ns == "d");
}

TEST_CASE(
    "the conflict text has the seed's words, sorted, joined by semicolons") {
  auto best = a_claim("a", "x", 1);
  std::vector claims{a_claim("c", "z", 2, "9 9 * * *"), best,
                     a_claim("b", "y", 2, "5 5 * * *"), a_claim("d", "w", 3)};
  CHECK(conflict_text(listed(claims), best)
        == "Schedule '5 5 * * *' requested by ReplicationSource b/y (rejected "
           "- first-wins strategy); Schedule '9 9 * * *' requested by "
           "ReplicationSource c/z (rejected - first-wins strategy)");
  CHECK(conflict_text({&best}, best).empty());
}

TEST_CASE("the conflict text is cut at 4 KiB between entries and counts") {
  auto best = a_claim("a", "x", 1);
  for (int losers : {10, 40, 41, 42, 43, 44, 45, 46, 60, 500}) {
    std::vector claims{best};
    for (int i = 0; i < losers; ++i)
      claims.push_back(
          a_claim("b", "x" + std::to_string(1000 + i), 2, "5 5 * * *"));
    auto text = conflict_text(listed(claims), best);
    CHECK(text.size() <= 4096);
    std::size_t entries = 0;
    for (auto at = text.find("Schedule '"); at != text.npos;
         at = text.find("Schedule '", at + 1))
      ++entries;
    auto more = static_cast<std::size_t>(losers) - entries;
    if (more == 0)
      CHECK(text.ends_with("strategy)"));
    else
      CHECK(text.ends_with("strategy) ... and " + std::to_string(more)
                           + " more"));
  }
}

TEST_CASE("namespaces are listed once each and sorted") {
  CHECK(source_namespaces(listed(
            {a_claim("b", "x", 1), a_claim("a", "y", 1), a_claim("b", "z", 1)}))
        == std::vector<std::string>{"a", "b"});
}

TEST_CASE("the namespaces label never exceeds 63 characters") {
  auto name = [](std::size_t size, char c) {
    return std::string(size, c);
  };
  CHECK(namespaces_label({"a", "b"}) == "a_b");
  CHECK(namespaces_label({}) == "");
  // 31 + 1 + 31 is exactly the limit.
  CHECK(namespaces_label({name(31, 'a'), name(31, 'b')})
        == name(31, 'a') + "_" + name(31, 'b'));
  CHECK(namespaces_label({name(31, 'a'), name(32, 'b')})
        == name(31, 'a') + "_and-1-more");
  CHECK(namespaces_label({"a", "b", name(40, 'c'), name(40, 'd')})
        == "a_b_" + name(40, 'c') + "_and-1-more");
  CHECK(namespaces_label({name(62, 'a'), "b"}) == "2-namespaces");
  std::vector<std::string> many;
  for (int i = 0; i < 300; ++i) {
    many.push_back("team-" + std::to_string(1000 + i));
    auto label = namespaces_label(many);
    CHECK(label.size() <= 63);
    CHECK(std::isalnum(static_cast<unsigned char>(label.back())));
  }
}

TEST_CASE(
    "a loser conflicts over quickSchedule only when it asks for another") {
  auto first = a_claim("a", "x", 1);
  auto second = a_claim("b", "x", 2);
  first.settings.quick_schedule = "0 * * * *";
  CHECK_FALSE(is_overruled(second, first));
  second.settings.quick_schedule = "0 * * * *";
  CHECK_FALSE(is_overruled(second, first));
  second.settings.quick_schedule = "5 * * * *";
  CHECK(is_overruled(second, first));
  CHECK(conflict_text({&first, &second}, first)
        == "Quick schedule '5 * * * *' requested by ReplicationSource b/x "
           "(rejected - first-wins strategy)");
  first.settings.quick_schedule.clear();
  second.settings.time_zone = "Europe/Berlin";
  CHECK(conflict_text({&first, &second}, first)
        == "Quick schedule '5 * * * *' requested by ReplicationSource b/x "
           "(rejected - first-wins strategy); Schedule '0 2 * * *' requested "
           "by ReplicationSource b/x (rejected - first-wins strategy)");
}
