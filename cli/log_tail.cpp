#include "cli/log_tail.h"

#include <chrono>
#include <utility>

#include "controllers/texts.h"
#include "operator/runtime/pause.h"

namespace bootstrap::cli {
namespace {

constexpr std::size_t kKept = 4096;                 // bytes; longer lines lose their beginning
constexpr std::chrono::milliseconds kAgain{1'000};  // until a pod has started

class LineSink final : public kube::Sink {
 public:
  explicit LineSink(std::function<void(std::string_view)> take) : take_(std::move(take)) {}
  bool on_bytes(std::string_view bytes) override {
    take_(bytes);
    return true;
  }

 private:
  std::function<void(std::string_view)> take_;
};

}  // namespace

void NewestLine::feed(std::string_view bytes) {
  end_ += bytes;
  if (end_.size() > kKept) end_.erase(0, end_.size() - kKept);
}

std::string NewestLine::text() const {
  // A progress bar begins its line anew.
  std::string end = end_;
  for (char& c : end)
    if (c == '\r') c = '\n';
  std::string line = last_line(tail(end, kKept));
  for (char& c : line)
    if (c == '\t') c = ' ';
  return line;
}

LogTail::LogTail(Cluster& cluster, std::function<void()> on_line)
    : cluster_(cluster),
      on_line_(std::move(on_line)),
      thread_([this](const std::stop_token& stop) { run(stop); }) {}

LogTail::~LogTail() {
  thread_.request_stop();
  const std::lock_guard lock(mutex_);
  reading_.request_stop();
}

void LogTail::follow(const SeenWorkflow& workflow, const std::optional<LogTarget>& target) {
  const std::lock_guard lock(mutex_);
  if (target.has_value() == followed_.has_value() &&
      (!target ||
       (followed_->target == *target && followed_->workflow.meta.uid == workflow.meta.uid)))
    return;
  followed_ = target ? std::optional(Followed{workflow, *target}) : std::nullopt;
  newest_ = {};
  ++turn_;
  reading_.request_stop();
  reading_ = {};
  changed_.notify_all();
}

std::string LogTail::line() const {
  const std::lock_guard lock(mutex_);
  return newest_.text();
}

void LogTail::run(const std::stop_token& stop) {
  int done = 0;  // with the target of this turn
  while (!stop.stop_requested()) {
    std::optional<Followed> followed;
    std::stop_token reading;
    int turn = 0;
    {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, stop, [&] { return followed_ && turn_ != done; });
      if (stop.stop_requested() || !followed_) continue;
      followed = followed_;
      reading = reading_.get_token();
      turn = turn_;
    }
    if (!read(*followed, reading)) {
      done = turn;
    } else {
      runtime::pause(kAgain, reading);
    }
  }
}

bool LogTail::read(const Followed& followed, const std::stop_token& stop) {
  const auto pod =
      cluster_.pod_of(followed.workflow, followed.target.step, followed.target.attempt);
  if (!pod) return pod.error().kind != kube::ApiError::Kind::Forbidden;
  if (!*pod) return true;
  const std::string container = container_of(**pod);
  LineSink sink([this, &stop](std::string_view bytes) {
    {
      const std::lock_guard lock(mutex_);
      if (stop.stop_requested()) return;
      newest_.feed(bytes);
    }
    on_line_();
  });
  const auto ended = cluster_.client().read_log(
      (*pod)->meta.ns, (*pod)->meta.name, {.container = container, .follow = true, .tail_lines = 1},
      sink, stop);
  // After the source the tool; and a container that has not started yet is an error, too.
  return ended ? container != kToolContainer
               : ended.error().kind != kube::ApiError::Kind::Forbidden;
}

}  // namespace bootstrap::cli
