#include "scheduler/folded_facts.hpp"

#include <catch2/catch.hpp>

#include <fmt/format.h>

#include <cstdlib>
#include <limits>

using namespace holystone;
using namespace holystone::scheduler;

namespace {

const std::string uid = "6f1b9d0c-3a57-4e0e-9d8e-5d2b7c6a1f00";

std::size_t size_of(std::initializer_list<std::string> texts) {
  bytes_writer to;
  for (const auto& text : texts)
    to.put(text);
  return to.bytes().size();
}

/// A claim with something in every kind of part.
claim some_claim(int number) {
  claim wish;
  wish.who = {claim_kind::replication_source,
              {"apps", fmt::format("data-{}", number)}};
  wish.uid = {uid};
  wish.version = {"4711"};
  wish.created = instant{seconds{1'795'000'000}};
  wish.generation = 3;
  wish.secret = {"apps", "repository"};
  wish.ca = custom_ca{"ca", {}, "ca.crt"};
  wish.volume = repository_volume{
      {"nfs", {{"server", "nas"}, {"share", "/export"}}, "/mnt", "/repository"},
      {"apps", "claim"},
      "folder"};
  wish.settings.deadline = seconds{-5};
  wish.settings.pods = pod_wishes{};
  wish.defect = trouble{"Waiting", "for\nsomething \"odd\"", "Secret"};
  wish.identity = "data@apps";
  wish.old_finalizer = 0;
  return wish;
}

bool are_equal(const claim& a, const claim& b) {
  return a.who == b.who && a.uid == b.uid && a.version == b.version
         && a.created == b.created && a.generation == b.generation
         && a.secret == b.secret && a.ca == b.ca && a.volume == b.volume
         && a.settings == b.settings && a.defect == b.defect
         && a.identity == b.identity && a.old_finalizer == b.old_finalizer
         && a.says_when == b.says_when && a.cache == b.cache;
}

} // namespace

TEST_CASE("numbers come back as they were") {
  std::vector<std::int64_t> all{0,
                                1,
                                -1,
                                63,
                                64,
                                -65,
                                127,
                                128,
                                300,
                                -300,
                                std::numeric_limits<std::int64_t>::max(),
                                std::numeric_limits<std::int64_t>::min()};
  bytes_writer to;
  for (auto one : all)
    to.put(one);
  bytes_reader from{to.bytes()};
  for (auto one : all)
    CHECK(from.take_number() == one);
}

TEST_CASE("texts come back as they were") {
  std::vector<std::string> all{"",
                               "a",
                               uid,
                               uid,
                               "6F1B9D0C-3A57-4E0E-9D8E-5D2B7C6A1F00",
                               "6f1b9d0c-3a57-4e0e-9d8e-5d2b7c6a1f0g",
                               "6f1b9d0c-3a57-4e0e-9d8e-5d2b7c6a1f-0",
                               "6f1b9d0c3a57-4e0e-9d8e-5d2b7c6a1f000",
                               std::string(36, 'a'),
                               std::string(36, '-'),
                               "0123456789abcdef",
                               "0123456789abcde",
                               "0123456789ABCDEF",
                               "abcdef",
                               std::string(64, 'f'),
                               std::string("with\0zero", 9),
                               std::string(1000, 'x'),
                               "a",
                               ""};
  bytes_writer to;
  for (const auto& one : all)
    to.put(one);
  bytes_reader from{to.bytes()};
  for (const auto& one : all)
    CHECK(from.take_text() == one);
}

TEST_CASE("any texts come back as they were") {
  std::srand(7);
  for (auto round = 0; round < 2000; ++round) {
    constexpr std::string_view letters = "0123456789abcdef-xyz";
    std::vector<std::string> all(static_cast<std::size_t>(std::rand() % 9));
    for (auto& one : all)
      for (auto left = std::rand() % 40; left > 0; --left)
        one += letters[static_cast<std::size_t>(std::rand()) % letters.size()];
    bytes_writer to;
    for (const auto& one : all)
      to.put(one);
    bytes_reader from{to.bytes()};
    for (const auto& one : all)
      REQUIRE(from.take_text() == one);
  }
}

TEST_CASE("a text costs little when it is a UID, a hash or was there before") {
  CHECK(size_of({uid}) == 17);
  CHECK(size_of({"0123456789abcdef"}) == 10);
  CHECK(size_of({std::string(100, 'x'), std::string(100, 'x')})
        == size_of({std::string(100, 'x')}) + 1);
}

TEST_CASE("a UUID is known by its usual spelling only") {
  auto bytes = uuid_bytes(uid);
  REQUIRE(bytes);
  CHECK(bytes->size() == 16);
  CHECK(spell_uuid(*bytes) == uid);
  CHECK_FALSE(uuid_bytes("uid-1"));
  CHECK_FALSE(uuid_bytes("6F1B9D0C-3A57-4E0E-9D8E-5D2B7C6A1F00"));
  CHECK_FALSE(uuid_bytes(""));
}

TEST_CASE("a claim at rest is the same claim when it is opened") {
  auto wish = some_claim(1);
  phrase_book book;
  auto opened = folded{wish, book}.open(book);
  CHECK(are_equal(opened, wish));
  CHECK(are_equal(folded{claim{}, book}.open(book), claim{}));
}

TEST_CASE("all that is known of a repository comes back as it was") {
  repository_facts facts;
  facts.id = facts.location_id = {"0123456789abcdef"};
  facts.location = R"({"backend":"s3"})";
  for (auto i = 0; i < 3; ++i) {
    claimant one;
    one.wish = some_claim(i);
    one.status = claim_status{};
    one.status->message = "CronJob x maintains this repository";
    one.status->conditions.push_back({"Error", "None", "", {}, false});
    one.status->standalone = standalone_status{"0 2 * * *", instant{}, {}, {}};
    one.written = written_status{*one.status, {uid}, true};
    facts.claimants.push_back(one);
  }
  facts.cron_jobs.quick.exists = true;
  facts.cron_jobs.quick.winner = facts.claimants[1].wish.who;
  facts.elsewhere.full.resize(2);
  facts.copies.push_back({{"a", "b"}, {uid}, {"1"}, {}, {uid}, "2", "r"});
  job_fact job;
  job.uid = {uid};
  job.state = job_state::complete;
  job.injected.emplace();
  job.manual = manual_mark{{uid}, "tag"};
  facts.jobs.push_back(job);
  pod_fact pod;
  pod.outcome = run_outcome{};
  pod.outcome->earlier.push_back({"full", {}, {}, true});
  facts.pods.push_back(pod);
  facts.lease.known.ours.push_back({instant{seconds{1}}, instant{seconds{2}}});
  facts.troubles["apply"] = {"no", "Forbidden"};
  phrase_book book;
  auto opened = folded{facts, book}.open(book);
  REQUIRE(opened.claimants.size() == 3);
  for (std::size_t i = 0; i < 3; ++i) {
    CHECK(are_equal(opened.claimants[i].wish, facts.claimants[i].wish));
    CHECK(opened.claimants[i].status == facts.claimants[i].status);
    REQUIRE(opened.claimants[i].written);
    CHECK(opened.claimants[i].written->status
          == facts.claimants[i].written->status);
    CHECK(opened.claimants[i].written->is_repair);
  }
  CHECK(opened.id == facts.id);
  CHECK(opened.location == facts.location);
  CHECK(opened.cron_jobs.quick.winner == facts.cron_jobs.quick.winner);
  CHECK_FALSE(opened.cron_jobs.full.exists);
  CHECK(opened.elsewhere.full.size() == 2);
  CHECK(opened.copies[0].source_uid == facts.copies[0].source_uid);
  CHECK(opened.copies[0].resync == "r");
  CHECK(opened.jobs == facts.jobs);
  CHECK(opened.pods == facts.pods);
  CHECK(opened.lease == facts.lease);
  CHECK(opened.troubles == facts.troubles);
}

TEST_CASE("a claim like others takes little more than its identity") {
  phrase_book book;
  folded first{some_claim(1), book};
  auto other = some_claim(2);
  other.uid = {"0d5e2a77-9c41-4b7e-8a53-1f6c3b9e2d84"};
  folded second{other, book};
  CHECK(first.size() > 200);
  CHECK(second.size() < 60);
  CHECK(are_equal(first.open(book), some_claim(1)));
  CHECK(are_equal(second.open(book), other));
}
