#include "simulator/kubeconfig.hpp"

#include <fmt/format.h>

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstring>

namespace holystone::simulator {

namespace {

std::string to_base64(std::string_view bytes) {
  static constexpr std::string_view alphabet
      = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    std::uint32_t group = 0;
    for (std::size_t j = 0; j != 3; ++j)
      group = (group << 8)
              | (i + j < bytes.size() ? static_cast<unsigned char>(bytes[i + j])
                                      : 0U);
    for (std::size_t j = 0; j != 4; ++j)
      out += i + j > bytes.size() ? '='
                                  : alphabet[(group >> (18 - 6 * j)) & 63];
  }
  return out;
}

} // namespace

std::string kubeconfig(std::string_view server, std::string_view authority) {
  std::string trust;
  if (!authority.empty())
    trust = fmt::format("    certificate-authority-data: {}\n",
                        to_base64(authority));
  return fmt::format(R"(apiVersion: v1
kind: Config
clusters:
- name: simulator
  cluster:
    server: {}
{}users:
- name: simulator
  user:
    token: simulated
contexts:
- name: simulator
  context:
    cluster: simulator
    user: simulator
current-context: simulator
)",
                     server, trust);
}

std::optional<error> write_private_file(const std::string& path,
                                        std::string_view text) {
  auto next = path + ".new";
  auto failure = [&] {
    return error{
        fmt::format("cannot write {}: {}", path, std::strerror(errno))};
  };
  auto file
      = ::open(next.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (file < 0)
    return failure();
  auto done = ::write(file, text.data(), text.size());
  if (::close(file) != 0 || done != static_cast<ssize_t>(text.size())
      || std::rename(next.c_str(), path.c_str()) != 0)
    return failure();
  return std::nullopt;
}

} // namespace holystone::simulator
