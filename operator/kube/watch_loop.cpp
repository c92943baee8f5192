#include "operator/kube/watch_loop.h"

#include <memory>
#include <optional>
#include <random>
#include <utility>
#include <variant>

#include "operator/runtime/pause.h"

namespace bootstrap::kube {

namespace {

std::function<double()> own_generator() {
  return [engine = std::minstd_rand(std::random_device{}())]() mutable {
    return std::uniform_real_distribution<double>(0.0, 1.0)(engine);
  };
}

class Feed final : public Sink {
 public:
  explicit Feed(std::function<bool(std::string_view)> take) : take_(std::move(take)) {}
  bool on_bytes(std::string_view bytes) override { return take_(bytes); }

 private:
  std::function<bool(std::string_view)> take_;
};

}  // namespace

WatchLoop::WatchLoop(Client& client, const runtime::Clock& clock, Options options, Hooks hooks)
    : client_(&client),
      clock_(&clock),
      options_(std::move(options)),
      hooks_(std::move(hooks)),
      watcher_(options_.watcher) {
  if (!hooks_.beat) hooks_.beat = [] {};
  if (!hooks_.on_restart) hooks_.on_restart = [](Watcher::Restart, const std::string&) {};
  if (!hooks_.random) hooks_.random = own_generator();
  if (!hooks_.pause) hooks_.pause = runtime::pause;
}

void WatchLoop::step(std::stop_token stop) {
  hooks_.beat();
  std::visit([&](const auto& what) { run(what, stop); }, watcher_.next(hooks_.random()));
  hooks_.beat();
}

void WatchLoop::run(const Watcher::OpenWatch& watch, std::stop_token stop) {
  const auto begin = clock_->steady_now();
  Feed feed([this](std::string_view bytes) {
    hooks_.beat();
    return take(watcher_.on_bytes(bytes));
  });
  const auto result = client_->watch(options_.resource, options_.ns, watch.options, feed, stop);
  const auto lived =
      std::chrono::duration_cast<std::chrono::milliseconds>(clock_->steady_now() - begin);
  take(watcher_.on_watch_ended(lived, result ? std::nullopt : std::optional(result.error())));
}

void WatchLoop::run(const Watcher::GetPage& page, std::stop_token) {
  const auto result = client_->list(options_.resource, options_.ns, page.options);
  take(result ? watcher_.on_page(*result) : watcher_.on_page_failed(result.error()));
}

void WatchLoop::run(const Watcher::Pause& pause, std::stop_token stop) {
  hooks_.pause(pause.length, stop);
}

bool WatchLoop::take(const Watcher::Output& output) {
  for (const StoreOp& op : output.ops) hooks_.write(op);
  if (output.restart != Watcher::Restart::None) hooks_.on_restart(output.restart, output.message);
  return output.go_on;
}

}  // namespace bootstrap::kube
