#include "operator/kube/receive.h"

#include <utility>

namespace bootstrap::kube {
namespace {

using Kind = TransportError::Kind;
using News = HandOver::News;
using Until = HandOver::Until;

// The error page of a stream is kept up to this size.
constexpr std::size_t kLargestErrorBody = std::size_t{1} << 20U;

tl::unexpected<TransportError> failed(Kind kind, std::string message) {
  return tl::unexpected(TransportError{kind, std::move(message)});
}

Answer complete(const HandOver& hand, std::string body) {
  if (auto failure = hand.failure()) return tl::unexpected(std::move(*failure));
  return Response{hand.head().status, std::move(body), hand.head().retry_after};
}

}  // namespace

Answer receive_whole(HandOver& hand, HandOver::Instant end, std::size_t most) {
  std::string body;
  while (true) {
    const News news = hand.wait(Until::FullOrEnd, end);
    if (news == News::End) return complete(hand, std::move(body));
    if (news == News::Stopped) return failed(Kind::Cancelled, "stopped");
    if (news != News::Bytes) return failed(Kind::Timeout, "no whole answer in time");
    const std::string bytes = hand.take();
    if (body.size() + bytes.size() > most) {
      return failed(Kind::TooLarge, "the answer is larger than " + std::to_string(most) + " bytes");
    }
    body += bytes;
  }
}

Answer receive_stream(HandOver& hand, Sink& sink, const StreamLimits& limits,
                      HandOver::Instant head_end) {
  const News first = hand.wait(Until::Head, head_end);
  if (first == News::End) return complete(hand, {});
  if (first == News::Stopped) return failed(Kind::Cancelled, "stopped");
  if (first != News::Head) return failed(Kind::Timeout, "no answer in time");
  const int status = hand.head().status;
  if (status < 200 || status >= 300) return receive_whole(hand, head_end, kLargestErrorBody);
  while (true) {
    const News news = hand.wait(Until::Bytes, std::chrono::steady_clock::now() + limits.idle);
    if (news == News::End) return complete(hand, {});
    if (news == News::Stopped) return failed(Kind::Cancelled, "stopped");
    if (news != News::Bytes) return failed(Kind::Timeout, "the stream was silent for too long");
    if (!sink.on_bytes(hand.take())) return failed(Kind::Refused, "the receiver ended the stream");
  }
}

}  // namespace bootstrap::kube
