#include "operator/kube/tls_context.h"

#include <array>
#include <memory>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

namespace bootstrap::kube {
namespace {

template <auto free>
struct Freed {
  template <class T>
  void operator()(T* it) const {
    free(it);
  }
};
using Bio = std::unique_ptr<BIO, Freed<BIO_free_all>>;
using Certificate = std::unique_ptr<X509, Freed<X509_free>>;
using Key = std::unique_ptr<EVP_PKEY, Freed<EVP_PKEY_free>>;

Bio reader(const std::string& text) {
  return Bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

// The reason of the newest error of this thread; forgets the rest.
std::string newest_error() {
  const unsigned long code = ERR_peek_last_error();
  ERR_clear_error();
  const char* reason = code == 0 ? nullptr : ERR_reason_error_string(code);
  return reason == nullptr ? "unknown error" : reason;
}

std::optional<std::string> trust_only(SSL_CTX* context, const std::string& ca_pem) {
  X509_STORE* store = X509_STORE_new();
  SSL_CTX_set_cert_store(context, store);  // takes it; drops what the system may have put there
  const Bio in = reader(ca_pem);
  int count = 0;
  while (const Certificate ca{PEM_read_bio_X509(in.get(), nullptr, nullptr, nullptr)}) {
    X509_STORE_add_cert(store, ca.get());
    ++count;
  }
  ERR_clear_error();  // "no start line" at the end
  // As other Kubernetes clients do: a CA file may name an intermediate alone.
  X509_STORE_set_flags(store, X509_V_FLAG_PARTIAL_CHAIN);
  if (count == 0) return "the cluster's CA holds no certificate";
  return std::nullopt;
}

std::optional<std::string> present(SSL_CTX* context, const TlsMaterial& material) {
  if (material.client_cert_pem.empty()) return std::nullopt;
  const Bio in = reader(material.client_cert_pem);
  const Certificate own{PEM_read_bio_X509(in.get(), nullptr, nullptr, nullptr)};
  if (!own || SSL_CTX_use_certificate(context, own.get()) != 1) {
    return "client certificate: " + newest_error();
  }
  while (Certificate between{PEM_read_bio_X509(in.get(), nullptr, nullptr, nullptr)}) {
    SSL_CTX_add1_chain_cert(context, between.get());
  }
  ERR_clear_error();
  const Bio key_in = reader(material.client_key_pem);
  const Key key{PEM_read_bio_PrivateKey(key_in.get(), nullptr, nullptr, nullptr)};
  if (!key || SSL_CTX_use_PrivateKey(context, key.get()) != 1 ||
      SSL_CTX_check_private_key(context) != 1) {
    return "client key: " + newest_error();
  }
  return std::nullopt;
}

// Verifies as usual, and notes why not.
int verify_and_note(X509_STORE_CTX* chain, void* note) {
  const int ok = X509_verify_cert(chain);
  if (ok == 1) return ok;
  std::string why = X509_verify_cert_error_string(X509_STORE_CTX_get_error(chain));
  if (X509* certificate = X509_STORE_CTX_get_current_cert(chain)) {
    std::array<char, 256> subject{};
    X509_NAME_oneline(X509_get_subject_name(certificate), subject.data(), subject.size());
    why += std::string(" (") + subject.data() + ")";
  }
  static_cast<VerifyNote*>(note)->set(std::move(why));
  ERR_clear_error();  // so that "certificate verify failed" is the first error, not a detail of it
  return ok;
}

}  // namespace

std::optional<std::string> configure_tls(SSL_CTX* context, const TlsMaterial& material,
                                         const std::string& host, VerifyNote& note) {
  SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
  SSL_CTX_set_cert_verify_callback(context, verify_and_note, &note);

  X509_VERIFY_PARAM* param = SSL_CTX_get0_param(context);
  if (X509_VERIFY_PARAM_set1_ip_asc(param, host.c_str()) != 1) {
    ERR_clear_error();  // not an address
    X509_VERIFY_PARAM_set1_host(param, host.c_str(), host.size());
  }
  if (auto trouble = trust_only(context, material.ca_pem)) return trouble;
  return present(context, material);
}

std::string tls_error_text(unsigned long code) {
  if (ERR_GET_LIB(code) != ERR_LIB_SSL && ERR_GET_LIB(code) != ERR_LIB_X509) return {};
  OPENSSL_init_ssl(OPENSSL_INIT_LOAD_SSL_STRINGS, nullptr);  // once; a no-op afterwards
  std::array<char, 256> text{};
  ERR_error_string_n(code, text.data(), text.size());
  const std::string whole =
      text.data();  // "error:0A000086:SSL routines::certificate verify failed"
  const auto reason = whole.rfind(':');
  return reason == std::string::npos ? whole : whole.substr(reason + 1);
}

}  // namespace bootstrap::kube
