#include "operator/kube/hand_over.h"

#include <utility>

namespace bootstrap::kube {

void HandOver::tell(std::unique_lock<std::mutex> lock) {
  const bool wake = wanted_ && news(*wanted_);
  lock.unlock();
  if (wake) changed_.notify_all();
}

bool HandOver::put(std::string_view bytes, std::function<void()> taken) {
  std::unique_lock lock(mutex_);
  if (abandoned_) return true;
  const bool fits = buffer_.size() + bytes.size() <= capacity_;
  if (fits) {
    buffer_ += bytes;
  } else {
    waiting_ = Waiting{bytes, std::move(taken)};
  }
  tell(std::move(lock));
  return fits;
}

void HandOver::head(Head head) {
  std::unique_lock lock(mutex_);
  head_ = head;
  tell(std::move(lock));
}

void HandOver::end(std::optional<TransportError> failure) {
  std::unique_lock lock(mutex_);
  ended_ = true;
  failure_ = std::move(failure);
  tell(std::move(lock));
}

void HandOver::stop() {
  std::unique_lock lock(mutex_);
  stopped_ = true;
  tell(std::move(lock));
}

std::optional<HandOver::News> HandOver::news(Until until) const {
  if (stopped_ && until == Until::Bytes) return News::Stopped;
  if (until == Until::Head && head_) return News::Head;
  const bool enough = until == Until::Bytes       ? !buffer_.empty() || waiting_
                      : until == Until::FullOrEnd ? waiting_ || (ended_ && !buffer_.empty())
                                                  : false;
  if (enough) return News::Bytes;
  if (ended_) return News::End;
  if (stopped_) return News::Stopped;  // not before a whole answer: it says what was done
  return std::nullopt;
}

HandOver::News HandOver::wait(Until until, Instant deadline) {
  std::unique_lock lock(mutex_);
  wanted_ = until;
  changed_.wait_until(lock, deadline, [&] { return news(until).has_value(); });
  wanted_.reset();
  return news(until).value_or(News::Nothing);
}

HandOver::Head HandOver::head() const {
  const std::lock_guard lock(mutex_);
  return head_.value_or(Head{});
}

std::optional<TransportError> HandOver::failure() const {
  const std::lock_guard lock(mutex_);
  return failure_;
}

std::string HandOver::take() {
  std::string bytes;
  std::optional<Waiting> waiting;
  {
    const std::lock_guard lock(mutex_);
    bytes.swap(buffer_);
    waiting.swap(waiting_);
  }
  if (waiting) {
    bytes += waiting->bytes;
    waiting->taken();  // the library goes on reading
  }
  return bytes;
}

void HandOver::abandon() {
  std::optional<Waiting> waiting;
  {
    const std::lock_guard lock(mutex_);
    abandoned_ = true;
    buffer_.clear();
    waiting.swap(waiting_);
  }
  if (waiting) waiting->taken();
}

}  // namespace bootstrap::kube
