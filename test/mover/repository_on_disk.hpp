#pragma once

// A real kopia repository in a temporary folder, and a mover's mounted files
// beside it. The program comes from HOLYSTONE_KOPIA, which `make test` sets; a
// test that finds it unset says so and does nothing.

#include "mover/maintain.hpp"
#include "scheduler/kopia_environment.hpp"

#include <catch2/catch.hpp>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <map>
#include <optional>
#include <string>

namespace holystone::test {

/// The kopia to test with; absent (and said why) if none was given.
inline std::optional<std::string> real_kopia() {
  if (const char* kopia = std::getenv("HOLYSTONE_KOPIA"))
    return kopia;
  std::cout << "skipped: HOLYSTONE_KOPIA names no kopia 0.22.3; make test "
               "builds one and sets it\n";
  return std::nullopt;
}

/// A folder that goes with this object.
class temporary_folder {
public:
  temporary_folder() {
    std::string pattern
        = (std::filesystem::temp_directory_path() / "mover-XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr)
      throw std::runtime_error{"cannot make a temporary folder"};
    path_ = pattern;
  }
  ~temporary_folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  temporary_folder(const temporary_folder&) = delete;
  temporary_folder& operator=(const temporary_folder&) = delete;

  const std::filesystem::path& path() const {
    return path_;
  }

private:
  std::filesystem::path path_;
};

inline void write_text(const std::filesystem::path& path,
                       const std::string& text) {
  std::filesystem::create_directories(path.parent_path());
  std::ofstream{path, std::ios::binary} << text;
}

inline std::string read_text(const std::filesystem::path& path) {
  std::ifstream in{path, std::ios::binary};
  return {std::istreambuf_iterator<char>{in}, {}};
}

/// What a maintenance pod would find.
class mover_pod {
public:
  explicit mover_pod(std::map<std::string, std::string> secret) {
    scheduler::secret_data data;
    for (const auto& [key, value] : secret) {
      write_text(at("credentials/" + key), value);
      data[key] = secret_bytes{value};
    }
    // Kubernetes' own entry beside the keys.
    std::filesystem::create_directory(at("credentials/..data"));
    std::filesystem::create_directory(at("config"));
    std::filesystem::create_directory(at("cache"));
    options.credentials_directory = at("credentials");
    options.admitted = "job-uid";
    options.controller_uid = "job-uid";
    options.config_directory = at("config");
    options.cache_directory = at("cache");
    options.termination_log = at("termination-log");
    options.ns = "app";
    const auto where = scheduler::locate(data, "app", std::nullopt);
    if (where)
      options.repository = scheduler::identify(*where).hex;
  }

  std::filesystem::path at(const std::string& name) const {
    return folder_.path() / name;
  }

  std::string termination_message() const {
    return read_text(at("termination-log"));
  }

  mover::maintain_options options;

private:
  temporary_folder folder_;
};

/// Creates a filesystem repository owned by `app@ns1`.
class disk_repository {
public:
  explicit disk_repository(std::string kopia) : kopia_(std::move(kopia)) {
    std::filesystem::create_directory(data());
    run("repository create filesystem --path=" + data().string()
        + " --override-username=app --override-hostname=ns1");
  }

  std::filesystem::path data() const {
    return folder_.path() / "data";
  }

  std::map<std::string, std::string> secret() const {
    return {{"KOPIA_PASSWORD", password},
            {"KOPIA_REPOSITORY", "filesystem://" + data().string()}};
  }

  const std::string& program() const {
    return kopia_;
  }

  /// Runs kopia as the creator; throws if it fails. Returns its output.
  std::string run(const std::string& arguments) const {
    const auto out = (folder_.path() / "out").string();
    const auto config = (folder_.path() / "creator").string();
    const auto line = "KOPIA_PASSWORD='" + std::string{password} + "'"
                      + " KOPIA_CHECK_FOR_UPDATES=false HOME=" + config + " '"
                      + kopia_ + "' --config-file=" + config
                      + "/kopia.config --disable-file-logging "
                        "--no-persist-credentials --no-auto-maintenance "
                      + arguments + " > " + out + " 2>" + out + ".err";
    if (std::system(line.c_str()) != 0)
      throw std::runtime_error{"kopia " + arguments + ": "
                               + read_text(out + ".err")};
    return read_text(out);
  }

  static constexpr const char* password = "correct horse battery";

private:
  temporary_folder folder_;
  std::string kopia_;
};

} // namespace holystone::test
