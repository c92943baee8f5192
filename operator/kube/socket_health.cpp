#include "operator/kube/socket_health.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>

namespace bootstrap::kube {
namespace {

constexpr int kProbeAfterSeconds = 30;
constexpr int kProbeEverySeconds = 10;
constexpr int kProbes = 3;
constexpr int kUnacknowledgedMs = 30'000;

void set_option(int socket, int level, int name, int value) {
  // Best effort: without it a dead peer is noticed by the transport's own limits.
  (void)setsockopt(socket, level, name, &value, sizeof value);
}

}  // namespace

void notice_dead_peers(int socket) {
  set_option(socket, SOL_SOCKET, SO_KEEPALIVE, 1);
  set_option(socket, IPPROTO_TCP, TCP_KEEPIDLE, kProbeAfterSeconds);
  set_option(socket, IPPROTO_TCP, TCP_KEEPINTVL, kProbeEverySeconds);
  set_option(socket, IPPROTO_TCP, TCP_KEEPCNT, kProbes);
  set_option(socket, IPPROTO_TCP, TCP_USER_TIMEOUT, kUnacknowledgedMs);
}

bool closed_by_peer(int socket) {
  pollfd asked{.fd = socket, .events = POLLRDHUP, .revents = 0};
  return poll(&asked, 1, 0) == 1;  // errors and a full hang-up are always polled for
}

}  // namespace bootstrap::kube
