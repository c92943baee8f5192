#pragma once
// What every Transport must do, whichever HTTP library is behind it. A transport joins by an entry
// in transports.cpp.
//
// Each test has its own server, scripted down to the byte, and its own transport. Nothing sleeps
// for luck: tests wait for what the server or the sink has seen. Where time is the subject (idle
// limits, deadlines) the limits are far apart from what they are compared with.

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <ostream>
#include <string>

#include <gtest/gtest.h>

#include "operator/kube/credentials.h"
#include "operator/kube/transport.h"
#include "tests/conformance/certificates.h"
#include "tests/conformance/scripted_server.h"

namespace bootstrap::conformance {

struct TransportOptions {
  std::string server{};
  kube::TlsMaterialSource tls{};
  std::size_t max_requests = 16;
  std::size_t max_streams = 16;
  std::size_t max_body = std::size_t{64} << 20U;
};

struct TransportKind {
  const char* name;
  std::unique_ptr<kube::Transport> (*make)(const TransportOptions&);
};
inline std::ostream& operator<<(std::ostream& out, const TransportKind& kind) {
  return out << kind.name;
}

// Opened once; waiting longer than 20 s is a failure.
class Gate {
 public:
  void open();
  bool wait();
  bool is_open() const;

 private:
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  bool open_ = false;
};

// Counts up; waiting longer than 20 s for a value is a failure.
class Counter {
 public:
  void add(std::size_t more);
  bool wait_for(std::size_t least);
  std::size_t value() const;
  // Blocks until nothing was added for 300 ms.
  std::size_t wait_for_rest();

 private:
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::size_t value_ = 0;
};

// A sink that keeps what it gets, and may be told to wait or to refuse.
class RecordingSink final : public kube::Sink {
 public:
  bool on_bytes(std::string_view bytes) override;
  std::string text() const;
  Counter received;               // bytes
  std::function<bool()> on_each;  // the answer to the transport, after the bytes were counted
  bool keep = true;               // the bytes, not only their number

 private:
  mutable std::mutex mutex_;
  std::string text_;
};

class TransportConformance : public testing::TestWithParam<TransportKind> {
 protected:
  using Kind = kube::TransportError::Kind;
  using Answer = tl::expected<kube::Response, kube::TransportError>;
  static constexpr std::chrono::seconds kPlenty{20};

  TransportConformance();

  ScriptedServer& serve(ScriptedServer::Script script);
  ScriptedServer& serve(ScriptedServer::Options options, ScriptedServer::Script script);
  // To the served server, trusting `ca_`.
  kube::Transport& transport();
  kube::Transport& transport(TransportOptions options);
  kube::TlsMaterialSource trusting(const Authority& authority, Identity own = {}) const;

  Answer get(const std::string& target = "/version", std::chrono::milliseconds deadline = kPlenty,
             std::stop_token stop = {});
  Answer post(const std::string& body = "{}", std::chrono::milliseconds deadline = kPlenty,
              std::stop_token stop = {});
  Answer watch(kube::Sink& sink, kube::StreamLimits limits = {kPlenty, kPlenty},
               std::stop_token stop = {});

  Authority ca_;
  Identity server_identity_;
  std::optional<ScriptedServer> server_;
  std::unique_ptr<kube::Transport> transport_;  // dies first, as nothing of it is in progress
};

// The largest resident set since the last reset, in bytes.
std::size_t peak_memory();
void reset_peak_memory();

}  // namespace bootstrap::conformance
