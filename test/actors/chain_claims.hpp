#pragma once

// The claims of the chain (chain.cpp): what is there at first, and what may be
// written into each of their fields.

#include "field_changes.hpp"
#include "simulated_client.hpp"

#include <fmt/format.h>

#include <string>
#include <vector>

namespace holystone::actors {

inline const std::vector<std::string> schedule_values{
    R"("0 2 1 1 *")",  R"("30 3 2 * *")",
    R"("H H 3 * *")",  R"("@yearly")",
    R"("0 0 29 2 *")", R"("CRON_TZ=Europe/Berlin 0 2 1 1 *")",
    R"("0 4 31 2 *")", R"("H(0-29) H/8 1-5 * *")",
    R"("61 * * * *")", R"("")",
    R"("täglich")",    R"("0 2 1 1 * *")",
    R"("@monthly")",   R"("CRON_TZ=Mars/Olympus 0 2 1 1 *")",
    R"("0 2 * * *")",  "null"};

inline const std::vector<std::string> zone_values{
    R"("UTC")", R"("Europe/Berlin")", R"("Pacific/Apia")", R"("Mars/Olympus")",
    R"("")",    R"("Local")",         R"("a b")",          "null"};

inline const std::vector<std::string> limit_values{
    "0", "1", "3", "100", "2147483647", "2147483648", "-1", R"("3")", "null"};

inline const std::vector<std::string> flag_values{"true", "false", "null",
                                                  R"("yes")"};

inline const std::vector<std::string> amount_values{
    R"("100m")", R"("64Mi")", R"("0")", R"("1e3")",
    R"("-1")",   R"("1 Gi")", "2",      R"("123456789012345678901234567890E")",
    R"("")",     "null"};

inline const std::vector<std::string> names_of_secrets{
    R"("kopia")", R"("other")",   R"("missing")",
    R"("")",      R"("No_Name")", "null"};

inline const std::vector<std::string> names_of_authorities{
    R"("authority")", R"("missing")", R"("")", R"("No_Name")", "null"};

inline const std::vector<changeable_field>& source_fields() {
  static const std::string block = "/spec/kopia/maintenanceCronJob";
  static const std::vector<changeable_field> fields{
      {"/spec/kopia/repository", names_of_secrets},
      {"/spec/kopia/customCA/secretName", names_of_authorities},
      {"/spec/kopia/customCA/configMapName", names_of_authorities},
      {"/spec/kopia/customCA/key",
       {R"("ca.crt")", R"("other.crt")", R"("missing.crt")", R"("")", "null"}},
      {"/spec/kopia/customCA", {"{}", "null"}},
      {block, {"{}", "null", R"({"enabled":true})", R"({"enabled":false})"}},
      {block + "/enabled", flag_values},
      {block + "/schedule", schedule_values},
      {block + "/schedule", schedule_values},
      {block + "/quickSchedule", schedule_values},
      {block + "/timeZone", zone_values},
      {block + "/suspend", flag_values},
      {block + "/successfulJobsHistoryLimit", limit_values},
      {block + "/failedJobsHistoryLimit", limit_values},
      {block + "/resources", {"{}", "null", R"({"limits":{"memory":"1Gi"}})"}},
      {block + "/resources/requests/cpu", amount_values},
      {block + "/resources/limits/memory", amount_values},
      {"/spec/kopia/maintenanceIntervalDays",
       {"0", "1", "7", "365", "2147483647", "-1", R"("1")", "null"}},
      {"/spec/kopia/username", {R"("alice")", R"("a b")", R"("")", "null"}},
      {"/spec/kopia/hostname", {R"("host-1")", R"("-")", "null"}},
      {"/spec/kopia/nonsense", {"1", "null"}},
      {"/spec/kopia", {"null", "{}", R"({"repository":"kopia"})"}},
      {"/spec/restic", {R"({"repository":"r","x":[1]})", "null"}},
      {"/spec/paused", flag_values},
      {"/metadata/annotations/volsync.backube~1resync",
       {R"("1")", R"("2")", R"("")", "null"}},
      {"/metadata/labels/team", {R"("a")", R"("no value!")", "null"}},
  };
  return fields;
}

inline const std::vector<changeable_field>& maintenance_fields() {
  static const std::vector<changeable_field> fields{
      {"/spec/repository/repository", names_of_secrets},
      {"/spec/repository/customCA/secretName", names_of_authorities},
      {"/spec/repository/customCA/configMapName", names_of_authorities},
      {"/spec/repository/customCA/key",
       {R"("ca.crt")", R"("missing.crt")", R"("")", "null"}},
      {"/spec/enabled", flag_values},
      {"/spec/enabled", flag_values},
      {"/spec/schedule", schedule_values},
      {"/spec/trigger", {"null", "{}", R"({"schedule":"@yearly"})"}},
      {"/spec/trigger/schedule", schedule_values},
      {"/spec/trigger/schedule", schedule_values},
      {"/spec/trigger/quickSchedule", schedule_values},
      {"/spec/trigger/timeZone", zone_values},
      {"/spec/suspend", flag_values},
      {"/spec/successfulJobsHistoryLimit", limit_values},
      {"/spec/failedJobsHistoryLimit", limit_values},
      {"/spec/resources", {"{}", "null", R"({"limits":{"memory":"2Gi"}})"}},
      {"/spec/resources/requests/cpu", amount_values},
      {"/spec/resources/limits/memory", amount_values},
      {"/spec/activeDeadlineSeconds",
       {"600", "599", "7200", "0", "9223372036854775807", "null"}},
      {"/spec/cacheCapacity", amount_values},
      {"/spec/moverPodLabels/team", {R"("a")", R"("no value!")", "null"}},
      {"/spec/nodeSelector/disk", {R"("ssd")", "null"}},
      {"/spec/serviceAccountName", {R"("runner")", R"("No_Name")", "null"}},
      {"/spec/verify", flag_values},
      {"/spec/nonsense", {"1", "null"}},
      {"/metadata/labels/team", {R"("a")", "null"}},
  };
  return fields;
}

/// Base64 texts.
inline const std::vector<changeable_field>& secret_fields() {
  static const std::vector<changeable_field> fields{
      {"/data/KOPIA_REPOSITORY",
       {R"("czM6Ly9vbmU=")" /* s3://one */, R"("czM6Ly90d28=")" /* s3://two */,
        R"("czM6Ly90d28v")" /* s3://two/ */,
        R"("czM6Ly9vbmUvYXBwcw==")" /* s3://one/apps */,
        R"("bm9uc2Vuc2U6Ly94")" /* nonsense://x */, R"("")", "null"}},
      {"/data/KOPIA_PASSWORD",
       {R"("c2VjcmV0")", R"("b3RoZXI=")", R"("")", "null"}},
      {"/data/AWS_S3_ENDPOINT",
       {R"("aHR0cDovL21pbmlvLmV4YW1wbGU6OTAwMA==")",
        R"("SFRUUDovL01JTklPLkVYQU1QTEU6OTAwMC8=")" /* in capitals */,
        R"("aHR0cHM6Ly9zMy5leGFtcGxl")" /* https://s3.example */, "null"}},
      {"/data/AWS_SECRET_ACCESS_KEY", {R"("a2V5")", R"("bmV3")", "null"}},
      {"/data/BASH_ENV", {R"("eA==")", "null"}},
      {"/metadata/labels/team", {R"("a")", "null"}},
  };
  return fields;
}

inline const std::vector<changeable_field>& authority_fields() {
  static const std::vector<changeable_field> fields{
      {"/data/ca.crt", {R"("QQ==")", R"("Qg==")", R"("")", "null"}},
      {"/data/other.crt", {R"("Qw==")", "null"}},
  };
  return fields;
}

inline std::string secret_birth(const std::string& name,
                                const std::string& bucket) {
  return fmt::format(
      R"({{"apiVersion":"v1","kind":"Secret","metadata":{{"name":"{}"}},)"
      R"("stringData":{{"KOPIA_REPOSITORY":"s3://{}","KOPIA_PASSWORD":"secret",)"
      R"("AWS_S3_ENDPOINT":"http://minio.example:9000",)"
      R"("AWS_ACCESS_KEY_ID":"id","AWS_SECRET_ACCESS_KEY":"key"}}}})",
      name, bucket);
}

inline std::string authority_birth(const std::string& kind) {
  return fmt::format(R"({{"apiVersion":"v1","kind":"{}",)"
                     R"("metadata":{{"name":"authority"}},)"
                     R"("data":{{"ca.crt":"QQ=="}}}})",
                     kind);
}

inline std::string source_birth(const std::string& name,
                                const std::string& schedule) {
  return fmt::format(
      R"({{"apiVersion":"volsync.backube/v1alpha1",)"
      R"("kind":"ReplicationSource","metadata":{{"name":"{}"}},)"
      R"("spec":{{"sourcePVC":"data","trigger":{{"manual":"once"}},)"
      R"("kopia":{{"repository":"kopia",)"
      R"("maintenanceCronJob":{{"schedule":"{}"}}}}}}}})",
      name, schedule);
}

inline std::string maintenance_birth(const std::string& name) {
  return fmt::format(R"({{"apiVersion":"volsync.backube/v1alpha1",)"
                     R"("kind":"KopiaMaintenance","metadata":{{"name":"{}"}},)"
                     R"("spec":{{"enabled":false,)"
                     R"("repository":{{"repository":"kopia"}},)"
                     R"("trigger":{{"schedule":"0 5 1 1 *"}}}}}})",
                     name);
}

/// Two buckets, three namespaces, five sources and two KopiaMaintenances.
inline std::vector<changeable_object> changeable_claims() {
  const auto in = [](const std::string& api, const std::string& ns,
                     const std::string& plural) {
    return api + "/namespaces/" + ns + "/" + plural;
  };
  const std::string core = "/api/v1";
  const std::string ours = "/apis/volsync.backube/v1alpha1";
  std::vector<changeable_object> all;
  for (const std::string ns : {"app", "db", "web"}) {
    all.push_back({in(core, ns, "secrets"), "kopia",
                   secret_birth("kopia", ns == "web" ? "two" : "one"),
                   &secret_fields()});
    all.push_back({in(core, ns, "secrets"), "authority",
                   authority_birth("Secret"), &authority_fields()});
    all.push_back({in(core, ns, "configmaps"), "authority",
                   authority_birth("ConfigMap"), &authority_fields()});
  }
  all.push_back({in(core, "app", "secrets"), "other",
                 secret_birth("other", "two"), &secret_fields()});
  const auto sources = "replicationsources";
  // Sources change more than Secrets do.
  for (int i = 0; i < 3; ++i) {
    for (const std::string ns : {"app", "db", "web"})
      all.push_back({in(ours, ns, sources), "data",
                     source_birth("data", "0 2 1 1 *"), &source_fields()});
    for (const std::string name : {"more", "again"})
      all.push_back({in(ours, "app", sources), name,
                     source_birth(name, "0 3 1 1 *"), &source_fields()});
    for (const std::string ns : {"app", "web"})
      all.push_back({in(ours, ns, "kopiamaintenances"), "weekly",
                     maintenance_birth("weekly"), &maintenance_fields()});
  }
  return all;
}

/// The chain's cluster before its first change.
inline void install_claimed(simulated_world& world) {
  for (const std::string ns : {"app", "db", "web"})
    world.install("apiVersion: v1\nkind: Namespace\nmetadata: {name: " + ns
                  + "}\n");
  for (const auto& object : changeable_claims())
    world.call("POST", object.collection, object.birth);
}

} // namespace holystone::actors
