#include "controllers/names.h"

#include <regex>
#include <set>

#include <gtest/gtest.h>

#include "controllers/limits.h"

namespace bootstrap {
namespace {

constexpr const char* kUid = "6f1f0c2e-8d0b-4c2e-9a55-0f6f0f3a1b2c";

bool is_dns_label(const std::string& name) {
  static const std::regex kLabel("[a-z0-9]([-a-z0-9]*[a-z0-9])?");
  return name.size() <= 63 && std::regex_match(name, kLabel);
}

// What is written here is in clusters. Should one of these change, an operator that was upgraded in
// the middle of a run would not meet the Jobs and plans that it made before, and would launch steps
// a second time: never adapt these values to the code.
TEST(Names, AreTheSameForEver) {
  EXPECT_EQ(job_name("full-setup", kUid, {"cluster", "create"}, 1), "full-setup-create-pz5jybi6do");
  EXPECT_EQ(job_name("full-setup", kUid, {"cluster", "create"}, 2), "full-setup-create-ktsbx3u5mn");
  EXPECT_EQ(job_name(std::string(40, 'w'), kUid, {"p", std::string(40, 's')}, 12),
            "wwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwww-sssssssssss-7l6a3opjvp");
  EXPECT_EQ(child_name("full-setup", kUid, {"cluster", "create"}, 1),
            "full-setup-create-pz5jybi6do");
  EXPECT_EQ(child_name(std::string(40, 'w'), kUid, {"p", std::string(40, 's')}, 12),
            "wwwwwwwwwwwwwwwwwwwwwwwwwwwww-7l6a3opjvp")
      << "the name of a workflow, at most 40 characters";
  EXPECT_EQ(plan_name("full-setup", kUid, 1), "full-setup-67p6iyi4lv");
  EXPECT_EQ(plan_name("full-setup", kUid, 2), "full-setup-au3lqezb6n");
  EXPECT_EQ(event_name("full-setup", kUid, "cluster/create/1/Succeeded"), "full-setup.2dmzm556yh");
}

TEST(Names, OfJobsAreDnsLabelsOfAtMost63Characters) {
  const std::string longest(limits::kWorkflowName, 'w');
  for (const std::string& workflow : {std::string("w"), std::string("full-setup"), longest})
    for (std::size_t length = 1; length <= 40; ++length)
      for (const int attempt : {1, 9, 10, 1'000'000}) {
        const auto name = job_name(workflow, kUid, {"p", std::string(length, 's')}, attempt);
        EXPECT_TRUE(is_dns_label(name)) << name;
      }
}

TEST(Names, OfJobsAreCutWithoutALooseDash) {
  // The cut falls behind the dash in the step's name.
  const std::string workflow(40, 'w');
  for (std::size_t before = 0; before <= 38; ++before) {
    const std::string step = std::string(before, 's') + "s-" + std::string(38 - before, 't');
    const std::string name = job_name(workflow, kUid, {"p", step}, 1);
    EXPECT_TRUE(is_dns_label(name)) << name;
    EXPECT_EQ(name.find("--"), std::string::npos) << name;
  }
}

TEST(Names, OfJobsDifferInAnythingThatTellsAttemptsApart) {
  struct Row {
    const char* what;
    std::string name;
  };
  const auto name = [](const char* uid, const char* phase, const char* step, int attempt) {
    return job_name("w", uid, {phase, step}, attempt);
  };
  const std::vector<Row> rows{
      {"the first", name("uid-1", "phase", "step", 1)},
      {"another object of the same name", name("uid-2", "phase", "step", 1)},
      {"another phase with a step of this name", name("uid-1", "other", "step", 1)},
      {"another step", name("uid-1", "phase", "other", 1)},
      {"the second attempt", name("uid-1", "phase", "step", 2)},
      {"the eleventh attempt", name("uid-1", "phase", "step", 11)},
      {"a dash in the phase", name("uid-1", "a-b", "c", 1)},
      {"the same dash in the step", name("uid-1", "a", "b-c", 1)},
      {"a step that ends like an attempt", name("uid-1", "phase", "step1", 1)},
  };
  std::set<std::string> seen;
  for (const Row& row : rows) EXPECT_TRUE(seen.insert(row.name).second) << row.what;
}

TEST(Names, OfJobsDifferAlsoWhenTheReadablePartsAreTheSame) {
  // Two steps of the greatest length whose difference is cut off.
  const std::string workflow(40, 'w'), common(39, 's');
  EXPECT_NE(job_name(workflow, kUid, {"p", common + "1"}, 1),
            job_name(workflow, kUid, {"p", common + "2"}, 1));
  // "a-b" + "c" and "a" + "b-c" read the same; the objects have different UIDs.
  EXPECT_NE(job_name("a-b", "uid-1", {"p", "c"}, 1), job_name("a", "uid-2", {"p", "b-c"}, 1));
}

TEST(Names, OfThousandsOfAttemptsDoNotCollide) {
  std::set<std::string> seen;
  for (int phase = 0; phase < 32; ++phase)
    for (int step = 0; step < 32; ++step)
      for (int attempt = 1; attempt <= 10; ++attempt)
        seen.insert(job_name(
            std::string(40, 'w'), kUid,
            {"p" + std::to_string(phase), std::string(30, 's') + std::to_string(step)}, attempt));
  EXPECT_EQ(seen.size(), 32U * 32U * 10U);
}

TEST(Names, OfPlansDifferByRunAndByObject) {
  EXPECT_NE(plan_name("w", "uid-1", 1), plan_name("w", "uid-1", 2));
  EXPECT_NE(plan_name("w", "uid-1", 1), plan_name("w", "uid-2", 1));
  EXPECT_TRUE(is_dns_label(plan_name(std::string(40, 'w'), kUid, 1'000'000)));
}

TEST(Names, OfEventsDifferByCause) {
  EXPECT_NE(event_name("w", "uid-1", "a"), event_name("w", "uid-1", "b"));
  EXPECT_EQ(event_name("w", "uid-1", "a"), event_name("w", "uid-1", "a"));
}

TEST(Names, OfStepsAreReadAsPhaseAndStep) {
  EXPECT_EQ(to_text(StepRef{"cluster", "create"}), "cluster/create");
}

TEST(Names, OfPhasesAndStepsAreDnsLabelsOfAtMost40Characters) {
  for (const std::string& good : {std::string("a"), std::string("0"), std::string("create-cluster"),
                                  std::string("a--b"), std::string("1st"), std::string(40, 'x')})
    EXPECT_TRUE(is_step_name(good)) << good;
  for (const std::string& bad :
       {std::string(), std::string("-a"), std::string("a-"), std::string("-"), std::string("A"),
        std::string("a_b"), std::string("a.b"), std::string("a/b"), std::string("a b"),
        std::string("ä"), std::string("a\n"), std::string("a\0", 2), std::string(41, 'x')})
    EXPECT_FALSE(is_step_name(bad)) << bad;
}

}  // namespace
}  // namespace bootstrap
