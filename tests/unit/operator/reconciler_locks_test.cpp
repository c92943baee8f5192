// What an operator remembers of the locks it has taken: news that a run is over may be late, as
// when another operator has done the work meanwhile, and its lock must not stay behind.

#include <algorithm>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/operator/small_cluster.h"

namespace bootstrap {
namespace {

using nlohmann::json;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::kStatusPatch;
using ::testing::Not;
using testing::refusal;
using testing::SmallCluster;
using ::testing::StartsWith;
using testing::two_steps;

class TakenLock : public ::testing::Test {
 protected:
  static json spec() {
    json spec = two_steps();
    spec["lock"] = "shared";
    return spec;
  }
  void SetUp() override {
    c_.see();
    c_.reconcile();
    ASSERT_EQ(c_.status()["lock"], "shared") << "on record first";
    c_.see();
    c_.take();
  }
  // Another operator has run it; this one has not heard of it.
  void end_elsewhere() {
    c_.objects["bootstrapworkflows/w"]["status"] = {
        {"uid", "uid-w"}, {"observedGeneration", 1}, {"run", 1}, {"state", "Failed"}};
    c_.touch("bootstrapworkflows/w");
  }
  bool has_lease() const {
    return std::ranges::any_of(c_.objects,
                               [](const auto& o) { return o.first.starts_with("leases/"); });
  }
  void see_and_reconcile() {
    c_.see();
    c_.take();
    c_.reconcile();
  }

  SmallCluster c_{spec()};
};

TEST_F(TakenLock, IsGivenUpWhenItsRunIsLongOver) {
  end_elsewhere();
  EXPECT_EQ(c_.reconcile(), "stale") << "its status is refused";
  ASSERT_TRUE(has_lease());
  see_and_reconcile();
  EXPECT_FALSE(has_lease());
  EXPECT_THAT(c_.take(), Not(Contains(kStatusPatch)));
  see_and_reconcile();
  EXPECT_THAT(c_.take(), IsEmpty()) << "nobody looks for it again";
}

TEST_F(TakenLock, IsGivenUpAlthoughTheAnswerWasLost) {
  c_.lose["POST leases"] = true;
  end_elsewhere();
  EXPECT_THAT(c_.reconcile(), StartsWith("retry "));
  ASSERT_TRUE(has_lease());
  see_and_reconcile();
  EXPECT_FALSE(has_lease());
}

TEST_F(TakenLock, IsLookedForUntilThatSucceeds) {
  end_elsewhere();
  c_.reconcile();
  const std::string lease = c_.objects.lower_bound("leases/")->first;
  c_.refuse["DELETE " + lease] = refusal(500, "InternalError", "etcd is away");
  see_and_reconcile();
  EXPECT_TRUE(has_lease());
  c_.refuse.clear();
  see_and_reconcile();
  EXPECT_FALSE(has_lease());
}

TEST_F(TakenLock, IsNotLookedForOnceItWasGivenUp) {
  c_.reconcile();
  ASSERT_TRUE(has_lease());
  c_.see();
  c_.fail("a", 1);
  see_and_reconcile();
  ASSERT_EQ(c_.status()["state"], "Failed");
  see_and_reconcile();
  ASSERT_FALSE(has_lease());
  EXPECT_FALSE(c_.status().contains("lock"));
  see_and_reconcile();
  EXPECT_THAT(c_.take(), Not(Contains(HasSubstr("leases"))));
}

}  // namespace
}  // namespace bootstrap
