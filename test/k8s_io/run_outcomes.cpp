#include "k8s_io/objects.hpp"

#include <catch2/catch.hpp>

using namespace holystone;
using namespace holystone::k8s_io;
namespace json = boost::json;

namespace {

/// A pod on a node with this status.
pod_fact a_pod(const std::string& status) {
  json::value pod{{"metadata", {{"creationTimestamp", "2026-11-21T02:00:00Z"}}},
                  {"spec", {{"nodeName", "n"}}},
                  {"status", json::parse(status)}};
  return read_pod(pod);
}

/// One whose container ended like this.
pod_fact ended(const std::string& terminated, const std::string& more = "") {
  return a_pod(R"({"phase":"Failed",)" + more
               + R"("containerStatuses":[{"name":"kopia-maintenance",)"
                 R"("image":"i","state":{"terminated":{)"
               + R"("startedAt":"2026-11-21T02:00:00Z",)"
                 R"("finishedAt":"2026-11-21T02:01:00Z",)"
               + terminated + "}}}]}");
}

} // namespace

TEST_CASE("the outcome is the container's: exit code, times, and words for a "
          "kill") {
  auto end = ended(R"("exitCode":0)").outcome;
  REQUIRE(end);
  CHECK(end->succeeded);
  CHECK(end->ended - end->started == seconds{60});
  end = ended(R"("exitCode":137,"reason":"OOMKilled")").outcome;
  REQUIRE(end);
  CHECK_FALSE(end->succeeded);
  CHECK(end->why == failure_class::out_of_memory);
  end = ended(R"("exitCode":137,"reason":"Error")").outcome;
  CHECK(end->why == failure_class::unknown);
  CHECK_THAT(end->message, Catch::Contains("137"));
}

TEST_CASE("an eviction and a pod's own deadline are told apart from a kill") {
  auto evicted = [](const std::string& why) {
    return ended(R"("exitCode":137,"reason":"Error")",
                 R"("reason":"Evicted","message":")" + why + R"(",)")
        .outcome;
  };
  auto end = evicted("The node was low on resource: memory.");
  REQUIRE(end);
  CHECK(end->why == failure_class::unknown);
  CHECK_THAT(end->message, Catch::Contains("evicted")
                               && Catch::Contains("low on resource: memory"));
  end = evicted(
      R"(Usage of EmptyDir volume \"cache\" exceeds the limit \"8Gi\". )");
  CHECK(end->why == failure_class::cache_full);
  end = ended(R"("exitCode":143,"reason":"Error")",
              R"("reason":"DeadlineExceeded",)")
            .outcome;
  CHECK(end->why == failure_class::timeout);
}

TEST_CASE("a pod that was evicted before its container began has failed") {
  auto end = a_pod(R"({"phase":"Failed","reason":"Evicted","message":"full"})")
                 .outcome;
  REQUIRE(end);
  CHECK_FALSE(end->succeeded);
  CHECK_FALSE(a_pod(R"({"phase":"Failed"})").outcome);
}

TEST_CASE("why a container can't start is told") {
  auto waiting = [](const std::string& reason) {
    return a_pod(R"({"phase":"Pending","containerStatuses":[{)"
                 R"("name":"kopia-maintenance","image":"repo/none:1",)"
                 R"("state":{"waiting":{"reason":")"
                 + reason + R"(","message":"why"}}}]})")
        .obstacle;
  };
  CHECK(waiting("ImagePullBackOff")
        == "image repo/none:1 can't be pulled (ImagePullBackOff)");
  CHECK(waiting("CreateContainerConfigError")
        == "its container can't be made: why");
  CHECK(waiting("ContainerCreating").empty());
  CHECK(a_pod(R"({"phase":"Pending"})").obstacle.empty());
}
