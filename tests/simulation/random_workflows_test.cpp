// Random workflows through random trouble: thousands of stories, each from one seed.
//
//   BOOTSTRAP_SEEDS=20000 simulation_random      more of them
//   BOOTSTRAP_SEED=1234   simulation_random      one, with its story
#include <cstdlib>
#include <iostream>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/simulation/scenario.h"

namespace bootstrap::simulation {
namespace {

using ::testing::IsEmpty;

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr std::uint64_t kSeeds = 60;  // each takes several times as long
#else
constexpr std::uint64_t kSeeds = 300;
#endif
constexpr std::uint64_t kShards = 6;  // so that they run side by side and a failure is found early

std::uint64_t number_from(const char* variable, std::uint64_t otherwise) {
  const char* text = std::getenv(variable);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

void tell(std::uint64_t seed, bool with_story, Scenario::People people = Scenario::People::Steer) {
  Scenario scenario(seed, people);
  const bool ended = scenario.run();
  const World& world = scenario.world();
  EXPECT_TRUE(ended) << "seed " << seed << " did not end\n" << world.story();
  EXPECT_THAT(world.violations(), IsEmpty()) << world.story();
  if (with_story) std::cout << world.story();
}

class RandomWorkflows : public ::testing::TestWithParam<std::uint64_t> {};

TEST_P(RandomWorkflows, KeepTheirPromises) {
  if (const std::uint64_t one = number_from("BOOTSTRAP_SEED", 0); one != 0) {
    if (one % kShards == GetParam()) tell(one, true);
    return;
  }
  const std::uint64_t seeds = number_from("BOOTSTRAP_SEEDS", kSeeds);
  for (std::uint64_t seed = GetParam() + kShards; seed < seeds + kShards; seed += kShards) {
    tell(seed, false);
    if (HasFailure()) return;
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, RandomWorkflows, ::testing::Range<std::uint64_t>(0, kShards));

class OnceBroken : public ::testing::TestWithParam<std::uint64_t> {};

TEST_P(OnceBroken, KeepTheirPromises) {
  tell(GetParam(), false, Scenario::People::LetItRun);
}

// A commit that was found out twice, watches that were mute for five minutes, and a Job launched
// again for a child that was being deleted. They are beyond the seeds that are always run.
INSTANTIATE_TEST_SUITE_P(Seeds, OnceBroken, ::testing::Values(2114, 2716, 3049, 6858));

class SteeredOnceBroken : public ::testing::TestWithParam<std::uint64_t> {};

TEST_P(SteeredOnceBroken, KeepTheirPromises) {
  tell(GetParam(), false);
}

// A phase that was done again and still Cancelled, conditions of a phase that a resume passed by, a
// Job on answers that no status had, two operators with two runs, and a Job of a run that was over;
// locks whose Lease was not deleted; a commit that went from one run into the next; a late Job of
// finally that was not known as one of a former run, and a timeout of a run that was over; a Lease
// that an operator took for a run which another one had ended, a cancel of a run that began
// when it had been taken back, outputs that went with a stopped Job, a child of a former run that
// no record told of, a plan that was stored when nobody asked for its run any more, and
// a phase whose condition asks for an output that was lost; a timeout that people who
// were waited for in finally took back.
INSTANTIATE_TEST_SUITE_P(Seeds, SteeredOnceBroken,
                         ::testing::Values(355, 366, 560, 1283, 2234, 286, 319, 586, 1302, 2762,
                                           5295, 10399, 18930, 10089, 14468, 19304, 10762));

}  // namespace
}  // namespace bootstrap::simulation
