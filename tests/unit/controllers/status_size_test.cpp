// The largest statuses: of as many phases and steps as may be, with names and texts as long as may
// be, and full of characters that take two in JSON. What etcd keeps in one object is bounded.

#include <algorithm>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "controllers/limits.h"
#include "tests/unit/controllers/scenario.h"

namespace bootstrap::testing {
namespace {

using nlohmann::json;

// Bytes of JSON. The Jobs' names are shorter here than they may be, by less than these.
constexpr std::size_t kLargestStatus = 256 * 1024 - limits::kSteps * limits::kJobName;

// Of the length that names may have.
std::string long_name(char kind, std::size_t number) {
  std::string name = fmt::format("{}{:02}", kind, number);
  return name.append(limits::kWorkflowName - name.size(), 'x');
}

// All steps at once, 3 or 4 in a phase; a failure stops nothing.
json largest_spec() {
  json phases = json::array();
  for (std::size_t i = 0; i < limits::kSteps; ++i) {
    if (i < limits::kPhases)
      phases.push_back({{"name", long_name('p', i)}, {"parallel", true}, {"steps", json::array()}});
    phases[i % limits::kPhases]["steps"].push_back({{"name", long_name('s', i)},
                                                    {"command", {"tool"}},
                                                    {"continueOnFailure", true},
                                                    {"retry", json::object()}});
  }
  return {{"order", "Graph"}, {"tools", {{"image", "i"}}}, {"phases", phases}};
}

struct End {
  int exit_code;
  std::string message;
};

// As few and long, or as many and short as may be.
const End kSaysMuch{0, "a=" + std::string(510, '"') + "\n"};
const End kSaysManyThings{0, [] {
                            std::string outputs;
                            for (std::size_t i = 0; i < limits::kOutputKeys; ++i)
                              outputs += fmt::format("k{:02}=0123456789\n", i);
                            return outputs;
                          }()};
const End kFails{2, std::string(4096, '"')};

// The status of such a workflow at its end, each step ended by `end_of` its number.
std::size_t size_at_end(const std::function<End(std::size_t)>& end_of) {
  Scenario s(largest_spec());
  s.pass(at(0));
  const auto each = [&](auto&& act) {
    for (std::size_t i = 0; i < limits::kSteps; ++i)
      act(i, long_name('p', i % limits::kPhases), long_name('s', i));
  };
  const int attempts = 3;
  std::size_t largest = 0;
  for (int attempt = 1; attempt <= attempts; ++attempt) {
    each([&](std::size_t i, const std::string& phase, const std::string& step) {
      const End end = end_of(i);
      if (is_final(s.step(phase, step).state)) return;
      s.end_pod(phase, step, end.exit_code, end.message);
      s.answer_pods(phase, step);
    });
    s.pass(at(100 * attempt));
    largest = std::max(largest, to_json(s.workflow.status).dump().size());
    s.pass(at(100 * attempt + 50));
    largest = std::max(largest, to_json(s.workflow.status).dump().size());
  }
  EXPECT_EQ(s.workflow.status.state, WorkflowState::Succeeded) << s.workflow.status.message;
  return largest;
}

TEST(StatusSize, IsBoundedWhateverStepsSay) {
  EXPECT_LT(size_at_end([](std::size_t) { return kSaysMuch; }), kLargestStatus);
  EXPECT_LT(size_at_end([](std::size_t) { return kSaysManyThings; }), kLargestStatus);
  EXPECT_LT(size_at_end([](std::size_t) { return kFails; }), kLargestStatus);
  EXPECT_LT(size_at_end([](std::size_t i) { return i % 2 == 0 ? kFails : kSaysMuch; }),
            kLargestStatus);
  EXPECT_GT(size_at_end([](std::size_t) { return kSaysMuch; }), 100 * 1024U)
      << "the steps say less than they may";
}

}  // namespace
}  // namespace bootstrap::testing
