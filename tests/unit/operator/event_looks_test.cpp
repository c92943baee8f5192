#include "operator/event_looks.h"

#include <gtest/gtest.h>

#include "tests/fakes/manual_clock.h"

namespace bootstrap {
namespace {

using namespace std::chrono_literals;

class EventLooksTest : public ::testing::Test {
 protected:
  // Whether there was an answer.
  bool ask(const std::string& uid) {
    return looks_
        .ask({uid},
             [&]() -> Found<EventsAbout::Answer> {
               ++reads_;
               if (fails_) return tl::unexpected(Unavailable{"no API server"});
               return std::vector<EventView>{EventView{"Warning", "FailedMount", "", {}}};
             })
        .has_value();
  }

  // Of many who ask at the same time.
  int answered(int askers) {
    int count = 0;
    for (int i = 0; i < askers; ++i) count += ask("pod " + std::to_string(asked_++)) ? 1 : 0;
    return count;
  }

  fakes::ManualClock clock_;
  EventLooks looks_{clock_};
  int reads_ = 0;
  bool fails_ = false;
  int asked_ = 0;
};

TEST_F(EventLooksTest, AnAnswerIsBelievedForSomeSeconds) {
  EXPECT_TRUE(ask("a"));
  clock_.advance(EventLooks::kBelievedFor - 1ms);
  EXPECT_TRUE(ask("a"));
  EXPECT_EQ(reads_, 1);
  clock_.advance(1ms);
  EXPECT_TRUE(ask("a"));
  EXPECT_EQ(reads_, 2);
}

TEST_F(EventLooksTest, EachObjectHasItsOwnAnswer) {
  EXPECT_TRUE(ask("a"));
  EXPECT_TRUE(ask("b"));
  EXPECT_EQ(reads_, 2);
}

TEST_F(EventLooksTest, AReadThatFailedIsNotRemembered) {
  fails_ = true;
  EXPECT_FALSE(ask("a"));
  fails_ = false;
  EXPECT_TRUE(ask("a"));
}

TEST_F(EventLooksTest, ManyAtOnceAreHeldToALimit) {
  EXPECT_EQ(answered(200), EventLooks::kAtOnce);
  EXPECT_EQ(reads_, EventLooks::kAtOnce) << "who is over it reads nothing";
  clock_.advance(EventLooks::kBetween * 3);
  EXPECT_EQ(answered(200), 3);
  clock_.advance(10min);
  EXPECT_EQ(answered(200), EventLooks::kAtOnce) << "what was not used is not saved up";
}

}  // namespace
}  // namespace bootstrap
