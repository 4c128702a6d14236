#include "metrics/self_signed.hpp"

#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

#include <stdexcept>

namespace holystone::metrics {

namespace {

template <auto Free>
struct freer {
  template <class T>
  void operator()(T* pointer) const {
    Free(pointer);
  }
};

using key_pointer = std::unique_ptr<EVP_PKEY, freer<EVP_PKEY_free>>;
using certificate_pointer = std::unique_ptr<X509, freer<X509_free>>;
using bio_pointer = std::unique_ptr<BIO, freer<BIO_free_all>>;
using extension_pointer
    = std::unique_ptr<X509_EXTENSION, freer<X509_EXTENSION_free>>;

void require(bool good, const std::string& what) {
  if (!good)
    throw std::runtime_error{"cannot make a certificate: " + what};
}

std::string text_of(BIO* bio) {
  char* data = nullptr;
  auto size = BIO_get_mem_data(bio, &data);
  return {data, static_cast<std::size_t>(size)};
}

std::string pem_of(X509* certificate) {
  bio_pointer bio{BIO_new(BIO_s_mem())};
  require(PEM_write_bio_X509(bio.get(), certificate) == 1, "PEM");
  return text_of(bio.get());
}

std::string pem_of(EVP_PKEY* key) {
  bio_pointer bio{BIO_new(BIO_s_mem())};
  require(PEM_write_bio_PrivateKey(bio.get(), key, nullptr, nullptr, 0, nullptr,
                                   nullptr)
              == 1,
          "PEM of the key");
  return text_of(bio.get());
}

void extend(X509* certificate, X509* issuer, int kind,
            const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  extension_pointer extension{
      X509V3_EXT_conf_nid(nullptr, &context, kind, value.c_str())};
  require(extension && X509_add_ext(certificate, extension.get(), -1) == 1,
          "extension " + value);
}

certificate_pointer begin(EVP_PKEY* key, const std::string& name, int days) {
  certificate_pointer certificate{X509_new()};
  auto* raw = certificate.get();
  X509_set_version(raw, X509_VERSION_3);
  unsigned char serial[8];
  require(RAND_bytes(serial, sizeof serial) == 1, "random serial");
  serial[0] &= 0x7f; // a positive number
  std::unique_ptr<BIGNUM, freer<BN_free>> number{
      BN_bin2bn(serial, sizeof serial, nullptr)};
  BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(raw));
  X509_gmtime_adj(X509_getm_notBefore(raw), -3600);
  X509_gmtime_adj(X509_getm_notAfter(raw), days * 86400L);
  X509_set_pubkey(raw, key);
  X509_NAME_add_entry_by_txt(
      X509_get_subject_name(raw), "CN", MBSTRING_UTF8,
      reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1, 0);
  return certificate;
}

} // namespace

self_signed make_self_signed(const std::vector<std::string>& names, int days) {
  key_pointer authority_key{EVP_EC_gen("P-256")};
  key_pointer server_key{EVP_EC_gen("P-256")};
  require(authority_key && server_key, "P-256 key");
  auto authority = begin(authority_key.get(), "holystone-authority", days);
  auto* root = authority.get();
  X509_set_issuer_name(root, X509_get_subject_name(root));
  extend(root, root, NID_basic_constraints, "critical,CA:TRUE");
  extend(root, root, NID_key_usage, "critical,keyCertSign,cRLSign");
  extend(root, root, NID_subject_key_identifier, "hash");
  require(X509_sign(root, authority_key.get(), EVP_sha256()) > 0, "signature");
  auto server = begin(server_key.get(), "holystone-server", days);
  auto* leaf = server.get();
  X509_set_issuer_name(leaf, X509_get_subject_name(root));
  std::string all;
  for (const auto& name : names)
    all += (all.empty() ? "" : ",") + name;
  extend(leaf, root, NID_subject_alt_name, all);
  extend(leaf, root, NID_basic_constraints, "critical,CA:FALSE");
  extend(leaf, root, NID_key_usage, "critical,digitalSignature");
  extend(leaf, root, NID_ext_key_usage, "serverAuth");
  extend(leaf, root, NID_authority_key_identifier, "keyid");
  require(X509_sign(leaf, authority_key.get(), EVP_sha256()) > 0, "signature");
  return {pem_of(root), {pem_of(leaf), pem_of(server_key.get())}};
}

} // namespace holystone::metrics
