// What a user reads of a spec that cannot run: every mistake is named, whatever the room.

#include <gtest/gtest.h>

#include "controllers/validation.h"

namespace bootstrap {
namespace {

TEST(ProblemsText, OneProblemIsNoList) {
  EXPECT_EQ(problems_text({{"phases", "needs at least one phase; see the reference"}}, 512),
            "the spec cannot run: phases: needs at least one phase; see the reference");
}

TEST(ProblemsText, HintsGoBeforeProblemsDo) {
  const Problems problems{{"a", "is wrong; " + std::string(100, 'h')},
                          {"b", "is wrong too; " + std::string(100, 'h')},
                          {"c", "is not there"}};
  EXPECT_EQ(problems_text(problems, 200),
            "the spec cannot run, 3 problems: a: is wrong; b: is wrong too; c: is not there");
}

TEST(ProblemsText, AMistakeInToolsIsToldOnce) {
  const Problems problems{{"phases[p].steps[a].tools.image", "is needed"},
                          {"phases[p].steps[a].args[0]", "is needed"},
                          {"phases[p].steps[b].tools.image", "is needed"},
                          {"phases[p].steps[b].args[0]", "is needed"},
                          {"phases[p].steps[c].tools.image", "is needed"},
                          {"phases[p].steps[c].tools.path", "is needed"}};
  EXPECT_EQ(problems_text(problems, 512),
            "the spec cannot run, 4 problems: "
            "phases[p].steps[a].tools.image (and 2 more steps): is needed; "
            "phases[p].steps[a].args[0]: is needed; phases[p].steps[b].args[0]: is needed; "
            "phases[p].steps[c].tools.path: is needed");
}

TEST(ProblemsText, IsCutWhenNothingElseHelps) {
  const std::string text = problems_text({{"field", std::string(1000, 'x')}}, 512);
  EXPECT_LE(text.size(), 512U);
  EXPECT_TRUE(text.ends_with("…"));
}

}  // namespace
}  // namespace bootstrap
