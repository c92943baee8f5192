#include "tests/simulation/sim_watch_loop.h"

#include <utility>

namespace bootstrap::simulation {

using kube::ApiError;
using kube::Watcher;

class SimWatchLoop::Opener final : public kube::Transport {
 public:
  Opener(SimTransport& network, Scheduler::Event on_ready)
      : network_(network), on_ready_(std::move(on_ready)) {}

  tl::expected<kube::Response, kube::TransportError> send(const kube::Request& request,
                                                          std::chrono::milliseconds deadline,
                                                          std::stop_token stop) override {
    return network_.send(request, deadline, stop);
  }
  tl::expected<kube::Response, kube::TransportError> stream(const kube::Request& request,
                                                            kube::Sink&, kube::StreamLimits limits,
                                                            std::stop_token) override {
    auto opened = network_.open_watch(request.target, on_ready_);
    if (!opened) return tl::unexpected(opened.error());
    handle = opened->handle;
    idle = limits.idle;
    return opened->head;
  }

  Watches::Handle handle = 0;
  std::chrono::milliseconds idle{0};

 private:
  SimTransport& network_;
  Scheduler::Event on_ready_;
};

namespace {

// The one that watch() needs and never uses.
class NoSink final : public kube::Sink {
 public:
  bool on_bytes(std::string_view) override { return false; }
};

}  // namespace

SimWatchLoop::SimWatchLoop(SimTransport& network, Scheduler& scheduler, Random random,
                           Engine::Watch watch, kube::Client::Options client)
    : network_(network),
      scheduler_(scheduler),
      random_(random),
      watch_(std::move(watch)),
      opener_(std::make_unique<Opener>(network, guarded(&SimWatchLoop::receive))),
      client_(*opener_, nullptr, std::move(client)),
      watcher_(watch_.watcher) {
  step_after(Duration(0));
}

SimWatchLoop::SimWatchLoop(SimTransport& network, Scheduler& scheduler, Random random,
                           std::shared_ptr<const WatchOrder> order, kube::Client::Options client,
                           std::function<void()> on_change)
    : SimWatchLoop(network, scheduler, random,
                   Engine::Watch{order->resource.resource(),
                                 order->watcher,
                                 [order, on_change](const kube::StoreOp& op) {
                                   order->write(op);
                                   on_change();
                                 },
                                 {},
                                 {}},
                   std::move(client)) {
  ns_ = order->ns;
  on_restart_ = [order, on_change](Watcher::Restart why) {
    order->on_restart(why);
    on_change();
  };
}

SimWatchLoop::~SimWatchLoop() {
  *alive_ = false;
  network_.server().watches().close(handle_);
}

// An event that does nothing when the loop, or the process it belongs to, is gone.
Scheduler::Event SimWatchLoop::guarded(void (SimWatchLoop::*what)()) {
  return [this, what, alive = alive_] {
    if (!*alive || network_.dead()) return;
    try {
      (this->*what)();
    } catch (const Crash&) {  // killed while it was blocked in a request
    }
  };
}

void SimWatchLoop::step_after(Duration delay) {
  scheduler_.after(delay, guarded(&SimWatchLoop::step));
}

void SimWatchLoop::step() {
  const double random = static_cast<double>(random_.below(1'000)) / 1'000.0;
  std::visit([this](const auto& what) { run(what); }, watcher_.next(random));
}

void SimWatchLoop::run(const Watcher::OpenWatch& watch) {
  NoSink sink;
  opener_->handle = 0;
  opened_ = scheduler_.clock().now();
  const auto result = client_.watch(watch_.resource, ns_, watch.options, sink, {});
  handle_ = opener_->handle;
  if (!result) return end_watch(result.error());
  watch_silence();
}

void SimWatchLoop::run(const Watcher::GetPage& page) {
  const auto result = client_.list(watch_.resource, ns_, page.options);
  take(result ? watcher_.on_page(*result) : watcher_.on_page_failed(result.error()));
  step_after(Duration(0));
}

void SimWatchLoop::run(const Watcher::Pause& pause) {
  step_after(pause.length);
}

void SimWatchLoop::receive() {
  if (handle_ == 0) return;
  auto& watches = network_.server().watches();
  const std::string arrived = watches.take_available(handle_);
  if (!arrived.empty()) watch_silence();
  std::string_view bytes = arrived;
  while (!bytes.empty()) {
    const auto piece = std::min<std::size_t>(bytes.size(), 1 + random_.below(4'000));
    if (!take(watcher_.on_bytes(bytes.substr(0, piece))))
      return end_watch(ApiError{.message = "the sink said stop"});
    bytes.remove_prefix(piece);
  }
  const auto state = watches.state(handle_);
  if (state == Watches::State::Ended) return end_watch(std::nullopt);
  if (state == Watches::State::Broken) end_watch(ApiError{.message = "connection reset"});
}

void SimWatchLoop::end_watch(const std::optional<ApiError>& error) {
  scheduler_.cancel(silence_);
  network_.server().watches().close(handle_);
  handle_ = 0;
  take(watcher_.on_watch_ended(scheduler_.clock().now() - opened_, error));
  step_after(Duration(1));
}

// The transport's idle limit.
void SimWatchLoop::watch_silence() {
  scheduler_.cancel(silence_);
  silence_ = scheduler_.after(opener_->idle, [this, alive = alive_] {
    if (*alive && handle_ != 0) end_watch(ApiError{.message = "silent for too long"});
  });
}

bool SimWatchLoop::take(const Watcher::Output& output) {
  for (const kube::StoreOp& op : output.ops) watch_.write(op);
  if (on_restart_ && output.restart != Watcher::Restart::None) on_restart_(output.restart);
  return output.go_on;
}

}  // namespace bootstrap::simulation
