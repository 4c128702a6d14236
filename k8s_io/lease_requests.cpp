#include "k8s_io/lease_requests.hpp"

#include "k8s_io/names.hpp"
#include "scheduler/object_names.hpp"

#include <boost/json.hpp>

#include <fmt/format.h>

#include <map>

namespace holystone::k8s_io {

namespace json = boost::json;

namespace {

/// Metadata and spec of a Lease that `holder` has, or nobody.
json::object lease_body(std::map<std::string, std::string> annotations,
                        const std::optional<claim_key>& winner,
                        std::string_view location) {
  json::object notes;
  for (const auto& [key, value] : annotations)
    notes[key] = value;
  if (winner)
    notes[names::winner] = to_string(*winner);
  return {{"labels",
           {{names::kopia_maintenance, "true"},
            {names::location_hash, location},
            {names::velero_exclude, "true"}}},
          {"annotations", notes}};
}

/// Leases are written with micro seconds.
std::string micro_time(instant at) {
  auto text = to_rfc3339(at);
  return text.substr(0, text.size() - 1) + ".000000Z";
}

} // namespace

request acquire(const acquire_lease& what, const lease_fact& seen,
                std::string_view operator_namespace, std::string_view location,
                const std::optional<claim_key>& winner, instant now) {
  auto metadata = lease_body(
      {{std::string{names::holder_job}, to_string(what.job.key)},
       {std::string{names::holder_deadline}, to_rfc3339(what.deadline)},
       {std::string{names::holder_secret}, what.secret}},
      winner, location);
  request take;
  take.kind = resources::leases;
  take.ns = operator_namespace;
  take.name = lease_name(location);
  if (seen.exists) {
    take.what = verb::merge_patch;
    metadata["uid"] = seen.uid.value;
    metadata["resourceVersion"] = seen.version.value;
  } else {
    take.what = verb::create;
    metadata["name"] = take.name;
    metadata["namespace"] = take.ns;
  }
  take.body
      = json::serialize(json::object{{"apiVersion", "coordination.k8s.io/v1"},
                                     {"kind", "Lease"},
                                     {"metadata", std::move(metadata)},
                                     {"spec",
                                      {{"holderIdentity", what.job.uid.value},
                                       {"acquireTime", micro_time(now)}}}});
  return take;
}

request release(const release_lease& what, const lease_fact& seen,
                std::string_view operator_namespace, std::string_view location,
                const std::optional<claim_key>& winner) {
  auto metadata = lease_body(to_annotations(what.known), winner, location);
  request free;
  free.kind = resources::leases;
  free.ns = operator_namespace;
  free.name = lease_name(location);
  if (!seen.exists) {
    free.what = verb::create;
    metadata["name"] = free.name;
    metadata["namespace"] = free.ns;
    free.body
        = json::serialize(json::object{{"apiVersion", "coordination.k8s.io/v1"},
                                       {"kind", "Lease"},
                                       {"metadata", std::move(metadata)}});
    return free;
  }
  auto& notes = metadata["annotations"].as_object();
  notes[names::holder_job] = nullptr;
  notes[names::holder_deadline] = nullptr;
  notes[names::holder_secret] = nullptr;
  free.what = verb::merge_patch;
  metadata["uid"] = seen.uid.value;
  metadata["resourceVersion"] = seen.version.value;
  free.body = json::serialize(json::object{
      {"metadata", std::move(metadata)},
      {"spec", {{"holderIdentity", nullptr}, {"acquireTime", nullptr}}}});
  return free;
}

request vacate(const lease_fact& seen) {
  request free;
  free.what = verb::merge_patch;
  free.kind = resources::leases;
  free.ns = seen.key.ns;
  free.name = seen.key.name;
  free.body = json::serialize(json::object{
      {"metadata",
       {{"uid", seen.uid.value},
        {"resourceVersion", seen.version.value},
        {"annotations",
         {{names::holder_job, nullptr},
          {names::holder_deadline, nullptr},
          {names::holder_secret, nullptr}}}}},
      {"spec", {{"holderIdentity", nullptr}, {"acquireTime", nullptr}}}});
  return free;
}

request remove(const lease_fact& seen, std::string_view operator_namespace,
               std::string_view location) {
  return remove(resources::leases,
                {std::string{operator_namespace}, lease_name(location)},
                seen.uid, seen.version, propagation::background);
}

} // namespace holystone::k8s_io
