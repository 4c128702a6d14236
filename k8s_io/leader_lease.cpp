#include "k8s_io/leader_lease.hpp"

#include "k8s_io/fields.hpp"

namespace holystone::k8s_io {

namespace json = boost::json;
using namespace scheduler;

namespace {

/// Leases are written with microseconds.
std::string micro_time(instant at) {
  auto text = to_rfc3339(at);
  return text.substr(0, text.size() - 1) + ".000000Z";
}

} // namespace

request to_request(const lease_request& step,
                   std::string_view operator_namespace, std::string_view name,
                   instant now) {
  request call;
  call.kind = resources::leases;
  call.ns = operator_namespace;
  call.name = name;
  if (step.verb == lease_verb::read)
    return call;
  const auto& record = step.record;
  json::object metadata;
  json::object spec{{"renewTime", micro_time(now)}};
  if (step.verb == lease_verb::release) {
    spec["holderIdentity"] = "";
    spec["leaseDurationSeconds"] = 1;
  } else {
    spec["holderIdentity"] = record.holder;
    spec["leaseDurationSeconds"] = record.duration.count();
  }
  if (step.verb == lease_verb::create || step.verb == lease_verb::acquire) {
    spec["acquireTime"] = micro_time(now);
    spec["leaseTransitions"] = record.transitions;
  }
  if (step.verb == lease_verb::create) {
    call.what = verb::create;
    metadata["name"] = name;
    metadata["namespace"] = operator_namespace;
  } else {
    call.what = verb::merge_patch;
    metadata["resourceVersion"] = record.version.value;
  }
  call.body
      = json::serialize(json::object{{"apiVersion", "coordination.k8s.io/v1"},
                                     {"kind", "Lease"},
                                     {"metadata", std::move(metadata)},
                                     {"spec", std::move(spec)}});
  return call;
}

lease_record read_record(const json::value& object) {
  lease_record record;
  record.holder = text_at(object, "spec", "holderIdentity");
  record.duration
      = seconds{integer_at(object, "spec", "leaseDurationSeconds").value_or(0)};
  record.acquire_time = text_at(object, "spec", "acquireTime");
  record.renew_time = text_at(object, "spec", "renewTime");
  record.transitions = static_cast<int>(
      integer_at(object, "spec", "leaseTransitions").value_or(0));
  record.version = {text_at(object, "metadata", "resourceVersion")};
  return record;
}

std::optional<lease_record> read_leader(std::string_view body) {
  boost::system::error_code failed;
  auto object = json::parse(body, failed);
  if (failed || text_at(object, "kind") != "Lease")
    return std::nullopt;
  return read_record(object);
}

} // namespace holystone::k8s_io
