// What stands in a pod's termination message, which anybody's container may
// have written: a report or nothing, and a report survives being written.

#include "claim.hpp"
#include "k8s_io/mover_report.hpp"
#include "mover/report.hpp"

using namespace holystone;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data,
                                      std::size_t size) {
  auto report
      = k8s_io::read_mover_report(std::string{fuzz::text_of(data, size)});
  if (!report)
    return 0;
  auto text = mover::to_json(*report);
  fuzz::claim(text.size() <= 4096, "Kubernetes keeps all of it");
  auto again = k8s_io::read_mover_report(text);
  fuzz::claim(again.has_value(), "what was written is a report");
  fuzz::claim(again->succeeded == report->succeeded
                  && again->why == report->why,
              "its verdict stays");
  return 0;
}
