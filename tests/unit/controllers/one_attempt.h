#pragma once
// One attempt as values, and what was observed of it, for tests of its view.

#include <functional>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "controllers/job_attempt.h"
#include "tests/unit/controllers/scenario.h"

namespace bootstrap::testing {

using namespace std::chrono_literals;

inline ContainerView waiting(std::string reason = "ContainerCreating", std::string message = "") {
  ContainerView c;
  c.name = "main";
  c.reason = std::move(reason);
  c.message = std::move(message);
  return c;
}
inline ContainerView running(std::string name = "main") {
  ContainerView c;
  c.name = std::move(name);
  c.state = ContainerState::Running;
  return c;
}
inline ContainerView ended(int exit_code, std::string log = "", std::string reason = "",
                           std::string name = "main") {
  ContainerView c;
  c.name = std::move(name);
  c.state = ContainerState::Terminated;
  c.exit_code = exit_code;
  c.message = std::move(log);
  c.reason = std::move(reason);
  c.started = at(1);
  c.finished = at(9);
  return c;
}

// One attempt and what was observed of it; changed by each test as it needs.
struct Attempt {
  Attempt() {
    step.ref = {"one", "a"};
    step.definition.timeout = 2h;
    step.definition.start_timeout = 15min;
    record.name = "a";
    record.state = StepState::Running;
    record.attempts = 1;
    record.job = "job";
    record.job_uid = "job-uid";
    job = std::make_shared<JobView>();
    job->meta.name = "job";
    job->meta.uid = "job-uid";
    job->meta.creation = at(0);
  }
  PodView& add_pod(std::string phase, std::vector<ContainerView> containers) {
    auto pod = std::make_shared<PodView>(make_pod(std::move(phase), std::move(containers)));
    pods.push_back(pod);
    return *pod;
  }
  static PodView make_pod(std::string phase, std::vector<ContainerView> containers) {
    PodView pod;
    pod.meta.name = "pod";
    pod.meta.uid = "pod-uid";
    pod.meta.controller_uid = "job-uid";
    pod.meta.creation = at(0);
    pod.node = "node-1";
    pod.phase = std::move(phase);
    pod.containers = std::move(containers);
    return pod;
  }
  void job_is_gone() {
    job = nullptr;
    facts[LiveJob{"job"}] = Found<LiveJob::Answer>(std::nullopt);
  }
  void live_pods(std::vector<PodView> answer) {
    facts[LivePods{{"one", "a"}}] = Found<LivePods::Answer>(std::move(answer));
  }
  AttemptView view(TimePoint now = at(10)) {
    Work work;
    if (job) work.jobs.push_back(job);
    for (const auto& pod : pods) work.pods.push_back(pod);
    Inquiry ask(facts);
    AttemptView view = job_attempt(step, record, work, ask, now);
    asked = ask.asked();
    EXPECT_EQ(view.result.has_value(), view.live == Liveness::Ended);
    return view;
  }

  PlanStep step;
  StepRecord record;
  std::shared_ptr<JobView> job;
  std::vector<std::shared_ptr<PodView>> pods;
  Facts facts;
  std::set<Question> asked;
};

using Change = std::function<void(Attempt&)>;

// Of its Job. Unless the test has said otherwise, the live API knows no pod of a finished one.
inline void condition(Attempt& a, const char* type, const char* message = "",
                      const char* reason = "") {
  a.facts.emplace(LivePods{{"one", "a"}}, Found<LivePods::Answer>(LivePods::Answer{}));
  a.job->conditions.push_back({type, "True", reason, message});
}

}  // namespace bootstrap::testing
