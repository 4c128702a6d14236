#include "scheduler/repository_volume.hpp"

#include "scheduler/kopia_environment.hpp"

#include <catch2/catch.hpp>

using namespace holystone;
using namespace holystone::scheduler;

namespace {

const object_key claim{"app", "backups"};

named_volume pvc_at(const std::string& where) {
  return {"backups", {}, {}, where};
}

std::string location_on(const volume_identity& volume,
                        const std::string& path) {
  auto where = filesystem_location(volume, "app", path);
  return where ? canonical_json(*where) : where.why().message;
}

} // namespace

TEST_CASE("the innermost volume that the path lies on holds the repository") {
  std::vector<named_volume> volumes{pvc_at("/mnt/a"), pvc_at("/mnt/a/b"),
                                    pvc_at("/mnt/abc")};
  auto under = [&](std::string_view path) {
    const auto* found = volume_under(volumes, path);
    return found ? found->seen_at : "none";
  };
  CHECK(under("/mnt/a") == "/mnt/a");
  CHECK(under("/mnt/a/x") == "/mnt/a");
  CHECK(under("/mnt/a/b/x") == "/mnt/a/b");
  CHECK(under("/mnt/abcd") == "none");
  CHECK(under("/mnt") == "none");
}

TEST_CASE("A-20: one export is one location, however it is mounted and named") {
  auto inline_nfs = to_repository_volume({{}, "NAS.", "/export/", "/mnt/x"},
                                         claim, nfs_volume("NAS.", "/export/"));
  auto by_claim = to_repository_volume(pvc_at("/repository"), claim,
                                       nfs_volume("nas", "/export"));
  auto by_driver = to_repository_volume(
      pvc_at("/mnt/y"), claim,
      csi_volume("nfs.csi.k8s.io", "any",
                 {{"server", "nas"}, {"share", "/"}, {"subdir", "export"}}));
  auto expected = std::string{R"({"backend":"filesystem","path":"/export/sub",)"
                              R"("server":"nas","volume":"nfs"})"};
  CHECK(location_on(inline_nfs.identity, "/mnt/x/sub") == expected);
  CHECK(location_on(by_claim.identity, "/repository/sub") == expected);
  CHECK(location_on(by_driver.identity, "/mnt/y/sub") == expected);
}

TEST_CASE("NFS is mounted inline, everything else by its claim") {
  auto nfs = to_repository_volume(pvc_at("/mnt/x"), claim,
                                  nfs_volume("nas", "/export"));
  CHECK(nfs.claim.name.empty());
  auto disk = to_repository_volume(pvc_at("/mnt/x"), claim, pv_volume("u"));
  CHECK(disk.claim == claim);
}

TEST_CASE("a path outside of the volume names the key and the mount") {
  auto disk
      = to_repository_volume(pvc_at("/mnt/x"), claim, pv_volume("u")).identity;
  CHECK(location_on(disk, "/mnt/xy").find("KOPIA_REPOSITORY: /mnt/xy is not")
        != std::string::npos);
  CHECK_FALSE(path_in_pod(disk, "/mnt/xy"));
}

TEST_CASE("our pods have the volume at /repository, whatever the Secret calls "
          "it") {
  auto disk
      = to_repository_volume(pvc_at("/mnt/x"), claim, pv_volume("u")).identity;
  CHECK(*path_in_pod(disk, "/mnt/x/deep/er") == "/repository/deep/er");
  CHECK(*path_in_pod(disk, "/mnt/x") == "/repository");
  CHECK(*path_in_pod(std::nullopt, "/mnt/x") == "/mnt/x");
  // A volume that an admission policy adds is where the Secret expects it.
  CHECK(*path_in_pod(pv_volume("u"), "/repository/x") == "/repository/x");
}

TEST_CASE("A-4, A-20: the mover finds the operator's location from its flag") {
  for (const auto& path : {"/mnt/x", "/mnt/x/deep"}) {
    auto volume = to_repository_volume(pvc_at("/mnt/x"), claim,
                                       csi_volume("ebs", "vol=1&2 3", {}));
    auto told = parse_volume(to_text(volume.identity));
    REQUIRE(told);
    CHECK(*told == volume.identity);
    secret_data secret;
    secret["KOPIA_REPOSITORY"]
        = secret_bytes{std::string{"filesystem://"} + path};
    secret["KOPIA_PASSWORD"] = secret_bytes{"p"};
    auto wanted = filesystem_location(volume.identity, "app", path);
    REQUIRE(wanted);
    CHECK(*locate(secret, "app", *told) == *wanted);
  }
}
