#include "simulator/maintenance_run.hpp"

#include "k8s_io/names.hpp"

namespace holystone::simulator {

namespace {

namespace json = boost::json;

std::string_view text_at(const json::value& object, std::string_view pointer) {
  boost::system::error_code ec;
  auto* found = object.find_pointer(pointer, ec);
  return found && found->is_string() ? std::string_view{found->get_string()}
                                     : std::string_view{};
}

// The run records that kopia leaves for the tasks of a full run.
json::array records(std::string_view kind, instant start, instant end) {
  json::array out;
  for (auto task : {"snapshot-gc", "full-rewrite-contents", "full-delete-blobs",
                    "cleanup-logs"})
    out.push_back({{"task", kind == "quick" ? "quick-rewrite-contents" : task},
                   {"start", to_rfc3339(start)},
                   {"end", to_rfc3339(end)},
                   {"success", true}});
  return out;
}

std::string report(std::string_view kind, instant start, instant end) {
  return json::serialize(
      json::object{{"result", "success"},
                   {"kind", kind},
                   {"start", to_rfc3339(start)},
                   {"end", to_rfc3339(end)},
                   {"durationSeconds", (end - start).count()},
                   {"uniqueId", "00000000000000000000000000000000"},
                   {"owner", "maintenance@volsync"},
                   {"blobs", 12},
                   {"indexBlobs", 2},
                   {"contents", 40},
                   {"repositorySizeBytes", 1'048'576},
                   {"nextFull", to_rfc3339(end + std::chrono::hours{24})},
                   {"nextQuick", to_rfc3339(end + std::chrono::hours{1})},
                   {"runs", records(kind, start, end)}});
}

} // namespace

workload successful_runs(seconds span) {
  return [span](const json::value& pod, const json::value& container,
                instant start) {
    container_run run{.duration = span};
    if (text_at(container, "/name") != k8s_io::names::container) {
      run.log = "done\n";
      return run;
    }
    boost::system::error_code ec;
    auto* labels = pod.find_pointer("/metadata/labels", ec);
    std::string kind = "full";
    if (labels && labels->is_object())
      if (auto* label
          = labels->as_object().if_contains(k8s_io::names::run_kind))
        kind = label->is_string() && label->get_string() == "quick" ? "quick"
                                                                    : "full";
    auto end = start + span;
    run.message = report(kind, start, end);
    run.term_message = R"({"result":"failure","class":"timeout",)"
                       R"("message":"stopped before the run was over"})";
    run.log = "simulated " + kind + " maintenance from " + to_rfc3339(start)
              + " to " + to_rfc3339(end) + "\n" + run.message + "\n";
    return run;
  };
}

} // namespace holystone::simulator
