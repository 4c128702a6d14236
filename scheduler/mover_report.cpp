#include "scheduler/mover_report.hpp"

#include <array>

namespace holystone::scheduler {

namespace {

struct class_text {
  failure_class why;
  std::string_view name;
  std::string_view sentence;
  std::string_view hint;
};

constexpr std::array<class_text, 15> texts = {{
    {failure_class::none, "none", "The run succeeded.", ""},
    {failure_class::authentication, "authentication",
     "The storage or the repository refused the credentials.",
     "Check KOPIA_PASSWORD and the access keys in the repository Secret."},
    {failure_class::not_found, "not-found",
     "There is no repository at this location.",
     "Check bucket, path and prefix; only a backup creates a repository."},
    {failure_class::network, "network", "The storage could not be reached.",
     "Check the endpoint, DNS, network policies, TLS and the custom CA."},
    {failure_class::ownership, "ownership",
     "Another client owns the repository's maintenance.",
     "Stop that client's maintenance, or set --takeover=always once."},
    {failure_class::clock_skew, "clock-skew",
     "The clocks of node and storage differ by more than kopia allows.",
     "Synchronise the clocks of the node and of the storage server."},
    {failure_class::out_of_memory, "out-of-memory",
     "kopia was killed for want of memory.",
     "Raise resources.limits.memory of the maintenance."},
    {failure_class::cache_full, "cache-full", "The cache volume is full.",
     "Raise the cache capacity or lower the cache limits."},
    {failure_class::permission, "permission",
     "The storage denied an operation.",
     "Let the credentials list, read, write and delete; for a volume, check "
     "runAsUser and fsGroup."},
    {failure_class::read_only, "read-only", "The repository is read-only.",
     "Maintain it where it is writable, or suspend this maintenance."},
    {failure_class::corrupt, "corrupt",
     "kopia found data that is missing or damaged.",
     "Keep the repository as it is, and run kopia snapshot verify."},
    {failure_class::location_changed, "location-changed",
     "The Secret now names another location than the one that was locked.",
     "Nothing to do: the next run follows the Secret."},
    {failure_class::not_admitted, "not-admitted",
     "This Job was started without the operator's ticket.",
     "Let the operator resume the Job; use kubectl create job --from."},
    {failure_class::timeout, "timeout", "The run did not end in time.",
     "Raise activeDeadlineSeconds, or look for slow storage."},
    {failure_class::unknown, "unknown", "The run failed.",
     "See the log of the run's pod."},
}};

const class_text& text_of(failure_class why) {
  for (const auto& text : texts)
    if (text.why == why)
      return text;
  return texts.back();
}

} // namespace

std::string_view to_string(failure_class why) {
  return text_of(why).name;
}

failure_class parse_failure_class(std::string_view name) {
  for (const auto& text : texts)
    if (text.name == name)
      return text.why;
  return failure_class::unknown;
}

std::string_view sentence_of(failure_class why) {
  return text_of(why).sentence;
}

std::string_view hint_of(failure_class why) {
  return text_of(why).hint;
}

} // namespace holystone::scheduler
