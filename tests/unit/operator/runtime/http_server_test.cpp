#include "operator/runtime/http_server.h"

#include <array>
#include <stdexcept>
#include <string>

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

namespace bootstrap::runtime {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

// Sends the bytes and reads until the server closes.
std::string talk(std::uint16_t port, const std::string& bytes) {
  const int fd = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    close(fd);
    return "no connection";
  }
  (void)!send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
  std::string answer;
  std::array<char, 4096> buffer{};
  for (ssize_t n; (n = recv(fd, buffer.data(), buffer.size(), 0)) > 0;)
    answer.append(buffer.data(), static_cast<std::size_t>(n));
  close(fd);
  return answer;
}

std::string request(const std::string& method, const std::string& path) {
  return method + " " + path + " HTTP/1.1\r\nHost: localhost\r\n\r\n";
}

class HttpServerTest : public testing::Test {
 protected:
  void SetUp() override {
    auto started = HttpServer::start(
        0, {{"/healthz",
             [] {
               return HttpReply{200, "ok\n"};
             }},
            {"/readyz",
             [] {
               return HttpReply{503, "jobs synced: not yet\n"};
             }},
            {"/metrics",
             [] {
               return HttpReply{200, std::string(300'000, 'x'), "text/plain; version=0.0.4"};
             }},
            {"/bad", []() -> HttpReply { throw std::runtime_error("boom"); }}});
    ASSERT_TRUE(started) << started.error();
    server_ = std::move(*started);
    ASSERT_NE(server_->port(), 0);
  }
  std::unique_ptr<HttpServer> server_;
};

TEST_F(HttpServerTest, AnswersWhatItKnows) {
  const std::string live = talk(server_->port(), request("GET", "/healthz"));
  EXPECT_THAT(live, StartsWith("HTTP/1.1 200 OK\r\n"));
  EXPECT_THAT(live, HasSubstr("\r\n\r\nok\n"));
  const std::string ready = talk(server_->port(), request("GET", "/readyz?verbose"));
  EXPECT_THAT(ready, StartsWith("HTTP/1.1 503 "));
  EXPECT_THAT(ready, HasSubstr("jobs synced: not yet\n"));
  const std::string metrics = talk(server_->port(), request("GET", "/metrics"));
  EXPECT_THAT(metrics, HasSubstr("Content-Type: text/plain; version=0.0.4\r\n"));
  EXPECT_THAT(metrics, HasSubstr("Content-Length: 300000\r\n"));
  EXPECT_EQ(metrics.size() - metrics.find("\r\n\r\n") - 4, 300'000U);
  const std::string head = talk(server_->port(), request("HEAD", "/healthz"));
  EXPECT_THAT(head, StartsWith("HTTP/1.1 200 OK\r\n"));
  EXPECT_THAT(head, Not(HasSubstr("\r\n\r\nok")));
}

TEST_F(HttpServerTest, RefusesTheRest) {
  const std::vector<std::pair<std::string, std::string>> cases{
      {request("GET", "/"), "HTTP/1.1 404 "},
      {request("GET", "/healthz/../../etc/passwd"), "HTTP/1.1 404 "},
      {request("POST", "/healthz"), "HTTP/1.1 405 "},
      {request("DELETE", "/healthz"), "HTTP/1.1 405 "},
      {request("PUT", "/healthz"), "HTTP/1.1 405 "},
      {request("GET", "/bad"), "HTTP/1.1 500 "},
      {"nonsense\r\n\r\n", "HTTP/1.0 400 "},
      {request("GET", "/" + std::string(20'000, 'a')), "HTTP/1.0 400 "}};
  for (const auto& [bytes, expected] : cases)
    EXPECT_THAT(talk(server_->port(), bytes), StartsWith(expected)) << bytes.substr(0, 60);
  EXPECT_THAT(talk(server_->port(), request("GET", "/healthz")), HasSubstr(" 200 "))
      << "and still lives";
}

TEST_F(HttpServerTest, SaysWhenThePortIsTaken) {
  const auto second = HttpServer::start(server_->port(), {});
  ASSERT_FALSE(second);
  EXPECT_THAT(second.error(), HasSubstr(std::to_string(server_->port())));
}

TEST_F(HttpServerTest, IsGoneAfterItsEnd) {
  const std::uint16_t port = server_->port();
  server_.reset();
  EXPECT_EQ(talk(port, request("GET", "/healthz")), "no connection");
}

}  // namespace
}  // namespace bootstrap::runtime
