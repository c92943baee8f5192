#pragma once
// Hands one HTTP answer from the HTTP library's thread to the thread that waits for it.
//
// The library's side never blocks: put() either copies the bytes or, when the buffer is full, keeps
// the place they are in and says later that they were taken. As long as they are not, the library
// reads nothing more from the network; that is the back-pressure of a stream.
//
//   library's thread:  head() … put() … put() … end()      any thread:  stop()
//   caller's thread:   wait() take() wait() take() …  or at any time abandon()
//
// Threads: as above; one producer, one consumer. Nothing here throws or waits but wait().

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "operator/kube/transport.h"

namespace bootstrap::kube {

class HandOver {
 public:
  using Instant = std::chrono::steady_clock::time_point;

  struct Head {
    int status = 0;
    std::optional<std::chrono::seconds> retry_after;
  };
  enum class Until {
    Head,       // status and headers
    Bytes,      // at least one byte
    FullOrEnd,  // as many bytes as fit; wakes a caller that wants the whole body but rarely
  };
  enum class News { Head, Bytes, End, Stopped, Nothing };

  explicit HandOver(std::size_t capacity) : capacity_(capacity) {}

  // True: the bytes were copied, or are not wanted any more. False: `taken` will be called once,
  // from another thread, when they have been; they must stay where they are until then.
  bool put(std::string_view bytes, std::function<void()> taken);
  void head(Head head);
  void end(std::optional<TransportError> failure);

  void stop();

  // What there is, or Nothing when `deadline` has passed. End only after the last byte was taken.
  News wait(Until until, Instant deadline);
  Head head() const;
  std::optional<TransportError> failure() const;  // after End
  std::string take();
  // Whatever still comes is thrown away.
  void abandon();

 private:
  struct Waiting {
    std::string_view bytes;
    std::function<void()> taken;
  };
  std::optional<News> news(Until until) const;
  // Wakes the caller if that is what it waits for, after the lock was let go: it would else wake
  // only to wait for the lock.
  void tell(std::unique_lock<std::mutex> lock);

  const std::size_t capacity_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::string buffer_;
  std::optional<Waiting> waiting_;
  std::optional<Until> wanted_;  // by the caller that waits
  std::optional<Head> head_;
  std::optional<TransportError> failure_;
  bool ended_ = false;
  bool stopped_ = false;
  bool abandoned_ = false;
};

}  // namespace bootstrap::kube
