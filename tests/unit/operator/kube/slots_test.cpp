#include "operator/kube/slots.h"

#include <thread>

#include <gtest/gtest.h>

namespace bootstrap::kube {
namespace {

std::chrono::steady_clock::time_point time_in(std::chrono::milliseconds time) {
  return std::chrono::steady_clock::now() + time;
}
constexpr std::chrono::seconds kPlenty{20};

TEST(Slots, AreFreedWhenTheirHolderDies) {
  const auto slots = std::make_shared<Slots>(1);
  auto one = slots->acquire(time_in(kPlenty), {});
  ASSERT_TRUE(one);
  EXPECT_FALSE(slots->acquire(time_in(std::chrono::milliseconds(1)), {}));
  EXPECT_FALSE(slots->wait_unused(time_in(std::chrono::milliseconds(1))));
  std::jthread other([&one] { one.reset(); });
  EXPECT_TRUE(slots->acquire(time_in(kPlenty), {}));
  EXPECT_TRUE(slots->wait_unused(time_in(kPlenty)));
}

TEST(Slots, WaitingEndsByTheStopToken) {
  const auto slots = std::make_shared<Slots>(1);
  const auto one = slots->acquire(time_in(kPlenty), {});
  std::stop_source stop;
  std::jthread stopper([&stop] { stop.request_stop(); });
  EXPECT_FALSE(slots->acquire(time_in(kPlenty), stop.get_token()));
}

TEST(Slots, ASlotMayOutliveEverybodyElse) {
  auto slots = std::make_shared<Slots>(1);
  auto one = slots->acquire(time_in(kPlenty), {});
  slots.reset();
  one.reset();  // the sanitizers would see a use after free
  EXPECT_FALSE(one);
}

}  // namespace
}  // namespace bootstrap::kube
