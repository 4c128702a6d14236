// Pods and nodes that do what no object tells (A-5): a node falls silent while
// its containers run on, pods are deleted by force, drained, left behind by
// their Job. Oracle O4 counts what really runs.

#include "family.hpp"

#include "k8s_io/fields.hpp"
#include "k8s_io/names.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace holystone::perturb {

using namespace std::chrono_literals;
using namespace k8s_io;

namespace {

/// What happens to the pods of runs, or to their Jobs.
struct loss {
  const char* name;
  /// The node is cut off before.
  bool is_silent = false;
  /// What is deleted, and with which options.
  const char* plural = "";
  const char* how = "";
};

constexpr const char* by_force = R"({"gracePeriodSeconds":0})";
constexpr const char* orphaned = R"({"propagationPolicy":"Orphan"})";
constexpr const char* with_pods = R"({"propagationPolicy":"Background"})";

const std::vector<loss> losses{{"silent", true},
                               {"forced", true, "pods", by_force},
                               {"forced-alive", false, "pods", by_force},
                               {"drained", false, "pods", ""},
                               {"drained-silent", true, "pods", ""},
                               {"orphaned", false, "jobs", orphaned},
                               {"orphaned-silent", true, "jobs", orphaned},
                               {"job-deleted", false, "jobs", with_pods},
                               {"job-deleted-silent", true, "jobs", with_pods}};

std::vector<plan> lost_pods() {
  std::vector<plan> all;
  for (const auto& told : all_stories())
    for (auto later : {0s, 2s, 20s})
      for (const auto& how : losses)
        for (auto time : {"30", "400", "2000"}) {
          if (!how.is_silent && time[0] != '3')
            continue;
          all.push_back({"PODS",
                         told.name,
                         {{"at", std::to_string((told.busy + later).count())},
                          {"for", time},
                          {"how", how.name}}});
        }
  return all;
}

/// Deletes all Jobs that run, or their pods.
void lose(play& on, const loss& how) {
  std::string plural = how.plural;
  auto api = plural == "jobs" ? "/apis/batch/v1" : "/api/v1";
  auto list = on.on.world.call("GET", fmt::format("{}/{}", api, plural));
  for (const auto& one : items_at(list, "items")) {
    place where{api, plural, text_at(one, "metadata", "namespace"),
                text_at(one, "metadata", "name")};
    auto runs = plural == "pods"
                    ? text_at(one, "status", "phase") == "Running"
                    : integer_at(one, "status", "active").value_or(0) > 0;
    if (runs)
      on.on.ask("DELETE", where.target(), how.how, true);
  }
}

void arrange_loss(play& on, const plan& what) {
  const auto& how = *std::ranges::find(
      losses, what.text("how"), [](const loss& one) { return one.name; });
  auto time = seconds{what.number("for")};
  on.at(seconds{what.number("at")}, [&on, &how, time] {
    on.fault(fmt::format("what runs is lost: {}", how.name));
    on.hold(how.is_silent ? time : 30s);
    if (how.is_silent) {
      on.on.cut_first_node(true);
      on.after(time, [&on] { on.on.cut_first_node(false); });
    }
    if (*how.plural)
      on.after(how.is_silent ? 5s : 0s, [&on, &how] { lose(on, how); });
  });
  // Nobody makes up for a run that was lost; users are told of it.
  on.expects.other_end = true;
  on.expects.writes_each = 12;
}

} // namespace

std::vector<family> pod_families() {
  return {{"PODS",
           "nodes fall silent, pods are deleted, drained, left behind",
           {},
           lost_pods,
           arrange_loss}};
}

} // namespace holystone::perturb
