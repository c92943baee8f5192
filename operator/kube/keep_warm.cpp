#include "operator/kube/keep_warm.h"

#include <utility>

namespace bootstrap::kube {

KeepWarm::KeepWarm(Transport& transport, const runtime::Clock& clock, Options options)
    : transport_(transport),
      clock_(clock),
      options_(std::move(options)),
      last_used_(clock.steady_now() - options_.quiet) {}

runtime::SteadyPoint KeepWarm::last_used() const {
  const std::lock_guard lock(mutex_);
  return last_used_;
}

runtime::SteadyPoint KeepWarm::step(TokenSource* tokens, std::stop_token stop) {
  if (clock_.steady_now() >= last_used() + options_.quiet) {
    Request request{.target = options_.path};
    if (tokens != nullptr) request.bearer_token = tokens->token();
    (void)send(request, options_.deadline, std::move(stop));
  }
  return last_used() + options_.quiet;
}

tl::expected<Response, TransportError> KeepWarm::send(const Request& request,
                                                      std::chrono::milliseconds deadline,
                                                      std::stop_token stop) {
  auto answer = transport_.send(request, deadline, std::move(stop));
  // After a failure too: an unreachable server is not asked more often than a quiet one.
  const std::lock_guard lock(mutex_);
  last_used_ = clock_.steady_now();
  return answer;
}

tl::expected<Response, TransportError> KeepWarm::stream(const Request& request, Sink& sink,
                                                        StreamLimits limits, std::stop_token stop) {
  return transport_.stream(request, sink, limits, std::move(stop));
}

}  // namespace bootstrap::kube
