#include "tests/conformance/scripted_server.h"

#include <algorithm>
#include <cctype>
#include <csignal>
#include <cstdlib>
#include <stdexcept>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <unistd.h>

namespace bootstrap::conformance {
namespace {

void must(bool ok, const char* what) {
  if (!ok) throw std::runtime_error(what);
}

SSL_CTX* server_context(const ScriptedServer::Options& options) {
  SSL_CTX* context = SSL_CTX_new(TLS_server_method());
  BIO* cert_in = BIO_new_mem_buf(options.identity.cert_pem.data(), -1);
  BIO* key_in = BIO_new_mem_buf(options.identity.key_pem.data(), -1);
  X509* cert = PEM_read_bio_X509(cert_in, nullptr, nullptr, nullptr);
  EVP_PKEY* key = PEM_read_bio_PrivateKey(key_in, nullptr, nullptr, nullptr);
  must(SSL_CTX_use_certificate(context, cert) == 1, "certificate");
  must(SSL_CTX_use_PrivateKey(context, key) == 1, "key");
  X509_free(cert);
  EVP_PKEY_free(key);
  BIO_free(cert_in);
  BIO_free(key_in);
  if (options.newest_tls != 0) {
    SSL_CTX_set_security_level(context, 0);  // or OpenSSL itself refuses the old versions
    SSL_CTX_set_min_proto_version(context, TLS1_VERSION);
    SSL_CTX_set_max_proto_version(context, options.newest_tls);
  }
  if (!options.client_ca_pem.empty()) {
    BIO* ca_in = BIO_new_mem_buf(options.client_ca_pem.data(), -1);
    X509* ca = PEM_read_bio_X509(ca_in, nullptr, nullptr, nullptr);
    X509_STORE_add_cert(SSL_CTX_get_cert_store(context), ca);
    X509_free(ca);
    BIO_free(ca_in);
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  }
  return context;
}

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

std::string line_of(std::string& text) {
  const auto end = text.find("\r\n");
  std::string line = text.substr(0, end);
  text.erase(0, end == std::string::npos ? end : end + 2);
  return line;
}

SeenRequest parsed(std::string head) {
  SeenRequest request;
  const std::string first = line_of(head);
  const auto space = first.find(' ');
  request.method = first.substr(0, space);
  request.target = first.substr(space + 1, first.rfind(' ') - space - 1);
  while (!head.empty()) {
    const std::string line = line_of(head);
    const auto colon = line.find(':');
    if (colon == std::string::npos) break;
    const auto value = line.find_first_not_of(' ', colon + 1);
    request.headers[lower(line.substr(0, colon))] =
        value == std::string::npos ? "" : line.substr(value);
  }
  return request;
}

}  // namespace

bool Peer::fill() {
  char buffer[16384];
  const int got = SSL_read(tls_, buffer, sizeof buffer);
  if (got <= 0) return false;
  input_.append(buffer, static_cast<std::size_t>(got));
  return true;
}

bool Peer::read_head() {
  while (input_.find("\r\n\r\n") == std::string::npos) {
    if (!fill()) return false;
  }
  return true;
}

std::optional<SeenRequest> Peer::read_request() {
  if (!read_head()) return std::nullopt;
  const auto end = input_.find("\r\n\r\n") + 4;
  SeenRequest request = parsed(input_.substr(0, end));
  request.connection = connection_;
  const auto length = request.headers.find("content-length");
  const std::size_t size = length == request.headers.end() ? 0 : std::stoul(length->second);
  while (input_.size() < end + size) {
    if (!fill()) return std::nullopt;
  }
  request.body = input_.substr(end, size);
  input_.erase(0, end + size);
  server_.record(request);
  return request;
}

bool Peer::write(std::string_view bytes) {
  while (!bytes.empty()) {
    const int size = static_cast<int>(std::min<std::size_t>(bytes.size(), 16384));
    const int wrote = SSL_write(tls_, bytes.data(), size);
    if (wrote <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(wrote));
  }
  return true;
}

bool Peer::answer(int status, std::string_view body, std::string_view more_headers) {
  return write("HTTP/1.1 " + std::to_string(status) + " X\r\nContent-Type: application/json\r\n" +
               std::string(more_headers) + "Content-Length: " + std::to_string(body.size()) +
               "\r\n\r\n" + std::string(body));
}

bool Peer::begin_chunks(int status) {
  return write("HTTP/1.1 " + std::to_string(status) +
               " X\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n");
}

bool Peer::chunk(std::string_view bytes) {
  char size[20];
  std::snprintf(size, sizeof size, "%zx\r\n", bytes.size());
  return write(std::string(size) + std::string(bytes) + "\r\n");
}

void Peer::reset() {
  const linger now{.l_onoff = 1, .l_linger = 0};
  setsockopt(socket_, SOL_SOCKET, SO_LINGER, &now, sizeof now);
  silent_end_ = true;
}

void Peer::drop() {
  silent_end_ = true;
}

void Peer::wait_closed() {
  while (fill()) input_.clear();
}

ScriptedServer::ScriptedServer(Options options, Script script)
    : options_(std::move(options)), script_(std::move(script)), context_(server_context(options_)) {
  std::signal(SIGPIPE, SIG_IGN);
  listener_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (options_.send_buffer > 0) {
    setsockopt(listener_, SOL_SOCKET, SO_SNDBUF, &options_.send_buffer, sizeof(int));
  }
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  must(bind(listener_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0, "bind");
  must(listen(listener_, 128) == 0, "listen");
  socklen_t size = sizeof address;
  getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
  port_ = ntohs(address.sin_port);
  acceptor_ = std::thread([this] { accept_loop(); });
}

ScriptedServer::~ScriptedServer() {
  {
    const std::lock_guard lock(mutex_);
    closing_ = true;
    for (const int socket : open_) shutdown(socket, SHUT_RDWR);
  }
  shutdown(listener_, SHUT_RDWR);
  acceptor_.join();
  for (auto& thread : threads_) thread.join();  // no new ones: the acceptor has ended
  close(listener_);
  SSL_CTX_free(context_);
}

std::string ScriptedServer::url(const std::string& host) const {
  return "https://" + host + ":" + std::to_string(port_);
}

std::vector<SeenRequest> ScriptedServer::requests() const {
  const std::lock_guard lock(mutex_);
  return requests_;
}

int ScriptedServer::connections() const {
  const std::lock_guard lock(mutex_);
  return connections_;
}

bool ScriptedServer::wait_for_requests(std::size_t count) const {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, kPatience, [&] { return requests_.size() >= count; });
}

bool ScriptedServer::wait_for_finished(int connections) const {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, kPatience, [&] { return finished_ >= connections; });
}

void ScriptedServer::record(SeenRequest request) {
  const std::lock_guard lock(mutex_);
  requests_.push_back(std::move(request));
  changed_.notify_all();
}

void ScriptedServer::accept_loop() {
  while (true) {
    const int socket = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (socket < 0) return;
    const std::lock_guard lock(mutex_);
    if (closing_) {
      close(socket);
      return;
    }
    open_.push_back(socket);
    threads_.emplace_back([this, socket] { serve(socket); });
  }
}

void ScriptedServer::serve(int socket) {
  const int on = 1;
  setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  SSL* tls = SSL_new(context_);
  SSL_set_fd(tls, socket);
  bool silent_end = true;
  if (SSL_accept(tls) == 1) {
    int number = 0;
    {
      const std::lock_guard lock(mutex_);
      number = connections_++;
    }
    Peer peer(*this, tls, socket, number);
    script_(peer);
    silent_end = peer.silent_end_;
  } else {  // let the alert arrive: closing with unread bytes would reset the connection
    shutdown(socket, SHUT_WR);
    char ignored[4096];
    while (read(socket, ignored, sizeof ignored) > 0) continue;
  }
  if (!silent_end) SSL_shutdown(tls);
  ERR_clear_error();
  SSL_free(tls);
  const std::lock_guard lock(mutex_);
  open_.erase(std::find(open_.begin(), open_.end(), socket));
  close(socket);
  ++finished_;
  changed_.notify_all();
}

}  // namespace bootstrap::conformance
