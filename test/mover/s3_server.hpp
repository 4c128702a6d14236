#pragma once

// An S3 server (versitygw) over a temporary folder, on loopback. Repositories
// on it are reached as http://minio.example through HTTP_PROXY, because the
// code under test rightly refuses loopback as a place for a repository. The
// program comes from HOLYSTONE_VERSITYGW; without it a test says so and does
// nothing.

#include "test/mover/repository_on_disk.hpp"

#include <array>
#include <chrono>
#include <csignal>
#include <thread>

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

namespace holystone::test {

/// The S3 server to test with; absent (and said why) if none was given.
inline std::optional<std::string> real_s3_server() {
  if (const char* server = std::getenv("HOLYSTONE_VERSITYGW"))
    return server;
  std::cout << "skipped: HOLYSTONE_VERSITYGW names no versitygw; "
               "test/cluster/build-tools versitygw builds one\n";
  return std::nullopt;
}

/// The server with one bucket, `backups`, and the proxy setting to reach it.
class s3_server {
public:
  explicit s3_server(const std::string& program) {
    std::filesystem::create_directories(folder_.path() / "data/backups");
    std::filesystem::create_directory(folder_.path() / "side");
    keep_port();
    start(program);
    ::setenv("HTTP_PROXY", ("http://127.0.0.1:" + port_).c_str(), 1);
  }

  ~s3_server() {
    ::unsetenv("HTTP_PROXY");
    stop();
    ::close(kept_);
  }
  s3_server(const s3_server&) = delete;
  s3_server& operator=(const s3_server&) = delete;

  /// From now on connections are refused.
  void stop() {
    if (process_ > 0) {
      ::kill(process_, SIGKILL);
      ::waitpid(std::exchange(process_, -1), nullptr, 0);
    }
  }

  /// A working Secret for `prefix`.
  std::map<std::string, std::string> secret(const std::string& prefix) const {
    return {{"KOPIA_PASSWORD", "correct horse battery"},
            {"KOPIA_REPOSITORY", "s3://backups/" + prefix},
            {"AWS_S3_ENDPOINT", "http://minio.example"},
            {"AWS_ACCESS_KEY_ID", "access"},
            {"AWS_SECRET_ACCESS_KEY", "the-secret-key"}};
  }

  /// Makes a repository at `prefix`, owned by `app@ns1`.
  void create(const std::string& kopia, const std::string& prefix) const {
    const auto config = (folder_.path() / "creator").string();
    const auto line = "AWS_ACCESS_KEY_ID=access AWS_SECRET_ACCESS_KEY="
                      "the-secret-key KOPIA_CHECK_FOR_UPDATES=false "
                      "KOPIA_PASSWORD='correct horse battery' HOME="
                      + config + " '" + kopia + "' --config-file=" + config
                      + "/kopia.config --disable-file-logging "
                        "--no-persist-credentials repository create s3 "
                        "--endpoint=minio.example --disable-tls "
                        "--bucket=backups --override-username=app "
                        "--override-hostname=ns1 --prefix="
                      + prefix + " >" + config + ".out 2>&1";
    if (std::system(line.c_str()) != 0)
      throw std::runtime_error{read_text(config + ".out")};
  }

private:
  // Nobody is given a port that a socket has, and the server may share it.
  void keep_port() {
    kept_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const int yes = 1;
    ::setsockopt(kept_, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* at = reinterpret_cast<sockaddr*>(&address);
    if (::bind(kept_, at, size) != 0 || ::getsockname(kept_, at, &size) != 0)
      throw std::runtime_error{"cannot have a port of 127.0.0.1"};
    port_ = std::to_string(ntohs(address.sin_port));
  }

  bool accepts() const {
    const int probe = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(std::stoi(port_)));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const bool connected
        = ::connect(probe, reinterpret_cast<sockaddr*>(&address),
                    sizeof address)
          == 0;
    ::close(probe);
    return connected;
  }

  void start(const std::string& program) {
    const auto log = (folder_.path() / "log").string();
    std::array<std::string, 8> words{program,
                                     "--port",
                                     "127.0.0.1:" + port_,
                                     "posix",
                                     "--sidecar",
                                     (folder_.path() / "side").string(),
                                     (folder_.path() / "data").string()};
    std::array<char*, 8> argv{};
    for (std::size_t i = 0; i < 7; ++i)
      argv[i] = words[i].data();
    std::string access = "ROOT_ACCESS_KEY=access";
    std::string key = "ROOT_SECRET_KEY=the-secret-key";
    std::array<char*, 3> envp{access.data(), key.data(), nullptr};
    posix_spawn_file_actions_t files;
    posix_spawn_file_actions_init(&files);
    for (const int fd : {1, 2})
      posix_spawn_file_actions_addopen(&files, fd, log.c_str(),
                                       O_WRONLY | O_CREAT | O_APPEND, 0600);
    if (::posix_spawn(&process_, program.c_str(), &files, nullptr, argv.data(),
                      envp.data())
        != 0)
      throw std::runtime_error{"cannot start " + program};
    posix_spawn_file_actions_destroy(&files);
    const auto deadline
        = std::chrono::steady_clock::now() + std::chrono::minutes{4};
    while (!accepts()) {
      if (std::chrono::steady_clock::now() > deadline)
        throw std::runtime_error{"versitygw does not listen: "
                                 + read_text(log)};
      std::this_thread::sleep_for(std::chrono::milliseconds{20});
    }
  }

  temporary_folder folder_;
  std::string port_;
  int kept_ = -1;
  pid_t process_ = -1;
};

} // namespace holystone::test
