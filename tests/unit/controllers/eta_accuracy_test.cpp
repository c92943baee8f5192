// How far the ETA is off, measured: runs of which every step takes a random time, as it did in the
// ten runs before; against the linear rule, elapsed × total / completed − elapsed.
#include <algorithm>
#include <cmath>
#include <iostream>
#include <random>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "controllers/eta.h"
#include "tests/unit/controllers/scenario.h"

namespace bootstrap::testing {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;

constexpr int kWorkflows = 200;
constexpr int kFractions[] = {25, 50, 75};  // percent of the run

class Dice {
 public:
  explicit Dice(unsigned seed) : engine_(seed) {}
  int number(int least, int most) {
    return std::uniform_int_distribution<int>(least, most)(engine_);
  }
  Duration log_normal(Duration median, double sigma) {
    const double factor = std::exp(std::normal_distribution<double>(0, sigma)(engine_));
    return Duration(static_cast<Duration::rep>(static_cast<double>(median.count()) * factor));
  }

 private:
  std::mt19937 engine_;
};

// 4 to 40 steps in phases of 1 to 6, every other one parallel.
json random_spec(Dice& dice) {
  json phases = json::array();
  for (int left = dice.number(4, 40); left > 0;) {
    json steps = json::array();
    const int count = std::min(left, dice.number(1, 6));
    for (int i = 0; i < count; ++i)
      steps.push_back({{"name", fmt::format("s{}", i)}, {"command", {"true"}}});
    phases.push_back({{"name", fmt::format("p{}", phases.size())},
                      {"parallel", dice.number(0, 1) == 1},
                      {"steps", std::move(steps)}});
    left -= count;
  }
  return {{"tools", {{"image", "i"}}}, {"phases", std::move(phases)}};
}

struct Run {
  std::vector<TimePoint> start;
  std::vector<TimePoint> end;
  TimePoint last;
};

Run play(const Plan& plan, const std::vector<Duration>& took) {
  Run run;
  run.last = at(0);
  for (StepIndex i = 0; i < plan.steps.size(); ++i) {
    TimePoint start = at(0);
    for (const StepIndex before : plan.steps[i].after) start = std::max(start, run.end[before]);
    run.start.push_back(start);
    run.end.push_back(start + took[i]);
    run.last = std::max(run.last, run.end.back());
  }
  return run;
}

// What its status says at a moment.
Status seen(const Plan& plan, const Run& run, TimePoint now) {
  Status status;
  status.start = at(0);
  for (const PlanPhase& phase : plan.phases) status.phases.emplace_back().name = phase.name;
  for (StepIndex i = 0; i < plan.steps.size(); ++i) {
    StepRecord record;
    record.name = plan.steps[i].ref.step;
    if (run.start[i] <= now) {
      record.state = run.end[i] <= now ? StepState::Succeeded : StepState::Running;
      record.start = run.start[i];
      if (run.end[i] <= now) record.completion = run.end[i];
    }
    status.phases[plan.steps[i].phase].steps.push_back(std::move(record));
  }
  return status;
}

double linear_rule(const Plan& plan, const Run& run, TimePoint now) {
  const auto done = std::ranges::count_if(run.end, [&](TimePoint end) { return end <= now; });
  const double elapsed = static_cast<double>((now - at(0)).count());
  if (done == 0) return 0;
  return elapsed * static_cast<double>(plan.steps.size()) / static_cast<double>(done) - elapsed;
}

double error(double told, double real) {
  return std::abs(told - real) / real;
}

double median(std::vector<double> values) {
  std::ranges::sort(values);
  return values[values.size() / 2];
}

struct Errors {
  std::vector<double> eta, unknown, linear;  // unknown: with no former runs
};

void measure(double sigma, unsigned seed, Errors (&errors)[3]) {
  Dice dice(seed);
  const json spec = random_spec(dice);
  ObjectMeta workflow;
  workflow.name = "w";
  const Plan plan = *compile(workflow, PlanRecord{1, at(0), 1, spec, {}});
  std::vector<Duration> usual;
  for (StepIndex i = 0; i < plan.steps.size(); ++i) usual.push_back(dice.log_normal(60s, 1));
  const auto times = [&] {
    std::vector<Duration> took;
    for (const Duration median : usual) took.push_back(dice.log_normal(median, sigma));
    return took;
  };
  std::vector<StepTimes> former(kRunsThatCount);
  for (StepTimes& run : former) {
    const auto took = times();
    for (StepIndex i = 0; i < took.size(); ++i) run[plan.steps[i].ref] = took[i];
  }
  const Run run = play(plan, times());
  for (int i = 0; i < 3; ++i) {
    const TimePoint now = at(0) + (run.last - at(0)) * kFractions[i] / 100;
    const Status status = seen(plan, run, now);
    const Standing standing(plan, status, now);
    const double real = static_cast<double>((run.last - now).count());
    const auto told = [&](const StepTimes& known) {
      const auto end = estimated_end(plan, standing, known, now);
      return end ? static_cast<double>((*end - now).count()) : 0;
    };
    errors[i].eta.push_back(error(told(expected_times(former)), real));
    errors[i].unknown.push_back(error(told({}), real));
    errors[i].linear.push_back(error(linear_rule(plan, run, now), real));
  }
}

TEST(EtaAccuracy, IsBetterThanTheLinearRule) {
  for (const double sigma : {0.3, 0.8}) {
    Errors errors[3];
    for (unsigned seed = 1; seed <= kWorkflows; ++seed) measure(sigma, seed, errors);
    for (int i = 0; i < 3; ++i) {
      const double eta = median(errors[i].eta);
      const double unknown = median(errors[i].unknown);
      const double linear = median(errors[i].linear);
      std::cout << fmt::format(
          "sigma {} at {} %: median error {:.0f} %, without former runs {:.0f} %, linear rule "
          "{:.0f} %\n",
          sigma, kFractions[i], eta * 100, unknown * 100, linear * 100);
      EXPECT_LT(eta, 0.75 * linear);
      EXPECT_LT(unknown, 1.1 * linear);
    }
  }
}

}  // namespace
}  // namespace bootstrap::testing
