#pragma once

// Certificates made at test time, so that none lies in the tree and none
// expires.

#include <memory>
#include <string>

namespace holystone::test {

/// A certificate and its key, both PEM.
struct certificate {
  std::string pem;
  std::string key;
};

/// An authority that lives as long as a test.
class test_authority {
public:
  test_authority();
  ~test_authority();

  /// What clients and servers trust.
  const std::string& pem() const noexcept {
    return pem_;
  }

  /// A certificate for `name` as common name and DNS name, valid for
  /// 127.0.0.1 too unless told otherwise.
  certificate issue(const std::string& name, bool for_loopback = true) const;

private:
  struct implementation;
  std::unique_ptr<implementation> implementation_;
  std::string pem_;
};

} // namespace holystone::test
