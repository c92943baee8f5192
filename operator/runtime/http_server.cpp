#include "operator/runtime/http_server.h"

#include <array>
#include <string_view>
#include <utility>

#include <civetweb.h>

namespace bootstrap::runtime {

namespace {

// One may be held by a peer that sends slowly; the kubelet's probe must still be answered.
constexpr const char* kThreads = "2";
constexpr const char* kRequestTimeoutMs = "5000";
constexpr const char* kLargestHead = "8192";

const char* text_of(int status) {
  switch (status) {
    case 200:
      return "OK";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 503:
      return "Service Unavailable";
    default:
      return "Error";
  }
}

void answer(mg_connection* connection, const HttpReply& reply, bool with_body) {
  mg_printf(connection,
            "HTTP/1.1 %d %s\r\n"
            "Content-Type: %s\r\n"
            "Content-Length: %lu\r\n"
            "Cache-Control: no-store\r\n"
            "Connection: close\r\n"
            "\r\n",
            reply.status, text_of(reply.status), reply.content_type.c_str(),
            static_cast<unsigned long>(reply.body.size()));
  if (with_body) mg_write(connection, reply.body.data(), reply.body.size());
}

HttpReply reply_to(const HttpServer::Routes& routes, std::string_view method,
                   std::string_view path) {
  const auto route = routes.find(path);
  if (route == routes.end()) return {404, "not found\n"};
  if (method != "GET" && method != "HEAD") return {405, "GET only\n"};
  try {
    return route->second();
  } catch (const std::exception& error) {
    return {500, std::string(error.what()) + '\n'};
  }
}

// civetweb's callback: a positive result means answered.
int on_request(mg_connection* connection) {
  const mg_request_info* request = mg_get_request_info(connection);
  const auto* routes = static_cast<const HttpServer::Routes*>(request->user_data);
  const std::string_view method = request->request_method;
  const char* path = request->local_uri == nullptr ? "" : request->local_uri;
  const HttpReply reply = reply_to(*routes, method, path);
  answer(connection, reply, method != "HEAD");
  return reply.status;
}

int drop_message(const mg_connection*, const char*) {
  return 1;
}  // no log file of its own

}  // namespace

struct HttpServer::Server {
  explicit Server(Routes handlers) : routes(std::move(handlers)) { mg_init_library(0); }
  ~Server() {
    if (context != nullptr) mg_stop(context);
    mg_exit_library();
  }
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  bool listen(const std::string& ports) {
    const std::array<const char*, 11> options{"listening_ports",
                                              ports.c_str(),
                                              "num_threads",
                                              kThreads,
                                              "request_timeout_ms",
                                              kRequestTimeoutMs,
                                              "max_request_size",
                                              kLargestHead,
                                              "enable_keep_alive",
                                              "no",
                                              nullptr};
    mg_callbacks callbacks{};
    callbacks.begin_request = on_request;
    callbacks.log_message = drop_message;
    context = mg_start(&callbacks, &routes, const_cast<const char**>(options.data()));
    return context != nullptr;
  }

  Routes routes;
  mg_context* context = nullptr;
};

tl::expected<std::unique_ptr<HttpServer>, std::string> HttpServer::start(std::uint16_t port,
                                                                         Routes routes) {
  auto server = std::make_unique<Server>(std::move(routes));
  const std::string number = std::to_string(port);
  // "+" is IPv4 and IPv6 where the library knows it (Debian's build is IPv4 only) and the node has
  // both.
  if (!server->listen('+' + number) && !server->listen(number))
    return tl::make_unexpected("cannot listen on port " + number);
  return std::unique_ptr<HttpServer>(new HttpServer(std::move(server)));
}

HttpServer::HttpServer(std::unique_ptr<Server> server) : server_(std::move(server)) {}

HttpServer::~HttpServer() = default;

std::uint16_t HttpServer::port() const {
  std::array<mg_server_port, 4> ports{};
  const int count =
      mg_get_server_ports(server_->context, static_cast<int>(ports.size()), ports.data());
  return count > 0 ? static_cast<std::uint16_t>(ports[0].port) : std::uint16_t{0};
}

}  // namespace bootstrap::runtime
