#include "operator/runtime/threads.h"

#include <array>
#include <cerrno>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <exception>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>

#include <poll.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

namespace bootstrap::runtime {

namespace {

constexpr std::size_t kLongestName = 15;  // what the kernel keeps of a thread's name

// A file descriptor that is closed at the end.
class Descriptor {
 public:
  Descriptor(int fd, const char* what) : fd_(fd) {
    if (fd < 0) throw std::system_error(errno, std::generic_category(), what);
  }
  ~Descriptor() { close(fd_); }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return fd_; }

 private:
  int fd_;
};

sigset_t stop_signals() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, SIGINT);
  return set;
}

}  // namespace

// Outlives the Threads object as long as a thread that was left behind needs it.
struct Threads::Shared {
  std::stop_source stop;
  mutable std::mutex mutex;
  std::condition_variable ended;
  std::optional<std::string> failure;  // guarded by mutex
};

struct Threads::Running {
  std::string name;
  bool ended = false;  // guarded by Shared::mutex
  std::thread thread;
};

Threads::Threads() : shared_(std::make_shared<Shared>()) {}

Threads::~Threads() {
  request_stop();
  for (const auto& running : running_) running->thread.join();
}

void Threads::spawn(std::string name, std::function<void(std::stop_token)> step) {
  auto running = std::make_shared<Running>();
  running->name = std::move(name);
  running->thread = std::thread(
      [shared = shared_, running, step = std::move(step)] { run(*shared, *running, step); });
  pthread_setname_np(running->thread.native_handle(),
                     running->name.substr(0, kLongestName).c_str());
  const std::lock_guard lock(shared_->mutex);
  running_.push_back(std::move(running));
}

void Threads::run(Shared& shared, Running& running,
                  const std::function<void(std::stop_token)>& step) {
  const std::stop_token stop = shared.stop.get_token();
  std::optional<std::string> failure;
  try {
    while (!stop.stop_requested()) step(stop);
  } catch (const std::exception& error) {
    failure = running.name + ": " + error.what();
  } catch (...) {
    failure = running.name + ": an exception of unknown type";
  }
  if (failure) {
    const std::lock_guard lock(shared.mutex);
    if (!shared.failure) shared.failure = failure;
  }
  if (failure) shared.stop.request_stop();
  const std::lock_guard lock(shared.mutex);
  running.ended = true;
  shared.ended.notify_all();
}

void Threads::request_stop() {
  shared_->stop.request_stop();
}

std::stop_token Threads::stop_token() const {
  return shared_->stop.get_token();
}

std::vector<std::string> Threads::join(Duration limit) {
  const auto deadline = std::chrono::steady_clock::now() + limit;
  std::vector<std::string> stuck;
  std::vector<std::shared_ptr<Running>> all;
  {
    const std::lock_guard lock(shared_->mutex);
    all.swap(running_);
  }
  for (auto& running : all) {
    std::unique_lock lock(shared_->mutex);
    const bool ended = shared_->ended.wait_until(lock, deadline, [&] { return running->ended; });
    lock.unlock();
    if (ended) {
      running->thread.join();
    } else {
      stuck.push_back(running->name);
      running->thread.detach();
    }
  }
  return stuck;
}

std::optional<std::string> Threads::failure() const {
  const std::lock_guard lock(shared_->mutex);
  return shared_->failure;
}

SignalGuard::SignalGuard() {
  std::signal(SIGPIPE, SIG_IGN);
  const sigset_t set = stop_signals();
  pthread_sigmask(SIG_BLOCK, &set, &before_);
}

SignalGuard::~SignalGuard() {
  pthread_sigmask(SIG_SETMASK, &before_, nullptr);
}

int SignalGuard::wait(std::stop_token stop) const {
  return wait(std::move(stop), -1);
}

int SignalGuard::wait_for(std::stop_token stop, Duration limit) const {
  return wait(std::move(stop), static_cast<int>(limit.count()));
}

int SignalGuard::wait(std::stop_token stop, int milliseconds) const {
  const sigset_t set = stop_signals();
  const Descriptor signals(signalfd(-1, &set, SFD_CLOEXEC), "signalfd");
  const Descriptor stopped(eventfd(0, EFD_CLOEXEC), "eventfd");
  const std::stop_callback on_stop(stop, [&stopped] {
    const std::uint64_t one = 1;
    (void)!write(stopped.get(), &one, sizeof one);
  });
  std::array<pollfd, 2> wanted{pollfd{signals.get(), POLLIN, 0}, pollfd{stopped.get(), POLLIN, 0}};
  while (poll(wanted.data(), wanted.size(), milliseconds) < 0 && errno == EINTR) {
  }
  if ((wanted[0].revents & POLLIN) == 0) return 0;
  signalfd_siginfo info{};
  if (read(signals.get(), &info, sizeof info) != sizeof info) return 0;
  return static_cast<int>(info.ssi_signo);
}

}  // namespace bootstrap::runtime
