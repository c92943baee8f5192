#include "tests/conformance/certificates.h"

#include <atomic>
#include <stdexcept>

#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

namespace bootstrap::conformance {
namespace {

constexpr long kDay = 24L * 60 * 60;

void must(bool ok) {
  if (!ok) throw std::runtime_error("cannot make a certificate");
}

template <class Write>
std::string pem(Write write) {
  BIO* out = BIO_new(BIO_s_mem());
  must(write(out) == 1);
  char* data = nullptr;
  const long size = BIO_get_mem_data(out, &data);
  std::string text(data, static_cast<std::size_t>(size));
  BIO_free(out);
  return text;
}

std::string pem_of(X509* cert) {
  return pem([cert](BIO* out) { return PEM_write_bio_X509(out, cert); });
}

std::string pem_of(EVP_PKEY* key) {
  return pem([key](BIO* out) {
    return PEM_write_bio_PrivateKey(out, key, nullptr, nullptr, 0, nullptr, nullptr);
  });
}

EVP_PKEY* new_key() {
  EVP_PKEY* key = EVP_EC_gen("P-256");
  must(key != nullptr);
  return key;
}

void extend(X509* cert, X509* issuer, int kind, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, cert, nullptr, nullptr, 0);
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, kind, value.c_str());
  must(extension != nullptr);
  X509_add_ext(cert, extension, -1);
  X509_EXTENSION_free(extension);
}

X509* unsigned_certificate(EVP_PKEY* key, const Wanted& wanted, X509_NAME* issuer) {
  static std::atomic<long> serial{1};
  X509* cert = X509_new();
  X509_set_version(cert, X509_VERSION_3);
  ASN1_INTEGER_set(X509_get_serialNumber(cert), serial++);
  X509_gmtime_adj(X509_getm_notBefore(cert), wanted.from_days * kDay);
  X509_gmtime_adj(X509_getm_notAfter(cert), wanted.to_days * kDay);
  X509_NAME* subject = X509_get_subject_name(cert);
  X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8,
                             reinterpret_cast<const unsigned char*>(wanted.common_name.c_str()), -1,
                             -1, 0);
  X509_set_issuer_name(cert, issuer == nullptr ? subject : issuer);
  X509_set_pubkey(cert, key);
  return cert;
}

}  // namespace

Authority::Authority(const std::string& name) : key_(new_key()) {
  cert_.reset(unsigned_certificate(key_.get(), {.common_name = name}, nullptr));
  extend(cert_.get(), cert_.get(), NID_basic_constraints, "critical,CA:TRUE");
  extend(cert_.get(), cert_.get(), NID_key_usage, "critical,keyCertSign");
  must(X509_sign(cert_.get(), key_.get(), EVP_sha256()) != 0);
  cert_pem_ = pem_of(cert_.get());
}

Identity Authority::issue(const Wanted& wanted) const {
  const std::unique_ptr<EVP_PKEY, Free> key(new_key());
  const std::unique_ptr<X509, Free> cert(
      unsigned_certificate(key.get(), wanted, X509_get_subject_name(cert_.get())));
  std::string names;
  for (const auto& name : wanted.names) names += (names.empty() ? "" : ",") + name;
  if (!names.empty()) extend(cert.get(), cert_.get(), NID_subject_alt_name, names);
  must(X509_sign(cert.get(), key_.get(), EVP_sha256()) != 0);
  return {pem_of(cert.get()), pem_of(key.get())};
}

}  // namespace bootstrap::conformance
