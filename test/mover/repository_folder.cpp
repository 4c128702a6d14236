#include "test/mover/repository_on_disk.hpp"

using namespace holystone;
using namespace holystone::test;

namespace {

/// Maintains what is on a claim's volume at `root`, as the operator tells the
/// mover of it; the exit code.
int maintain(const std::filesystem::path& root, const std::string& kopia,
             const std::string& folder) {
  mover_pod pod{{{"KOPIA_PASSWORD", disk_repository::password}}};
  auto volume = scheduler::pv_volume("u");
  volume.mounted_at = root.string();
  pod.options.kopia = kopia;
  pod.options.volume = to_text(volume);
  pod.options.repository_folder = folder;
  pod.options.takeover = mover::takeover_rule::always;
  scheduler::secret_data secret;
  secret["KOPIA_PASSWORD"] = secret_bytes{disk_repository::password};
  pod.options.repository
      = scheduler::identify(*scheduler::locate(secret, "app", volume)).hex;
  return mover::maintain(pod.options);
}

} // namespace

TEST_CASE("a real kopia finds the repository at the root of the volume or in "
          "its folder, and makes none") {
  const auto kopia = real_kopia();
  if (!kopia)
    return;
  disk_repository repository{*kopia};
  CHECK(maintain(repository.data(), *kopia, "repository") == 0);
  temporary_folder volume;
  const auto folder = volume.path() / "repository";
  std::filesystem::create_directory(folder);
  CHECK(maintain(volume.path(), *kopia, "repository") == 1);
  CHECK(std::filesystem::is_empty(folder));
  std::filesystem::copy(repository.data(), folder,
                        std::filesystem::copy_options::recursive);
  CHECK(maintain(volume.path(), *kopia, "") == 1);
  CHECK(maintain(volume.path(), *kopia, "repository") == 0);
}
