#include "scheduler/sha256.hpp"

#include <openssl/evp.h>

#include <stdexcept>

namespace holystone::scheduler {

sha256_digest sha256(std::string_view text) {
  sha256_digest digest{};
  if (EVP_Digest(text.data(), text.size(), digest.data(), nullptr, EVP_sha256(),
                 nullptr)
      != 1)
    throw std::runtime_error("OpenSSL cannot compute SHA-256");
  return digest;
}

} // namespace holystone::scheduler
