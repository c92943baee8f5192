#include "operator/lock_claims.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace bootstrap {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

TimePoint at(int second) {
  return TimePoint(std::chrono::seconds(second));
}

class LockClaimsTest : public ::testing::Test {
 protected:
  // Who is woken by the change.
  std::vector<std::string> becomes(const std::string& name, int created, const std::string& lock,
                                   bool runs = false, bool deleted = false) {
    Workflow workflow;
    workflow.meta.ns = "ns";
    workflow.meta.name = name;
    workflow.meta.uid = workflow.status.uid = "uid-" + name;
    workflow.meta.creation = at(created);
    workflow.status.lock = lock;
    workflow.status.run = runs ? 1 : 0;
    workflow.status.state = runs ? WorkflowState::Running : WorkflowState::Pending;
    woken_.clear();
    claims_.changed(workflow, deleted);
    return woken_;
  }

  std::vector<std::string> woken_;
  LockClaims claims_{[this](const ObjectKey& w) { woken_.push_back(w.name); }};
};

TEST_F(LockClaimsTest, AreThoseOfAllOthersInTheNamespace) {
  becomes("a", 1, "x");
  becomes("b", 2, "x", true);
  becomes("c", 3, "y");
  EXPECT_THAT(claims_.others({"ns", "a"}, "x"), ElementsAre(LockClaim{"b", at(2), true}));
  EXPECT_THAT(claims_.others({"other", "a"}, "x"), IsEmpty());
  EXPECT_THAT(claims_.others({"ns", "a"}, "z"), IsEmpty());
}

TEST_F(LockClaimsTest, OneThatEndsWakesTheOldestThatWaits) {
  becomes("holder", 9, "x", true);
  becomes("young", 3, "x");
  becomes("old", 1, "x");
  becomes("elsewhere", 0, "y");
  EXPECT_THAT(becomes("holder", 9, ""), ElementsAre("old"));
  EXPECT_THAT(becomes("old", 1, "", false, true), ElementsAre("young"));
  EXPECT_THAT(becomes("young", 3, "y"), IsEmpty());
  EXPECT_THAT(becomes("elsewhere", 0, "z"), ElementsAre("young"));
}

TEST_F(LockClaimsTest, ARunThatBeginsTellsAllOthers) {
  becomes("a", 1, "x");
  becomes("b", 2, "x");
  EXPECT_THAT(becomes("c", 3, "x"), IsEmpty()) << "one more who waits concerns nobody";
  EXPECT_THAT(becomes("a", 1, "x", true), UnorderedElementsAre("b", "c"));
  EXPECT_THAT(becomes("a", 1, "x", true), IsEmpty());
}

TEST_F(LockClaimsTest, AStrayIsLookedAtByWhoHasIt) {
  claims_.report_stray({"ns", "a"}, "x");
  EXPECT_THAT(woken_, ElementsAre("a"));
  EXPECT_THAT(claims_.strays_of({"ns", "a"}), ElementsAre("x"));
  EXPECT_THAT(claims_.strays_of({"other", "a"}), IsEmpty());
  claims_.forget_strays({"ns", "a"});
  EXPECT_THAT(claims_.strays_of({"ns", "a"}), IsEmpty());
}

TEST_F(LockClaimsTest, ALockThatIsTakenMayBecomeAStray) {
  claims_.note_taken({"ns", "a"}, "x");
  claims_.note_taken({"ns", "a"}, "y");
  EXPECT_THAT(woken_, IsEmpty());
  claims_.forget_stray({"ns", "a"}, "x");
  claims_.forget_stray({"ns", "b"}, "y");
  EXPECT_THAT(claims_.strays_of({"ns", "a"}), ElementsAre("y"));
}

// As after a restore from a backup.
TEST_F(LockClaimsTest, AStatusOfAnotherObjectClaimsNothing) {
  Workflow workflow;
  workflow.meta.ns = "ns";
  workflow.meta.name = "copy";
  workflow.meta.uid = "uid-copy";
  workflow.status.uid = "uid-original";
  workflow.status.lock = "x";
  claims_.changed(workflow, false);
  EXPECT_THAT(claims_.others({"ns", "a"}, "x"), IsEmpty());
}

}  // namespace
}  // namespace bootstrap
