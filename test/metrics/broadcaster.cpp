#include "metrics/broadcaster.hpp"

#include "test/metrics/recorded_stream.hpp"

#include <catch2/catch.hpp>

using namespace holystone::metrics;

namespace {

std::shared_ptr<recorded_stream> look_on(broadcaster& all) {
  recorded_exchange asked;
  all.admit(asked);
  return asked.streamed;
}

} // namespace

TEST_CASE("whoever looks on is told what happens from then on") {
  broadcaster all;
  CHECK_FALSE(all.is_heard());
  all.tell("repository", "1");
  auto first = look_on(all);
  REQUIRE(first);
  CHECK(all.is_heard());
  all.tell("repository", "2");
  auto second = look_on(all);
  all.tell("gone", "3");
  CHECK(first->text
        == "retry: 2000\nevent: hello\ndata: {}\n\n"
           "event: repository\ndata: 2\n\nevent: gone\ndata: 3\n\n");
  CHECK(second->text
        == "retry: 2000\nevent: hello\ndata: {}\n\n"
           "event: gone\ndata: 3\n\n");
}

TEST_CASE("an onlooker that does not read is cut off, the others are told") {
  broadcaster all;
  auto slow = look_on(all);
  auto quick = look_on(all);
  slow->is_slow = true;
  all.tell("repository", "1");
  CHECK(slow->is_cut);
  CHECK_THAT(quick->text, Catch::EndsWith("data: 1\n\n"));
}

TEST_CASE("a stream that somebody closed may end in peace") {
  broadcaster all;
  auto one = look_on(all);
  one->close();
  all.beat();
  CHECK_FALSE(all.is_heard());
  CHECK_FALSE(one->is_cut);
}

TEST_CASE("the dead are noticed when nothing happens, too") {
  broadcaster all;
  auto one = look_on(all);
  one->is_over = true;
  all.beat();
  CHECK_FALSE(all.is_heard());
}

TEST_CASE("only so many may look on, and a place becomes free again") {
  broadcaster all;
  std::vector<std::shared_ptr<recorded_stream>> there;
  for (int i = 0; i < 16; ++i)
    there.push_back(look_on(all));
  recorded_exchange refused;
  all.admit(refused);
  CHECK(refused.status == 503);
  CHECK_FALSE(refused.streamed);
  there.front()->is_over = true;
  CHECK(look_on(all));
}
