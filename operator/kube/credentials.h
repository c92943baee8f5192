#pragma once
// How to reach the API server and who we are there: inside a pod from its ServiceAccount, outside
// from a kubeconfig (kubeconfig.h).
//
// Tokens and certificates are rotated under us: a token file is read again every minute and at once
// after a 401; CA and client certificate are asked for whenever a connection is opened. If a file
// cannot be read again, what was read before stays in use.
//
// Threads: everything here may be used from many threads at once.
// Errors: values that name the file (or variable) and what is wrong with it.

#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include <tl/expected.hpp>

#include "operator/kube/client.h"
#include "operator/runtime/clock.h"

namespace bootstrap::kube {

// PEM texts. Nothing but this CA is trusted; certificate and key may be empty (bearer token).
struct TlsMaterial {
  std::string ca_pem{};
  std::string client_cert_pem{};
  std::string client_key_pem{};
};

// Asked for every new connection. Never throws.
using TlsMaterialSource = std::function<TlsMaterial()>;

// All that is needed to make a transport and a client.
struct ClusterAccess {
  std::string server{};          // "https://10.0.0.1:443", no trailing slash
  std::string namespace_name{};  // of the pod or the context; "default" if none is named
  TlsMaterialSource tls{};
  std::shared_ptr<TokenSource> tokens{};  // null: client certificate only
};

struct AccessError {
  std::string
      message{};  // for a person, e.g. "/path/config: users[admin].exec: not supported; ..."
};

template <class T>
using AccessResult = tl::expected<T, AccessError>;

// Looks up an environment variable; tests bring their own.
using Environment = std::function<std::optional<std::string>(const char*)>;
std::optional<std::string> process_environment(const char* name);

// The access a pod has. `root` is "/" but in tests. The clock must outlive the result.
AccessResult<ClusterAccess> in_cluster_access(const runtime::Clock& clock,
                                              const Environment& environment = process_environment,
                                              const std::filesystem::path& root = "/");

// A token that never changes.
class FixedToken final : public TokenSource {
 public:
  explicit FixedToken(std::string token) : token_(std::move(token)) {}
  std::string token() override { return token_; }
  void rejected(std::string_view) override {}

 private:
  std::string token_;
};

// A token in a file that somebody else keeps fresh.
class FileToken final : public TokenSource {
 public:
  static constexpr std::chrono::seconds kReadAgain{60};

  // The clock must outlive this.
  FileToken(std::filesystem::path file, const runtime::Clock& clock);

  std::string token() override;
  void rejected(std::string_view token) override;

 private:
  const std::filesystem::path file_;
  const runtime::Clock& clock_;
  std::mutex mutex_;
  std::string token_;
  std::optional<runtime::SteadyPoint> read_at_;  // empty: read before the next use
};

// The text of a file that is read at every call; the last good text when reading fails.
class RereadFile {
 public:
  explicit RereadFile(std::filesystem::path file) : file_(std::move(file)) {}
  std::string text();

 private:
  const std::filesystem::path file_;
  std::mutex mutex_;
  std::string last_;
};

// A whole file, or why not. Refuses files over 1 MiB: no credential is that large.
AccessResult<std::string> read_credential_file(const std::filesystem::path& file);

}  // namespace bootstrap::kube
