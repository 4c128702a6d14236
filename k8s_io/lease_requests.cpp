#include "k8s_io/lease_requests.hpp"

#include "k8s_io/names.hpp"
#include "scheduler/object_names.hpp"

#include <boost/json.hpp>

#include <fmt/format.h>

#include <map>

namespace holystone::k8s_io {

namespace json = boost::json;

namespace {

/// Metadata of the Lease of `location`.
json::object metadata_for(const std::map<std::string, std::string>& annotations,
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

/// A patch of the Lease that was seen, in the version that was seen, or its
/// creation where there was none.
request write(const lease_fact& seen, object_key where, json::object metadata,
              json::object spec) {
  request to;
  to.kind = resources::leases;
  if (seen.exists) {
    to.what = verb::merge_patch;
    metadata["uid"] = seen.uid.value;
    metadata["resourceVersion"] = seen.version.value;
  } else {
    to.what = verb::create;
    metadata["name"] = where.name;
    metadata["namespace"] = where.ns;
  }
  json::object body{{"apiVersion", "coordination.k8s.io/v1"},
                    {"kind", "Lease"},
                    {"metadata", std::move(metadata)}};
  if (!spec.empty())
    body["spec"] = std::move(spec);
  to.body = json::serialize(body);
  to.ns = std::move(where.ns);
  to.name = std::move(where.name);
  return to;
}

/// Takes the holder out of the annotations, and gives the spec without one.
json::object drop_holder(json::object& annotations) {
  for (auto key :
       {names::holder_job, names::holder_deadline, names::holder_secret})
    annotations[key] = nullptr;
  return {{"holderIdentity", nullptr}, {"acquireTime", nullptr}};
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
  auto metadata = metadata_for(
      {{std::string{names::holder_job}, to_string(what.job.key)},
       {std::string{names::holder_deadline}, to_rfc3339(what.deadline)},
       {std::string{names::holder_secret}, what.secret}},
      winner, location);
  return write(seen, {std::string{operator_namespace}, lease_name(location)},
               std::move(metadata),
               {{"holderIdentity", what.job.uid.value},
                {"acquireTime", micro_time(now)}});
}

request release(const release_lease& what, const lease_fact& seen,
                std::string_view operator_namespace, std::string_view location,
                const std::optional<claim_key>& winner) {
  auto metadata = metadata_for(to_annotations(what.known), winner, location);
  // A Lease that is made to keep the ledger has no holder to lose.
  auto spec = seen.exists ? drop_holder(metadata["annotations"].as_object())
                          : json::object{};
  return write(seen, {std::string{operator_namespace}, lease_name(location)},
               std::move(metadata), std::move(spec));
}

request note(const write_ledger& what, const lease_fact& seen) {
  json::object notes;
  for (const auto& [key, value] : to_annotations(what.known))
    notes[key] = value;
  return write(seen, seen.key, {{"annotations", std::move(notes)}}, {});
}

request vacate(const lease_fact& seen) {
  json::object notes;
  auto spec = drop_holder(notes);
  return write(seen, seen.key, {{"annotations", std::move(notes)}},
               std::move(spec));
}

request remove(const lease_fact& seen, std::string_view operator_namespace,
               std::string_view location) {
  return remove(resources::leases,
                {std::string{operator_namespace}, lease_name(location)},
                seen.uid, seen.version, propagation::background);
}

} // namespace holystone::k8s_io
