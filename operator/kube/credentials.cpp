#include "operator/kube/credentials.h"

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <utility>

namespace bootstrap::kube {
namespace {

constexpr std::uintmax_t kLargestCredential = 1U << 20U;
constexpr const char* kServiceAccountDir = "var/run/secrets/kubernetes.io/serviceaccount";
// In the certificate of every API server, and known to the cluster's DNS.
constexpr const char* kServiceName = "kubernetes.default.svc";

std::string trimmed(std::string_view text) {
  constexpr std::string_view kSpace = " \t\r\n";
  const auto first = text.find_first_not_of(kSpace);
  if (first == std::string_view::npos) return {};
  return std::string(text.substr(first, text.find_last_not_of(kSpace) - first + 1));
}

tl::unexpected<AccessError> failed(std::string message) {
  return tl::unexpected(AccessError{std::move(message)});
}

AccessResult<std::string> required_variable(const Environment& environment, const char* name) {
  auto value = environment(name);
  if (value && !value->empty()) return *value;
  return failed(std::string(name) +
                " is not set: not running in a pod? Outside a cluster use a "
                "kubeconfig");
}

// The HTTP library cannot connect to an IPv6 literal, so an IPv6 service is reached by its name.
std::string server_url(const std::string& host, const std::string& port) {
  const bool ipv6 = host.find(':') != std::string::npos;
  return "https://" + (ipv6 ? kServiceName : host) + ":" + port;
}

}  // namespace

std::optional<std::string> process_environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::nullopt : std::optional<std::string>(value);
}

AccessResult<std::string> read_credential_file(const std::filesystem::path& file) {
  std::error_code trouble;
  const auto size = std::filesystem::file_size(file, trouble);
  if (trouble) return failed(file.string() + ": " + trouble.message());
  if (size > kLargestCredential) return failed(file.string() + ": larger than 1 MiB");
  std::ifstream in(file, std::ios::binary);
  std::string text((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
  if (!in) return failed(file.string() + ": cannot be read: " + std::strerror(errno));
  return text;
}

FileToken::FileToken(std::filesystem::path file, const runtime::Clock& clock)
    : file_(std::move(file)), clock_(clock) {}

std::string FileToken::token() {
  const std::lock_guard lock(mutex_);
  const auto now = clock_.steady_now();
  if (!read_at_ || now - *read_at_ >= kReadAgain) {
    const auto text = read_credential_file(file_);
    // Half-written or gone for a moment: what we have may still be good.
    if (text && !trimmed(*text).empty()) {
      token_ = trimmed(*text);
      read_at_ = now;
    }
  }
  return token_;
}

void FileToken::rejected(std::string_view token) {
  const std::lock_guard lock(mutex_);
  if (token == token_) read_at_.reset();
}

std::string RereadFile::text() {
  const std::lock_guard lock(mutex_);
  if (auto now = read_credential_file(file_); now && !trimmed(*now).empty()) last_ = *now;
  return last_;
}

AccessResult<ClusterAccess> in_cluster_access(const runtime::Clock& clock,
                                              const Environment& environment,
                                              const std::filesystem::path& root) {
  const auto host = required_variable(environment, "KUBERNETES_SERVICE_HOST");
  if (!host) return tl::unexpected(host.error());
  const auto port = required_variable(environment, "KUBERNETES_SERVICE_PORT");
  if (!port) return tl::unexpected(port.error());

  const auto dir = root / kServiceAccountDir;
  if (const auto token = read_credential_file(dir / "token"); !token) {
    return tl::unexpected(token.error());
  } else if (trimmed(*token).empty()) {
    return failed((dir / "token").string() + ": empty");
  }
  const auto ca = read_credential_file(dir / "ca.crt");
  if (!ca) return tl::unexpected(ca.error());
  if (ca->find("BEGIN CERTIFICATE") == std::string::npos) {
    return failed((dir / "ca.crt").string() + ": holds no PEM certificate");
  }
  const auto ns = read_credential_file(dir / "namespace");

  ClusterAccess access;
  access.server = server_url(*host, *port);
  access.namespace_name = ns && !trimmed(*ns).empty() ? trimmed(*ns) : "default";
  access.tokens = std::make_shared<FileToken>(dir / "token", clock);
  const auto ca_file = std::make_shared<RereadFile>(dir / "ca.crt");
  ca_file->text();  // so that there is a last good one
  access.tls = [ca_file] { return TlsMaterial{ca_file->text(), {}, {}}; };
  return access;
}

}  // namespace bootstrap::kube
