#pragma once
// Answers GET /healthz, /readyz and /metrics: what the kubelet and Prometheus ask. Nothing else.
//
//   auto server = HttpServer::start(8080, {{"/healthz", […] { return HttpReply{200, "ok"}; }}});
//
// Plain HTTP on all addresses (of IPv4 only, where the civetweb library is built so: Debian's is),
// with small limits: a request of more than 8 KiB or one that takes longer
// than 5 s to arrive is ended. Other methods get 405, other paths 404. HEAD is answered as GET
// without body.
//
// Threads: handlers are called from two threads of the server's own, at once if need be; they must
// be quick. The destructor waits for a running handler and
// may take two seconds. Errors: start()
// returns why it could not.

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include <tl/expected.hpp>

namespace bootstrap::runtime {

struct HttpReply {
  int status = 200;
  std::string body;
  std::string content_type = "text/plain; charset=utf-8";
};

class HttpServer {
 public:
  using Handler = std::function<HttpReply()>;
  using Routes = std::map<std::string, Handler, std::less<>>;

  // Port 0: any free one, see port().
  static tl::expected<std::unique_ptr<HttpServer>, std::string> start(std::uint16_t port,
                                                                      Routes routes);
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  std::uint16_t port() const;

 private:
  struct Server;
  explicit HttpServer(std::unique_ptr<Server> server);

  std::unique_ptr<Server> server_;
};

}  // namespace bootstrap::runtime
