// Which objects a view reports, and which it does not (R-09, R-10, P-3).

#include "reflector_harness.hpp"

using namespace holystone;
using namespace holystone::k8s_io;
using namespace holystone::test;
using namespace std::chrono_literals;

using strings = std::vector<std::string>;

TEST_CASE("R-09: a relist removes what is missing, with the UID it had") {
  harness it;
  it.sync({job("a", "1", "1"), job("b", "2", "2"), job("c", "3", "3")}, "5");
  it.end(refused(410));
  it.seen.log.clear();
  it.list(page({job("b", "2", "2"), job("c", "4", "9")}, "9"));
  std::sort(it.seen.log.begin(), it.seen.log.end());
  CHECK(it.seen.log == strings{"+n/b@2", "+n/c@4", "?n/a@1", "?n/c@3"});
}

TEST_CASE("R-09: a list that breaks half-way removes nothing") {
  harness it;
  it.sync({job("a", "1", "1"), job("b", "2", "2")}, "5");
  it.end(refused(410));
  it.list(page({job("a", "1", "1")}, "9", "next"));
  it.list(refusal(0));
  CHECK(it.seen.objects.size() == 2);
  it.wake();
  REQUIRE(it.listing());
  CHECK(it.listing()->call.continue_token == "next");
  it.list(page({}, "9"));
  CHECK(it.seen.objects.size() == 1);
}

TEST_CASE("R-09: delete and re-creation merged into one event are told apart") {
  harness it;
  it.sync({job("a", "1", "1")}, "5");
  it.seen.log.clear();
  it.lines({event("MODIFIED", job("a", "2", "6"))});
  CHECK(it.seen.log == strings{"?n/a@1", "+n/a@2"});
  // The old object's late delete is not the new one's.
  it.lines({event("DELETED", job("a", "1", "7"))});
  CHECK(it.seen.objects.size() == 1);
  it.lines({event("DELETED", job("a", "2", "8"))});
  CHECK(it.seen.log.back() == "-n/a@2");
}

TEST_CASE("R-10: events of another kind are skipped and counted") {
  harness it;
  it.sync({}, "5");
  it.lines({
      event("ADDED",
            R"({"kind":"Pod","apiVersion":"v1","metadata":{"name":"x"}})"),
      event("ADDED", R"({"kind":"Job","apiVersion":"batch/v2",)"
                     R"("metadata":{"name":"x"}})"),
      event("ADDED", R"({"kind":"Job","apiVersion":"batch/v1"})"),
      event("ADDED", "{}"),
      event("NEWS", job("x", "1", "6")),
      R"({"type":"ADDED"})",
      R"({"type":"BOOKMARK"})",
      event("ADDED", R"({"kind":7,"metadata":[]})"),
      event("ADDED", job("a", "1", "7")),
  });
  CHECK(it.machine.counts().skipped == 8);
  CHECK(it.seen.log == strings{"+n/a@1"});
  CHECK(it.out.empty());
}

TEST_CASE("R-10: an answer of another kind is a failed list") {
  harness it;
  it.start();
  it.list(refusal(200, R"({"kind":"PodList","apiVersion":"v1","items":[]})"));
  REQUIRE(it.sleeping());
  it.wake();
  it.list(refusal(200, "<html>captive portal</html>"));
  REQUIRE(it.sleeping());
  CHECK_FALSE(it.machine.is_synced());
}

TEST_CASE("R-10: a list with an object that can't be read is complete "
          "without it") {
  harness it;
  it.start();
  it.list(page(
      {job("a", "1", "1"), deep_job("deep", "2", "2"), "7", job("b", "3", "3")},
      "5"));
  REQUIRE(it.opened());
  CHECK(it.machine.is_synced());
  CHECK(it.machine.counts().skipped == 2);
  CHECK(it.machine.counts().failures == 0);
  CHECK(it.seen.log == strings{"+n/a@1", "+n/b@3"});
  auto* told = it.find<reflector::report>();
  REQUIRE(told);
  CHECK(told->message.find("n/deep (") != std::string::npos);
  CHECK(told->message.find("2 of jobs") != std::string::npos);
}

TEST_CASE("R-10: a list that is cut within such an object stays an error") {
  harness it;
  it.start();
  auto answer = page({job("a", "1", "1"), deep_job("deep", "2", "2")}, "5");
  answer.body.resize(answer.body.size() - 50);
  it.list(answer);
  CHECK(it.sleeping());
  CHECK_FALSE(it.machine.is_synced());
  CHECK(it.seen.log.empty());
}

TEST_CASE("R-10: an object that can no longer be read is gone until it can") {
  harness it;
  it.sync({job("a", "1", "1"), job("b", "2", "2"), job("c", "3", "3")}, "5");
  it.seen.log.clear();
  it.lines({event("MODIFIED", deep_job("a", "1", "6")),
            event("MODIFIED", deep_job("a", "1", "7")),
            event("DELETED", deep_job("b", "2", "8")),
            event("ADDED", deep_job("c", "9", "9")),
            event("MODIFIED", job("x", "5", "10"))});
  CHECK(it.seen.log == strings{"?n/a@1", "?n/b@2", "?n/c@3", "+n/x@5"});
  CHECK_FALSE(it.find<reflector::close_watch>());
  CHECK(it.machine.counts().skipped == 4);
  // One report a loss, so that who changes it often doesn't fill the log.
  CHECK(it.out.size() == 2);
  auto* told = it.find<reflector::report>();
  REQUIRE(told);
  CHECK(told->message.find("Job n/a ") != std::string::npos);
  it.lines({event("MODIFIED", job("a", "1", "11")),
            event("MODIFIED", deep_job("a", "1", "12"))});
  CHECK(it.seen.log.back() == "?n/a@1");
  it.now += 5s;
  it.end({200, {}, {}, {}});
  REQUIRE(it.opened());
  CHECK(it.opened()->order.resource_version == "12");
  it.lines({event("MODIFIED", job("a", "1", "13"))});
  CHECK(it.seen.log.back() == "+n/a@1");
}

TEST_CASE("R-10: a relist removes what can no longer be read") {
  harness it;
  it.sync({job("a", "1", "1")}, "5");
  it.end(refused(410));
  it.list(page({deep_job("a", "1", "7")}, "9"));
  CHECK(it.opened());
  CHECK(it.seen.log.back() == "?n/a@1");
  CHECK(it.machine.size() == 0);
}

TEST_CASE("a line that is cut within a deep object ends the watch") {
  harness it;
  it.sync({job("a", "1", "1")}, "5");
  auto line = event("MODIFIED", deep_job("a", "1", "6"));
  for (auto text :
       {line.substr(0, line.size() - 1),
        event("ERROR", deep_job("a", "1", "6")),
        event("MODIFIED", R"({"kind":"Job","spec":)" + std::string(200, '[')
                              + std::string(200, ']') + '}')}) {
    it.lines({text});
    CHECK(it.find<reflector::close_watch>());
    REQUIRE(it.sleeping());
    it.now += it.sleeping()->time;
    it.wake();
  }
  CHECK(it.listing());
  CHECK(it.seen.objects.size() == 1);
}

TEST_CASE("P-3: metadata-only views take and keep only metadata") {
  view seen;
  reflector machine{{.kind = resources::secrets, .metadata_only = true}};
  reflector::moment at{steady_time{1h}, 0};
  auto out = machine.step(reflector::start{}, at, seen);
  auto& first = std::get<reflector::send_list>(out.at(0));
  CHECK(first.call.metadata_only);
  auto item = [](const char* kind, const char* name) {
    return fmt::format(
        R"({{"kind":"{}","apiVersion":"{}","metadata":)"
        R"({{"namespace":"n","name":"{}","uid":"u"}}}})",
        kind, std::string_view{kind} == "Secret" ? "v1" : "meta.k8s.io/v1",
        name);
  };
  response answer;
  answer.status = 200;
  answer.body = R"({"kind":"PartialObjectMetadataList","metadata":)"
                R"({"resourceVersion":"3"},"items":[)"
                + item("PartialObjectMetadata", "a") + "]}";
  out = machine.step(reflector::listed{first.ticket, answer}, at, seen);
  auto& watch = std::get<reflector::open_watch>(out.at(1));
  CHECK(watch.order.metadata_only);
  machine.step(
      reflector::lines{watch.ticket,
                       {event("ADDED", item("Secret", "b")),
                        event("ADDED", item("PartialObjectMetadata", "c"))}},
      at, seen);
  CHECK(seen.objects.size() == 2);
  CHECK(seen.objects.count("n/b") == 0);
  CHECK(machine.counts().skipped == 1);
}
