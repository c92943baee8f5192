#pragma once
// Our two ends of the library's streams, as stream buffers of its own kind. Part of
// cpprest_transport.cpp; nobody else may include it.
//
// PushBuffer takes what comes from the network. The library waits for the task of _putn before it
// reads on, and no thread waits with it: an incomplete task is the back-pressure.
//
// OnceBuffer gives a request's body. It cannot go back to its beginning: asked to send the body a
// second time the library finds that, and gives up. (The library's own buffer of this kind costs
// two switches between threads for each request.)
//
// Threads: called by the library for one request, one call at a time. Never throws and never fails:
// a request is ended by its cancellation token alone, as the library's own way to fail a stream
// blocks a thread of its pool.

#include <algorithm>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include <cpprest/astreambuf.h>

#include "operator/kube/hand_over.h"

namespace bootstrap::kube {

// What neither of them can do.
class OneWayBuffer : public concurrency::streams::details::streambuf_state_manager<uint8_t> {
 public:
  using streambuf_state_manager::streambuf_state_manager;

  bool can_seek() const override { return false; }
  bool has_size() const override { return false; }
  std::size_t buffer_size(std::ios_base::openmode) const override { return 0; }
  void set_buffer_size(std::size_t, std::ios_base::openmode) override {}
  std::size_t in_avail() const override { return 0; }
  pos_type getpos(std::ios_base::openmode) const override { return traits::eof(); }
  pos_type seekpos(pos_type, std::ios_base::openmode) override { return traits::eof(); }
  pos_type seekoff(off_type, std::ios_base::seekdir, std::ios_base::openmode) override {
    return traits::eof();
  }
  bool acquire(uint8_t*& place, std::size_t& count) override {
    place = nullptr;
    count = 0;
    return false;
  }
  void release(uint8_t*, std::size_t) override {}
  // The library's own close waits on a pool thread for another pool thread.
  pplx::task<void> close(std::ios_base::openmode) override { return pplx::task_from_result(); }

 protected:
  pplx::task<std::size_t> _putn(const uint8_t*, std::size_t) override {
    return pplx::task_from_result<std::size_t>(0);
  }
  pplx::task<int_type> _putc(uint8_t) override { return nothing(); }
  pplx::task<bool> _sync() override { return pplx::task_from_result(true); }
  pplx::task<int_type> _bumpc() override { return nothing(); }
  int_type _sbumpc() override { return traits::eof(); }
  pplx::task<int_type> _getc() override { return nothing(); }
  int_type _sgetc() override { return traits::eof(); }
  pplx::task<int_type> _nextc() override { return nothing(); }
  pplx::task<int_type> _ungetc() override { return nothing(); }
  pplx::task<std::size_t> _getn(uint8_t*, std::size_t) override {
    return pplx::task_from_result<std::size_t>(0);
  }
  std::size_t _scopy(uint8_t*, std::size_t) override { return 0; }
  uint8_t* _alloc(std::size_t) override { return nullptr; }
  void _commit(std::size_t) override {}

 private:
  static pplx::task<int_type> nothing() { return pplx::task_from_result<int_type>(traits::eof()); }
};

class PushBuffer final : public OneWayBuffer {
 public:
  explicit PushBuffer(std::shared_ptr<HandOver> hand)
      : OneWayBuffer(std::ios_base::out), hand_(std::move(hand)) {}

 private:
  pplx::task<std::size_t> _putn(const uint8_t* bytes, std::size_t count) override {
    pplx::task_completion_event<std::size_t> taken;
    const std::string_view view(reinterpret_cast<const char*>(bytes), count);
    const bool copied = hand_->put(view, [taken, count] { taken.set(count); });
    return copied ? pplx::task_from_result(count) : pplx::create_task(taken);
  }
  pplx::task<int_type> _putc(uint8_t byte) override {
    hand_->put(std::string_view(reinterpret_cast<const char*>(&byte), 1), [] {});
    return pplx::task_from_result<int_type>(byte);
  }

  const std::shared_ptr<HandOver> hand_;
};

class OnceBuffer final : public OneWayBuffer {
 public:
  explicit OnceBuffer(std::string body) : OneWayBuffer(std::ios_base::in), body_(std::move(body)) {}

 private:
  pplx::task<std::size_t> _getn(uint8_t* place, std::size_t count) override {
    const std::string_view part = std::string_view(body_).substr(read_, count);
    std::ranges::copy(part, place);
    read_ += part.size();
    return pplx::task_from_result(part.size());
  }

  const std::string body_;
  std::size_t read_ = 0;
};

}  // namespace bootstrap::kube
