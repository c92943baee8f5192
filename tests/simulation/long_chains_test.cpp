// Long chains of steps that are all skipped for what the cluster is like: each decision is a round
// of its own, and a pass has only so many.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/simulation/world.h"

namespace bootstrap::simulation {
namespace {

using namespace std::chrono_literals;
using ::testing::IsEmpty;

constexpr int kSteps = 30;

Json step_of_chain(int number, bool each_its_own) {
  const std::string widget = each_its_own ? "w" + std::to_string(number) : "w";
  const Json resource{{"apiVersion", "example.com/v1"}, {"kind", "Widget"}, {"name", widget}};
  return {{"name", "s" + std::to_string(number)},
          {"command", {"true"}},
          {"when", {{{"resource", resource}, {"exists", true}}}}};
}

class LongChains : public ::testing::TestWithParam<bool> {};

// Of one Widget, or each of another.
TEST_P(LongChains, OfSkippedStepsComeToTheirEnd) {
  World world({}, [](const AttemptName&) { return Fate{}; });
  world.server().store().add_type({.group = "example.com",
                                   .version = "v1",
                                   .plural = "widgets",
                                   .kind = "Widget",
                                   .status_subresource = true,
                                   .generation = true,
                                   .custom = true});
  Json steps = Json::array();
  for (int i = 0; i < kSteps; ++i) steps.push_back(step_of_chain(i, GetParam()));
  steps.push_back({{"name", "last"}, {"command", {"true"}}});
  world.create_workflow(
      "w", {{"tools", {{"image", "x"}}}, {"phases", {{{"name", "p"}, {"steps", steps}}}}});
  ASSERT_TRUE(world.run_to_the_end(10min)) << world.story();
  EXPECT_EQ(world.status_of("w")["state"], "Succeeded");
  EXPECT_EQ(world.status_of("w")["progress"]["total"], 1);
  EXPECT_THAT(world.violations(), IsEmpty()) << world.story();
}

INSTANTIATE_TEST_SUITE_P(All, LongChains, ::testing::Bool());

}  // namespace
}  // namespace bootstrap::simulation
