#include "operator/workflow_metrics.h"

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <ranges>
#include <string>

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

#include "controllers/workflow_message.h"

namespace bootstrap {
namespace {

using prometheus::Counter;
using prometheus::Family;
using prometheus::Gauge;
using prometheus::Histogram;

constexpr std::array kStates{WorkflowState::Pending,   WorkflowState::Running,
                             WorkflowState::Waiting,   WorkflowState::Suspended,
                             WorkflowState::Succeeded, WorkflowState::Failed,
                             WorkflowState::Cancelled, WorkflowState::Invalid};
constexpr std::array kStepEnds{StepState::Succeeded, StepState::Failed, StepState::Cancelled,
                               StepState::Skipped};
constexpr const char* kNew = "New";  // no operator has looked at it yet

// Seconds: from a check of a cluster to its installation.
const Histogram::BucketBoundaries kStepTimes{1,   2.5, 5,    10,   30,   60,   120,
                                             300, 600, 1200, 1800, 3600, 7200, 14400};
const Histogram::BucketBoundaries kHandOffs{0.005, 0.01, 0.02, 0.035, 0.05, 0.075, 0.1,
                                            0.2,   0.5,  1,    2,     5,    10,    30};

template <class Builder>
auto& family(prometheus::Registry& registry, Builder builder, const char* name, const char* help) {
  return builder.Name(name).Help(help).Register(registry);
}

// Since when it is in its state. History says so, unless it was too long ago; then it is at the
// least since the pause or the run began, or it is there.
TimePoint since(const Workflow& workflow, TimePoint now) {
  const Status& status = workflow.status;
  std::optional<TimePoint> since;
  for (const HistoryEntry& entry : status.history | std::views::reverse) {
    if (!entry.step.empty()) continue;
    if (!status.state || entry.state != to_text(*status.state)) break;
    since = entry.time;
  }
  if (since) return *since;
  const TimePoint created = workflow.meta.creation.value_or(now);
  if (status.paused_since) return *status.paused_since;
  return status.start.value_or(created);
}

double seconds(std::chrono::duration<double> d) {
  return d.count();
}

}  // namespace

struct WorkflowMetrics::Families {
  explicit Families(prometheus::Registry& registry)
      : workflows(family(registry, prometheus::BuildGauge(), "bootstrap_operator_workflows",
                         "Workflows there are, by status.state; New: without a status.")),
        oldest(family(registry, prometheus::BuildGauge(),
                      "bootstrap_operator_workflow_oldest_seconds",
                      "For how long the workflow that is longest in this state has been so; 0: "
                      "there is none.")),
        overdue(family(registry, prometheus::BuildGauge(), "bootstrap_operator_workflows_overdue",
                       "Workflows of which a step takes longer than expected.")
                    .Add({})),
        blocked(family(registry, prometheus::BuildGauge(), "bootstrap_operator_workflows_blocked",
                       "Workflows of which a step, or the run, does not go on because something "
                       "is wrong.")
                    .Add({})),
        finished(family(registry, prometheus::BuildCounter(),
                        "bootstrap_operator_workflows_finished_total",
                        "Runs of workflows that have ended.")),
        steps(family(registry, prometheus::BuildCounter(),
                     "bootstrap_operator_steps_finished_total", "Steps that have ended.")),
        attempts(family(registry, prometheus::BuildCounter(),
                        "bootstrap_operator_step_attempts_total",
                        "Attempts of steps that have ended: Succeeded, or the reason for which "
                        "they failed.")),
        step_times(family(registry, prometheus::BuildHistogram(),
                          "bootstrap_operator_step_duration_seconds",
                          "What the last attempt of a step that has ended took.")),
        hand_offs(family(registry, prometheus::BuildHistogram(),
                         "bootstrap_operator_handoff_seconds",
                         "From the news that the pod of a step has ended to the next Job.")
                      .Add({}, kHandOffs)) {}

  Family<Gauge>& workflows;
  Family<Gauge>& oldest;
  Gauge& overdue;
  Gauge& blocked;
  Family<Counter>& finished;
  Family<Counter>& steps;
  Family<Counter>& attempts;
  Family<Histogram>& step_times;
  Histogram& hand_offs;
};

// All that can be known beforehand is there at 0, so that rate() sees the first event.
WorkflowMetrics::WorkflowMetrics(prometheus::Registry& registry)
    : families_(std::make_unique<Families>(registry)) {
  families_->workflows.Add({{"state", kNew}});
  for (const WorkflowState state : kStates) {
    families_->workflows.Add({{"state", to_text(state)}});
    if (is_final(state))
      families_->finished.Add({{"outcome", to_text(state)}});
    else if (state != WorkflowState::Invalid)
      families_->oldest.Add({{"state", to_text(state)}});
  }
  for (const StepState state : kStepEnds) families_->steps.Add({{"outcome", to_text(state)}});
  families_->attempts.Add({{"outcome", to_text(StepState::Succeeded)}});
}

WorkflowMetrics::~WorkflowMetrics() = default;

void WorkflowMetrics::happened(const Transition& t) {
  if (!t.attempt.empty()) families_->attempts.Add({{"outcome", t.attempt}}).Increment();
  if (!t.step) {
    if (t.ends) families_->finished.Add({{"outcome", t.state}}).Increment();
    return;
  }
  if (!t.ends) return;
  families_->steps.Add({{"outcome", t.state}}).Increment();
  if (t.took)
    families_->step_times.Add({{"outcome", t.state}}, kStepTimes).Observe(seconds(*t.took));
}

void WorkflowMetrics::handed_off(std::chrono::microseconds took) {
  families_->hand_offs.Observe(seconds(took));
}

void WorkflowMetrics::count(const std::vector<std::shared_ptr<const Workflow>>& all,
                            TimePoint now) {
  std::map<std::string, int> there;
  std::map<std::string, Duration> oldest;
  int overdue = 0;
  int blocked = 0;
  for (const auto& workflow : all) {
    const Status& status = workflow->status;
    const std::string state = status.state ? to_text(*status.state) : kNew;
    ++there[state];
    oldest[state] = std::max(oldest[state], now - since(*workflow, now));
    if (status.progress && !status.progress->overdue.empty()) ++overdue;
    if (is_blocked(status)) ++blocked;
  }
  families_->workflows.Add({{"state", kNew}}).Set(there[kNew]);
  for (const WorkflowState state : kStates) {
    const std::string text = to_text(state);
    families_->workflows.Add({{"state", text}}).Set(there[text]);
    if (!is_final(state) && state != WorkflowState::Invalid)
      families_->oldest.Add({{"state", text}}).Set(seconds(oldest[text]));
  }
  families_->overdue.Set(overdue);
  families_->blocked.Set(blocked);
}

}  // namespace bootstrap
