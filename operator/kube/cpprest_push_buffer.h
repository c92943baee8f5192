#pragma once
// The library's end of the hand-over, as a stream buffer of its own kind that can only be written
// to. Part of cpprest_transport.cpp; nobody else may include it.
//
// The library waits for the task of _putn before it reads on from the network, and no thread waits
// with it: an incomplete task is the back-pressure.
//
// Threads: called by the library for one request, one call at a time. Never throws and never fails:
// a request is ended by its cancellation token alone, as the library's own way to fail a stream
// blocks a thread of its pool.

#include <memory>
#include <string_view>
#include <utility>

#include <cpprest/astreambuf.h>

#include "operator/kube/hand_over.h"

namespace bootstrap::kube {

class PushBuffer final : public concurrency::streams::details::streambuf_state_manager<uint8_t> {
 public:
  explicit PushBuffer(std::shared_ptr<HandOver> hand)
      : streambuf_state_manager(std::ios_base::out), hand_(std::move(hand)) {}

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
  pplx::task<bool> _sync() override { return pplx::task_from_result(true); }
  pplx::task<int_type> _bumpc() override { return pplx::task_from_result<int_type>(traits::eof()); }
  int_type _sbumpc() override { return traits::eof(); }
  pplx::task<int_type> _getc() override { return pplx::task_from_result<int_type>(traits::eof()); }
  int_type _sgetc() override { return traits::eof(); }
  pplx::task<int_type> _nextc() override { return pplx::task_from_result<int_type>(traits::eof()); }
  pplx::task<int_type> _ungetc() override {
    return pplx::task_from_result<int_type>(traits::eof());
  }
  pplx::task<std::size_t> _getn(uint8_t*, std::size_t) override {
    return pplx::task_from_result<std::size_t>(0);
  }
  std::size_t _scopy(uint8_t*, std::size_t) override { return 0; }
  uint8_t* _alloc(std::size_t) override { return nullptr; }
  void _commit(std::size_t) override {}

  const std::shared_ptr<HandOver> hand_;
};

}  // namespace bootstrap::kube
