#pragma once

// Bytes that must never be seen: passwords, keys, whole Secret values. There
// is no stream operator and no conversion; who needs the bytes says `reveal()`
// in plain sight. The memory is wiped when the value dies. Read by the secret
// mirror and the mover only; messages and logs carry fingerprints.

#include <string>
#include <string_view>

namespace holystone {

/// A byte string that is wiped on destruction and cannot be printed.
class secret_bytes {
public:
  secret_bytes() = default;

  explicit secret_bytes(std::string bytes) : bytes_(std::move(bytes)) {
    // nop
  }

  secret_bytes(const secret_bytes&) = default;

  secret_bytes(secret_bytes&& other) noexcept : bytes_(other.bytes_) {
    other.wipe();
  }

  secret_bytes& operator=(secret_bytes other) noexcept {
    bytes_.swap(other.bytes_);
    return *this;
  }

  ~secret_bytes() {
    wipe();
  }

  /// The bytes themselves; never log, store or send what this returns.
  std::string_view reveal() const noexcept {
    return bytes_;
  }

private:
  void wipe() noexcept {
    volatile char* p = bytes_.data();
    for (auto n = bytes_.size(); n > 0; --n)
      *p++ = 0;
    bytes_.clear();
  }

  std::string bytes_;
};

} // namespace holystone
