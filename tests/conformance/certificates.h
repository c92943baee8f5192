#pragma once
// Certificates made on the spot, so that no key lies in the repository and none ever expires.

#include <memory>
#include <string>
#include <vector>

#include <openssl/evp.h>
#include <openssl/x509.h>

namespace bootstrap::conformance {

struct Identity {
  std::string cert_pem;
  std::string key_pem;
};

struct Wanted {
  std::string common_name = "somebody";
  std::vector<std::string> names{};  // "IP:127.0.0.1", "DNS:localhost"
  int from_days = -1;
  int to_days = 30;
};

class Authority {
 public:
  explicit Authority(const std::string& name);
  Identity issue(const Wanted& wanted) const;
  const std::string& cert_pem() const { return cert_pem_; }

 private:
  struct Free {
    void operator()(EVP_PKEY* it) const { EVP_PKEY_free(it); }
    void operator()(X509* it) const { X509_free(it); }
  };
  std::unique_ptr<EVP_PKEY, Free> key_;
  std::unique_ptr<X509, Free> cert_;
  std::string cert_pem_;
};

}  // namespace bootstrap::conformance
