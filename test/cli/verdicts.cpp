// What each check of `holystone doctor` concludes; no cluster.

#include "cli/verdicts.hpp"

#include <catch2/catch.hpp>

using namespace holystone;
using namespace holystone::cli;
namespace json = boost::json;

namespace {

const auto noon = *parse_rfc3339("2026-11-22T12:00:00Z");

k8s_io::page page(int status, std::string body) {
  return {status, std::move(body), noon};
}

leadership led(std::string holder, seconds ago) {
  return {std::move(holder), noon - ago, seconds{15}};
}

json::value deployment(int wanted, int ready) {
  return {{"metadata", {{"name", "volsync"}}},
          {"spec",
           {{"replicas", wanted},
            {"template",
             {{"spec",
               {{"containers",
                 json::array{{{"args", json::array{"operator"}}}}}}}}}}},
          {"status", {{"availableReplicas", ready}}}};
}

} // namespace

TEST_CASE("doctor: the server must know time zones of CronJobs") {
  auto judge = [](int status, std::string body) {
    return judge_server("https://k", page(status, std::move(body)));
  };
  CHECK(judge(200, R"({"minor":"27+","gitVersion":"v1.27.3"})").how
        == verdict::ok);
  CHECK(judge(200, R"({"minor":"26","gitVersion":"v1.26.0"})").how
        == verdict::failed);
  CHECK(judge(401, "").how == verdict::failed);
  CHECK(judge(200, "<html>").how == verdict::failed);
  CHECK(judge(200, "{}").how == verdict::failed);
}

TEST_CASE("doctor: clocks may differ by what a header leaves out") {
  CHECK(judge_clock(page(200, ""), noon + seconds{5}).how == verdict::ok);
  CHECK(judge_clock(page(200, ""), noon + seconds{6}).what
        == "this machine is 6 s ahead of the server");
  CHECK(judge_clock(page(200, ""), noon - seconds{90}).what
        == "this machine is 90 s behind the server");
  CHECK(judge_clock({200, "", {}}, noon).how == verdict::warning);
}

TEST_CASE("doctor: both kinds and their status must be served") {
  CHECK(judge_kinds(page(404, "")).how == verdict::failed);
  CHECK(judge_kinds(page(403, "{}")).how == verdict::warning);
  auto found
      = judge_kinds(page(200, R"({"resources":[{"name":"replicationsources"},
               {"name":"replicationsources/status"}]})"));
  CHECK(found.how == verdict::failed);
  CHECK(found.what
        == "volsync.backube/v1alpha1 lacks kopiamaintenances, "
           "kopiamaintenances/status");
}

TEST_CASE("doctor: every missing right is named, and what nobody told is no "
          "failure") {
  CHECK(judge_rights("x", {}).how == verdict::ok);
  auto missing = judge_rights("x", {{"get pods", "list jobs"}, {}});
  CHECK(missing.how == verdict::failed);
  CHECK(missing.what == "x may not get pods; list jobs");
  CHECK(judge_rights("x", {{}, "forbidden"}).how == verdict::warning);
}

TEST_CASE("doctor: a Lease that is not renewed leads nobody") {
  CHECK(judge_leader(led("a", seconds{3}), "n/l", noon).what
        == "a renewed Lease n/l 3 s ago");
  CHECK(judge_leader(led("a", seconds{45}), "n/l", noon).how == verdict::ok);
  CHECK(judge_leader(led("a", seconds{46}), "n/l", noon).how
        == verdict::failed);
  CHECK(judge_leader(led("", seconds{0}), "n/l", noon).how == verdict::failed);
  CHECK(judge_leader({}, "n/l", noon).how == verdict::failed);
}

TEST_CASE("doctor: the Deployment is the one that runs the operator") {
  auto judge = [](json::value one) {
    return judge_deployment({std::move(one)}, "ns");
  };
  CHECK(judge(deployment(1, 1)).how == verdict::ok);
  CHECK(judge(deployment(2, 1)).how == verdict::warning);
  CHECK(judge(deployment(1, 0)).how == verdict::failed);
  CHECK(judge(deployment(0, 0)).what == "ns/volsync is scaled to 0");
  CHECK(judge(json::object{{"metadata", {{"name", "else"}}}}).how
        == verdict::warning);
}

TEST_CASE("doctor: other installs that lead are named, others are not") {
  CHECK(judge_others({{"a", led("x", seconds{999})}}, noon).how == verdict::ok);
  CHECK(judge_others({{"a", led("x", seconds{1})}}, noon).how
        == verdict::failed);
  CHECK(judge_fork({{"a", led("x", seconds{1})}}, noon).how
        == verdict::warning);
  CHECK(judge_fork({}, noon).how == verdict::ok);
}

TEST_CASE("doctor: an image that can't be pulled is told with its pod") {
  json::value pod{
      {"metadata", {{"namespace", "n"}, {"name", "p"}}},
      {"status",
       {{"containerStatuses",
         json::array{
             {{"image", "i:1"},
              {"state", {{"waiting", {{"reason", "ImagePullBackOff"}}}}}}}}}}};
  CHECK(judge_image("i:1", {pod}).what == "n/p: ImagePullBackOff i:1");
  CHECK(judge_image("i:1", {}).how == verdict::ok);
  CHECK(judge_image("", {}).how == verdict::warning);
}

TEST_CASE("doctor: what maintenance mounts must be there") {
  auto with = [](std::string phase) {
    return judge_storage({{{"n", "c"}, {"n", "j"}, std::move(phase)}}).how;
  };
  CHECK(with("Bound") == verdict::ok);
  CHECK(with("Pending") == verdict::warning);
  CHECK(with("") == verdict::failed);
  CHECK(judge_storage({}).how == verdict::ok);
}
