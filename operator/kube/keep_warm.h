#pragma once
// Keeps one connection to the API server open over quiet times.
//
// The HTTP library closes a connection that was not used for 30 to 60 s, and opening the next one
// takes a TLS handshake: 5 to 25 ms that the next step of a workflow would wait for. Between steps
// that run for minutes that would be every time. So a cheap request is sent whenever none went out
// for a while.
//
//   KeepWarm transport(real, clock, {});            // use it in place of the real one
//   … on somebody's timer:  sleep_until(transport.step(tokens, stop));
//
// Threads: safe from any thread, as any Transport; step() blocks for one request at most and is
// meant for one thread. It has none of its own. Errors: a failed warming request is of no
// consequence.

#include <chrono>
#include <mutex>
#include <stop_token>
#include <string>

#include "operator/kube/client.h"
#include "operator/kube/transport.h"
#include "operator/runtime/clock.h"

namespace bootstrap::kube {

class KeepWarm final : public Transport {
 public:
  struct Options {
    std::chrono::milliseconds quiet{20'000};    // shorter than the library's 30 s
    std::chrono::milliseconds deadline{5'000};  // of the warming request
    std::string path = "/livez";
  };

  // Both must outlive this.
  KeepWarm(Transport& transport, const runtime::Clock& clock, Options options);

  // Sends the warming request if it is time. Returns when to call again. `tokens` may be null.
  runtime::SteadyPoint step(TokenSource* tokens, std::stop_token stop);

  tl::expected<Response, TransportError> send(const Request& request,
                                              std::chrono::milliseconds deadline,
                                              std::stop_token stop) override;
  // A stream has a connection to itself, so it warms nothing.
  tl::expected<Response, TransportError> stream(const Request& request, Sink& sink,
                                                StreamLimits limits, std::stop_token stop) override;

 private:
  runtime::SteadyPoint last_used() const;

  Transport& transport_;
  const runtime::Clock& clock_;
  const Options options_;
  mutable std::mutex mutex_;
  runtime::SteadyPoint last_used_;
};

}  // namespace bootstrap::kube
