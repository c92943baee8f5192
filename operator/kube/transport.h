#pragma once
// The one seam between the operator and HTTP.
//
// Everything above speaks in these types; exactly one .cpp behind it knows the HTTP library. The
// simulation replaces it with a simulated API server.
//
// Threads: both calls block the calling thread, may be made from many threads at once, and must
// never be made from inside a Sink. Errors are values; nothing throws.

#include <chrono>
#include <cstddef>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>

#include <tl/expected.hpp>

namespace bootstrap::kube {

enum class Method { Get, Post, Put, Patch, Delete };

struct Request {
  Method method = Method::Get;
  std::string target{};                          // path and query, percent-encoded, begins with '/'
  std::string body{};                            // empty: none
  std::string content_type{};                    // of the body, e.g. "application/merge-patch+json"
  std::string bearer_token{};                    // empty: no Authorization header
  std::string_view accept = "application/json";  // what the answer may be; of static duration
};

struct Response {
  int status = 0;
  std::string body{};  // of stream(): only when the status is not 2xx
  std::optional<std::chrono::seconds> retry_after{};
};

struct TransportError {
  enum class Kind {
    Unreachable,  // no connection: resolve, connect
    Tls,          // the peer is not trusted, or does not trust us
    Timeout,      // the deadline or the idle limit passed
    Cancelled,    // by the stop token
    Broken,       // the connection ended in the middle
    TooLarge,     // a body over the limit
    Refused       // the sink said stop
  };
  Kind kind = Kind::Broken;
  std::string message{};
  // False only when the server cannot have acted on the request. After a POST or PATCH with true
  // the caller must look before it repeats.
  bool maybe_applied = true;
};

// Receives the body of a stream piece by piece, on the thread that called stream(). The next piece
// is not read from the network before the call returns, beyond one buffer: a slow sink slows the
// server down, never the memory up, and never another connection.
class Sink {
 public:
  virtual ~Sink() = default;
  // False ends the stream with Kind::Refused.
  virtual bool on_bytes(std::string_view bytes) = 0;
};

struct StreamLimits {
  std::chrono::milliseconds head{15'000};   // until the status line and headers have arrived
  std::chrono::milliseconds idle{150'000};  // without one byte of body
};

class Transport {
 public:
  virtual ~Transport() = default;

  // One request, one whole response, whatever its status. `deadline` is for all of it. Redirects
  // are returned, never followed. Idempotent requests (not POST, not PATCH) are repeated once when
  // a kept-alive connection turned out to be dead.
  virtual tl::expected<Response, TransportError> send(const Request& request,
                                                      std::chrono::milliseconds deadline,
                                                      std::stop_token stop) = 0;

  // One request whose body is handed to `sink` as it arrives. Returns when the body has ended
  // cleanly (status 2xx, body empty), when the status was not 2xx (with its body), or with an
  // error.
  virtual tl::expected<Response, TransportError> stream(const Request& request, Sink& sink,
                                                        StreamLimits limits,
                                                        std::stop_token stop) = 0;
};

}  // namespace bootstrap::kube
