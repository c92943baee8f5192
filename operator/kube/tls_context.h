#pragma once
// What a TLS connection to the API server must satisfy: TLS 1.2 or later, a server certificate that
// the cluster's CA (and nothing else on this machine) vouches for, issued to the host we meant.
//
// Threads: configure_tls works on one context; a VerifyNote may be shared by many connections.

#include <mutex>
#include <optional>
#include <string>

#include "operator/kube/credentials.h"

struct ssl_ctx_st;  // OpenSSL's SSL_CTX

namespace bootstrap::kube {

// Why the newest refused certificate was refused: the library reports "verify failed" only.
class VerifyNote {
 public:
  void set(std::string why) {
    const std::lock_guard lock(mutex_);
    why_ = std::move(why);
  }
  std::string text() const {
    const std::lock_guard lock(mutex_);
    return why_;
  }

 private:
  mutable std::mutex mutex_;
  std::string why_;
};

// Sets up a client context. `host` is a DNS name or an IP address. The note must outlive every
// connection made with the context. Returns what is wrong with the material, if anything.
std::optional<std::string> configure_tls(ssl_ctx_st* context, const TlsMaterial& material,
                                         const std::string& host, VerifyNote& note);

// OpenSSL's words for a packed error code, e.g. "certificate verify failed"; empty if the code is
// not one of its own.
std::string tls_error_text(unsigned long code);

}  // namespace bootstrap::kube
