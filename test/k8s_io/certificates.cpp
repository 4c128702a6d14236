#include "certificates.hpp"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

#include <cstdint>
#include <stdexcept>

namespace holystone::test {

namespace {

template <auto Free>
struct freeing {
  template <class T>
  void operator()(T* what) const noexcept {
    Free(what);
  }
};

using key_pointer = std::unique_ptr<EVP_PKEY, freeing<EVP_PKEY_free>>;
using x509_pointer = std::unique_ptr<X509, freeing<X509_free>>;
using bio_pointer = std::unique_ptr<BIO, freeing<BIO_free>>;

std::string contents(BIO* from) {
  char* data = nullptr;
  auto size = BIO_get_mem_data(from, &data);
  return {data, static_cast<std::size_t>(size)};
}

key_pointer make_key() {
  key_pointer made{EVP_EC_gen("P-256")};
  if (!made)
    throw std::runtime_error{"no EC key can be made"};
  return made;
}

void add_extension(X509* to, X509* issuer, int id, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, issuer, to, nullptr, nullptr, 0);
  auto* made = X509V3_EXT_conf_nid(nullptr, &context, id, value.c_str());
  if (!made || X509_add_ext(to, made, -1) != 1)
    throw std::runtime_error{"no extension " + value};
  X509_EXTENSION_free(made);
}

x509_pointer make(const std::string& name, EVP_PKEY* key) {
  x509_pointer made{X509_new()};
  std::uint32_t serial = 0;
  RAND_bytes(reinterpret_cast<unsigned char*>(&serial), sizeof serial);
  X509_set_version(made.get(), 2);
  ASN1_INTEGER_set_uint64(X509_get_serialNumber(made.get()), serial);
  X509_gmtime_adj(X509_getm_notBefore(made.get()), -60);
  X509_gmtime_adj(X509_getm_notAfter(made.get()), 3600);
  X509_set_pubkey(made.get(), key);
  auto* subject = X509_get_subject_name(made.get());
  auto* bytes = reinterpret_cast<const unsigned char*>(name.c_str());
  X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8, bytes, -1, -1, 0);
  return made;
}

std::string to_pem(X509* what) {
  bio_pointer out{BIO_new(BIO_s_mem())};
  PEM_write_bio_X509(out.get(), what);
  return contents(out.get());
}

std::string to_pem(EVP_PKEY* what) {
  bio_pointer out{BIO_new(BIO_s_mem())};
  PEM_write_bio_PrivateKey(out.get(), what, nullptr, nullptr, 0, nullptr,
                           nullptr);
  return contents(out.get());
}

} // namespace

struct test_authority::implementation {
  key_pointer key = make_key();
  // All have one name, as the authorities that kubeadm makes do.
  x509_pointer self = make("kubernetes-ca", key.get());
};

test_authority::test_authority()
    : implementation_(std::make_unique<implementation>()) {
  auto* self = implementation_->self.get();
  X509_set_issuer_name(self, X509_get_subject_name(self));
  add_extension(self, self, NID_basic_constraints, "critical,CA:TRUE");
  X509_sign(self, implementation_->key.get(), EVP_sha256());
  pem_ = to_pem(self);
}

test_authority::~test_authority() = default;

certificate test_authority::issue(const std::string& name,
                                  bool for_loopback) const {
  auto key = make_key();
  auto made = make(name, key.get());
  auto* issuer = implementation_->self.get();
  X509_set_issuer_name(made.get(), X509_get_subject_name(issuer));
  add_extension(made.get(), issuer, NID_subject_alt_name,
                "DNS:" + name + (for_loopback ? ",IP:127.0.0.1" : ""));
  X509_sign(made.get(), implementation_->key.get(), EVP_sha256());
  return {to_pem(made.get()), to_pem(key.get())};
}

} // namespace holystone::test
