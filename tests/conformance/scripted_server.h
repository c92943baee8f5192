#pragma once
// A TLS server on the loopback address that does what a test tells it, byte by byte.
//
//   ScriptedServer server(options, [](Peer& peer) {      // for every connection, on its own thread
//     while (auto request = peer.read_request()) peer.answer(200, "{}");
//   });
//   server.url()  →  "https://127.0.0.1:port"
//
// When a script returns the connection is closed in order; peer.reset() ends it with a TCP reset,
// peer.drop() without TLS's good-bye. Every request that was read whole is kept: requests().
//
// Threads: a script runs on the connection's thread; everything else is safe from any thread.

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "tests/conformance/certificates.h"

struct ssl_st;
struct ssl_ctx_st;

namespace bootstrap::conformance {

// Longer than that nothing is waited for.
inline constexpr std::chrono::seconds kPatience{20};

struct SeenRequest {
  int connection = 0;  // counted from 0
  std::string method;
  std::string target;
  std::map<std::string, std::string> headers;  // names in lower case
  std::string body;
};

class ScriptedServer;

class Peer {
 public:
  int connection() const { return connection_; }  // counted from 0

  // Empty when the client has closed the connection.
  std::optional<SeenRequest> read_request();
  // Reads as far as the end of the headers only; the request is not recorded.
  bool read_head();
  // False when the connection is gone.
  bool write(std::string_view bytes);
  bool answer(int status, std::string_view body, std::string_view more_headers = "");
  bool begin_chunks(int status = 200);
  bool chunk(std::string_view bytes);
  bool end_chunks() { return write("0\r\n\r\n"); }
  void reset();
  void drop();
  // Blocks until the client has closed the connection (or the server is being destroyed).
  void wait_closed();

 private:
  friend class ScriptedServer;
  Peer(ScriptedServer& server, ssl_st* tls, int socket, int connection)
      : server_(server), tls_(tls), socket_(socket), connection_(connection) {}
  bool fill();

  ScriptedServer& server_;
  ssl_st* tls_;
  int socket_;
  int connection_;
  std::string input_;
  bool silent_end_ = false;
};

class ScriptedServer {
 public:
  struct Options {
    Identity identity;
    std::string client_ca_pem{};  // not empty: a client certificate of this CA is demanded
    int newest_tls = 0;           // e.g. TLS1_1_VERSION; 0: whatever OpenSSL offers
    int send_buffer = 0;          // SO_SNDBUF; 0: the kernel's own
  };
  using Script = std::function<void(Peer&)>;

  ScriptedServer(Options options, Script script);
  ~ScriptedServer();
  ScriptedServer(const ScriptedServer&) = delete;
  ScriptedServer& operator=(const ScriptedServer&) = delete;

  std::string url(const std::string& host = "127.0.0.1") const;
  std::vector<SeenRequest> requests() const;
  int connections() const;  // whose handshake was completed
  // False if that did not happen within 20 s.
  bool wait_for_requests(std::size_t count) const;
  bool wait_for_finished(int connections) const;  // scripts that have returned

 private:
  friend class Peer;
  void accept_loop();
  void serve(int socket);
  void record(SeenRequest request);

  const Options options_;
  const Script script_;
  ssl_ctx_st* context_ = nullptr;
  int listener_ = -1;
  int port_ = 0;
  mutable std::mutex mutex_;
  mutable std::condition_variable changed_;
  std::vector<SeenRequest> requests_;
  std::vector<int> open_;
  std::vector<std::thread> threads_;
  int connections_ = 0;
  int finished_ = 0;
  bool closing_ = false;
  std::thread acceptor_;
};

}  // namespace bootstrap::conformance
