#include "scheduler/short_hash.hpp"

#include <fmt/format.h>
#include <openssl/evp.h>

#include <array>
#include <stdexcept>

namespace holystone::scheduler {

std::string short_hash(std::string_view text) {
  constexpr std::size_t digits = 16;
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  if (EVP_Digest(text.data(), text.size(), digest.data(), &size, EVP_sha256(),
                 nullptr)
      != 1)
    throw std::runtime_error("OpenSSL cannot compute SHA-256");
  std::string hex;
  for (std::size_t i = 0; i < digits / 2; ++i)
    hex += fmt::format("{:02x}", digest[i]);
  return hex;
}

} // namespace holystone::scheduler
