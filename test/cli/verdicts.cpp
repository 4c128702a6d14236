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

TEST_CASE("doctor: the server must be one that holystone is made for") {
  auto judge = [](int status, std::string body) {
    return judge_server("https://k", page(status, std::move(body)));
  };
  CHECK(judge(200, R"({"major":"1","minor":"30+"})").how == verdict::ok);
  CHECK(judge(200, R"({"major":"2","minor":"0"})").how == verdict::ok);
  CHECK(judge(200, R"({"major":"1","minor":"29"})").how == verdict::failed);
  CHECK(judge(200, R"({"minor":"30"})").how == verdict::failed);
  CHECK(judge(401, "").how == verdict::failed);
  CHECK(judge(200, "<html>").how == verdict::failed);
  CHECK(judge(200, "{}").how == verdict::failed);
}

TEST_CASE("doctor: clocks may differ by what a header leaves out") {
  auto judge = [](seconds ahead, seconds took = seconds{0}) {
    return judge_clock(page(200, ""), noon + ahead, noon + ahead + took);
  };
  CHECK(judge(seconds{5}).how == verdict::ok);
  CHECK(judge(seconds{6}).what == "this machine is 6 s ahead of the server");
  CHECK(judge(seconds{-90}).what == "this machine is 90 s behind the server");
  CHECK(judge_clock({200, "", {}}, noon, noon).how == verdict::warning);
}

TEST_CASE("doctor: an answer that takes its time is no difference of clocks") {
  CHECK(judge_clock(page(200, ""), noon - seconds{14}, noon).how
        == verdict::ok);
  CHECK(judge_clock(page(200, ""), noon, noon + seconds{14}).how
        == verdict::ok);
  CHECK(judge_clock(page(200, ""), noon - seconds{20}, noon - seconds{6}).what
        == "this machine is 6 s behind the server");
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
  CHECK(judge_rights("x", "ns", {}).how == verdict::ok);
  auto missing = judge_rights("x", "ns", {{"get pods", "list jobs"}, {}});
  CHECK(missing.how == verdict::failed);
  CHECK(missing.what == "x may not get pods; list jobs");
  auto unknown = judge_rights("x", "ns", {{}, "forbidden"});
  CHECK(unknown.how == verdict::warning);
  CHECK(unknown.advice.find("kubectl -n ns exec") != std::string::npos);
}

TEST_CASE("doctor: a Lease that is not renewed leads nobody") {
  auto judge = [](leadership known, bool elects = true) {
    return judge_leader(known, elects, "n/l", noon);
  };
  CHECK(judge(led("a", seconds{3})).what == "a renewed Lease n/l 3 s ago");
  CHECK(judge(led("a", seconds{45})).how == verdict::ok);
  CHECK(judge(led("a", seconds{46})).how == verdict::failed);
  CHECK(judge(led("", seconds{0})).how == verdict::failed);
  CHECK(judge({}).how == verdict::failed);
  CHECK(judge({}, false).how == verdict::ok);
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
  // Each may have namespaces of its own.
  auto beside = judge_others({{"a", led("x", seconds{1})}}, noon);
  CHECK(beside.how == verdict::warning);
  CHECK(beside.what.find("unless each has namespaces of its own")
        != std::string::npos);
}

TEST_CASE("doctor: the fork has to run as long as something wants backups") {
  CHECK(judge_fork({}, 0, noon).how == verdict::ok);
  auto nobody = judge_fork({{"a", led("x", seconds{999})}}, 2, noon);
  CHECK(nobody.how == verdict::warning);
  CHECK(nobody.what.starts_with("nobody makes backups"));
  CHECK(nobody.advice.starts_with("keep the fork running"));
  for (auto movers : {0, 2}) {
    auto leads = judge_fork({{"a", led("x", seconds{1})}},
                            static_cast<std::size_t>(movers), noon);
    CHECK(leads.how == verdict::warning);
    CHECK(leads.what.find("KopiaMaintenances are left to it meanwhile")
          != std::string::npos);
    CHECK(leads.advice.find("to 0") == std::string::npos);
  }
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
  CHECK(with("Lost") == verdict::failed);
  CHECK(with("") == verdict::failed);
  CHECK(judge_storage({}).how == verdict::ok);
}
