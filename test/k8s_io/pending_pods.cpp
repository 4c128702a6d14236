#include "k8s_io/objects.hpp"

#include <catch2/catch.hpp>

using namespace holystone;
using namespace holystone::k8s_io;
namespace json = boost::json;

namespace {

pod_fact a_pod(const char* status, const char* node) {
  json::value pod{{"metadata", {{"creationTimestamp", "2026-11-21T02:00:00Z"}}},
                  {"spec", {{"nodeName", node}}},
                  {"status", json::parse(status)}};
  return read_pod(pod);
}

} // namespace

TEST_CASE("a pod is pending until a container of it has run") {
  auto made = *parse_rfc3339("2026-11-21T02:00:00Z");
  CHECK(a_pod(R"({"phase":"Pending"})", "").pending_since == made);
  CHECK(a_pod(R"({"phase":"Pending","containerStatuses":[{"name":"k","state":
              {"waiting":{"reason":"ImagePullBackOff"}}}]})",
              "n")
            .pending_since
        == made);
  for (auto state : {R"("running":{})", R"("terminated":{"exitCode":1})"})
    CHECK_FALSE(a_pod((std::string{R"({"containerStatuses":[{"state":{)"}
                       + state + "}}]}")
                          .c_str(),
                      "n")
                    .pending_since);
  CHECK_FALSE(a_pod(R"({"phase":"Failed"})", "").pending_since);
}
