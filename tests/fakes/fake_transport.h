#pragma once
// A Transport that answers from a script and remembers what it was asked.
//
//   FakeTransport transport;
//   transport.will_answer({.status = 200, .body = "{}"});           // to the next call, in order
//   transport.will_stream({"line 1\n", "line 2\n"});               // then a clean end
//   transport.will_stream({"line 1\n"}, TransportError{...});      // then a broken connection
//   transport.will_stream_until_stopped({"line 1\n"});             // then silence until stop
//   transport.on_send([](const Request& r) { return ...; });        // instead of the script
//
// send() and stream() share one script. A call beyond the script is answered with Unreachable.
//
// Threads: safe from any thread; the sink runs on the thread that called stream().

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "operator/kube/transport.h"

namespace bootstrap::fakes {

class FakeTransport final : public kube::Transport {
 public:
  using Answer = tl::expected<kube::Response, kube::TransportError>;

  struct Seen {
    kube::Request request;
    bool streamed = false;
    std::chrono::milliseconds deadline{0};  // of send()
    kube::StreamLimits limits;              // of stream()
  };

  void will_answer(kube::Response response) { add({{}, Answer(std::move(response)), false}); }
  void will_fail(kube::TransportError error) {
    add({{}, Answer(tl::unexpected(std::move(error))), false});
  }
  void will_stream(std::vector<std::string> pieces) {
    add({std::move(pieces), Answer(kube::Response{.status = 200}), false});
  }
  void will_stream(std::vector<std::string> pieces, kube::TransportError end) {
    add({std::move(pieces), Answer(tl::unexpected(std::move(end))), false});
  }
  void will_stream_until_stopped(std::vector<std::string> pieces) {
    add({std::move(pieces), Answer(kube::Response{.status = 200}), true});
  }
  void on_send(std::function<Answer(const kube::Request&)> handler) {
    const std::lock_guard lock(mutex_);
    handler_ = std::move(handler);
  }

  std::vector<Seen> seen() const {
    const std::lock_guard lock(mutex_);
    return seen_;
  }
  // Blocks until `count` calls have begun.
  void wait_for_calls(std::size_t count) const {
    std::unique_lock lock(mutex_);
    called_.wait(lock, [&] { return seen_.size() >= count; });
  }

  Answer send(const kube::Request& request, std::chrono::milliseconds deadline,
              std::stop_token stop) override {
    if (auto handler = note({request, false, deadline, {}})) return handler(request);
    if (stop.stop_requested()) return cancelled();
    return take().end;
  }

  Answer stream(const kube::Request& request, kube::Sink& sink, kube::StreamLimits limits,
                std::stop_token stop) override {
    note({request, true, {}, limits});
    const Step step = take();
    for (const std::string& piece : step.pieces) {
      if (stop.stop_requested()) return cancelled();
      if (!sink.on_bytes(piece)) {
        return tl::unexpected(
            kube::TransportError{kube::TransportError::Kind::Refused, "the sink said stop"});
      }
    }
    if (!step.until_stopped) return step.end;
    std::unique_lock lock(mutex_);
    called_.wait(lock, stop, [] { return false; });
    return cancelled();
  }

 private:
  struct Step {
    std::vector<std::string> pieces;
    Answer end;
    bool until_stopped = false;
  };

  static Answer cancelled() {
    return tl::unexpected(
        kube::TransportError{kube::TransportError::Kind::Cancelled, "stopped", false});
  }

  void add(Step step) {
    const std::lock_guard lock(mutex_);
    script_.push_back(std::move(step));
  }

  std::function<Answer(const kube::Request&)> note(Seen seen) {
    const std::lock_guard lock(mutex_);
    seen_.push_back(std::move(seen));
    called_.notify_all();
    return seen_.back().streamed ? nullptr : handler_;
  }

  Step take() {
    const std::lock_guard lock(mutex_);
    if (script_.empty()) {
      return {{},
              tl::unexpected(kube::TransportError{kube::TransportError::Kind::Unreachable,
                                                  "nothing scripted", false}),
              false};
    }
    Step step = std::move(script_.front());
    script_.pop_front();
    return step;
  }

  mutable std::mutex mutex_;
  mutable std::condition_variable_any called_;
  std::deque<Step> script_;
  std::vector<Seen> seen_;
  std::function<Answer(const kube::Request&)> handler_;
};

}  // namespace bootstrap::fakes
