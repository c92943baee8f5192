#include "operator/watch_pool.h"

#include <atomic>
#include <condition_variable>
#include <mutex>

#include <gtest/gtest.h>

#include "tests/fakes/fake_transport.h"

namespace bootstrap {
namespace {

using namespace std::chrono_literals;

constexpr const char* kSynced = R"({"type":"BOOKMARK","object":{"metadata":{"resourceVersion":"7",)"
                                R"("annotations":{"k8s.io/initial-events-end":"true"}}}})"
                                "\n";

class WatchPoolTest : public ::testing::Test {
 protected:
  ~WatchPoolTest() override {
    threads_.request_stop();
    EXPECT_TRUE(threads_.join(30s).empty());
  }

  std::shared_ptr<const WatchOrder> order(std::uint64_t id) {
    auto order = std::make_shared<WatchOrder>();
    order->id = id;
    order->resource = {"apps", "v1", "deployments", true};
    order->ns = "ns";
    order->watcher.field_selector = "metadata.name=x";
    order->write = [this](const kube::StoreOp& op) {
      if (!std::holds_alternative<kube::ops::Complete>(op)) return;
      const std::scoped_lock lock(mutex_);
      ++synced_;
      changed_.notify_all();
    };
    order->on_restart = [](kube::Watcher::Restart) {};
    return order;
  }
  void wait_for_synced(int count) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return synced_ >= count; });
  }

  fakes::FakeTransport transport_;
  runtime::SystemClock clock_;
  kube::Client client_{transport_, nullptr, {}};
  std::mutex mutex_;
  std::condition_variable changed_;
  int synced_ = 0;
  runtime::Threads threads_;
  WatchPool pool_{client_, clock_, threads_, {}};
};

TEST_F(WatchPoolTest, RunsAWatchUntilItIsClosed) {
  transport_.will_stream_until_stopped({kSynced});
  pool_.open(order(1));
  wait_for_synced(1);
  EXPECT_TRUE(transport_.seen().at(0).request.target.starts_with(
      "/apis/apps/v1/namespaces/ns/deployments?"))
      << transport_.seen().at(0).request.target;
  EXPECT_NE(transport_.seen().at(0).request.target.find("fieldSelector=metadata.name%3Dx"),
            std::string::npos);
  pool_.close(1);  // the stream ends, and nothing more is asked of the server
  transport_.will_stream_until_stopped({kSynced});
  pool_.open(order(2));
  wait_for_synced(2);
  EXPECT_EQ(transport_.seen().size(), 2U);
}

TEST_F(WatchPoolTest, RunsSeveralAtTheSameTime) {
  for (std::uint64_t id = 1; id <= 5; ++id) {
    transport_.will_stream_until_stopped({kSynced});
    pool_.open(order(id));
  }
  wait_for_synced(5);
  for (std::uint64_t id = 1; id <= 5; ++id) pool_.close(id);
}

TEST_F(WatchPoolTest, EndsWithTheProcess) {
  transport_.will_stream_until_stopped({kSynced});
  pool_.open(order(1));
  wait_for_synced(1);  // left open: the destructor must not hang
}

TEST_F(WatchPoolTest, WhatIsClosedBeforeItBeganIsNeverAskedFor) {
  pool_.close(9);
  EXPECT_TRUE(transport_.seen().empty());
}

}  // namespace
}  // namespace bootstrap
