#pragma once
// One workflow and the cluster around it as values, for table tests of decide(): a pass is run as
// the reconciler runs it, with the outcomes and answers that the test has laid out.

#include <functional>
#include <map>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "controllers/decide.h"

namespace bootstrap::testing {

// 2026-01-02T00:00:00Z plus seconds.
inline TimePoint at(int seconds) {
  return TimePoint(std::chrono::milliseconds(1'767'312'000'000)) + std::chrono::seconds(seconds);
}

// Phase "one" with steps "a" and "b", phase "two" with step "c": each `command: [true]`.
nlohmann::json three_steps();
// The same, and at the end phase "clean" with a step "c" as well.
nlohmann::json with_finally();

// The status of a condition, else "absent".
std::string condition(const Status&, const std::string& type);

class Scenario {
 public:
  explicit Scenario(nlohmann::json spec = three_steps());

  // --- what is observed ---
  Workflow workflow;
  Work work;
  Facts facts;                     // answers that are not set fail the test when they are asked for
  Facts later;                     // answers that come only after the actions of the first round
  Outcomes refuse;                 // outcomes other than success, by key_of(action)
  std::optional<LeaseView> lease;  // of the one lock there is
  std::vector<LockClaim> claims;   // of other workflows on it
  std::vector<PodView> pods_under_it;
  TimesOfFamily::Answer times;                     // of former runs
  std::map<std::string, NodeUsage::Answer> nodes;  // that have been sampled
  std::set<std::string> stray_locks;
  bool has_restore_label = false;

  // --- what a pass did ---
  std::vector<std::string> done;  // keys of actions, in order, of all passes
  Decision last;
  std::function<void(const Action&)> on_action;  // may be empty
  std::function<void(Plan&)> on_plan;            // changes what was compiled; may be empty

  // Decides until nothing is left to do or ask, then writes the status. Creates Jobs in `work`.
  const Status& pass(TimePoint now);

  // Passes over a running workflow until the given step's Job is there.
  void start(TimePoint now) { pass(now); }

  // The Job of a step's attempt as it would be created.
  static std::string job(const std::string& phase, const std::string& step, int attempt = 1);
  static std::string job_uid(const std::string& phase, const std::string& step, int attempt = 1);

  // Of a step's newest attempt: the pod of its Job, found or made; change it as the kubelet would.
  PodView& pod(const std::string& phase, const std::string& step);
  JobView& job_view(const std::string& phase, const std::string& step);
  void remove_pod(const std::string& phase, const std::string& step);
  void remove_job(const std::string& phase, const std::string& step);

  // Container states as the kubelet reports them.
  void run_container(const std::string& phase, const std::string& step);
  void end_container(const std::string& phase, const std::string& step, int exit_code,
                     const std::string& log = "");
  void end_pod(const std::string& phase, const std::string& step, int exit_code,
               const std::string& log = "");

  // A Job of ours that the status does not know: made just before a crash.
  void add_job(const std::string& phase, const std::string& step, int attempt = 1);

  // Workflows that steps run; change them as their own passes would.
  static std::string child(const std::string& phase, const std::string& step);
  Workflow& child_view(const std::string& phase, const std::string& step);
  void end_child(const std::string& phase, const std::string& step, WorkflowState state,
                 const std::string& reason = "", const std::string& message = "");
  void remove_child(const std::string& phase, const std::string& step);
  Done add_child(const CreateChild&);

  // What the live API says of the pods of a step: none, or one that has not ended.
  void answer_pods(const std::string& phase, const std::string& step, bool one_lives = false);

  // Loses what is only in memory: the plan must be looked up again.
  void restart() { plan_.reset(); }

  const StepRecord& step(const std::string& phase, const std::string& step) const;
  bool asked(const Question& q) const { return last_asked_.contains(q); }
  std::vector<std::string> created() const;  // names of Jobs, in order

 private:
  std::string newest_job(const std::string& phase, const std::string& step) const;
  std::optional<JobView> find_job(const std::string& name) const;
  Outcome perform(const Action&);
  Outcome perform(const Delete&);
  Outcome take_lock(const CreateLock&);
  Outcome perform(const MarkLock&);
  std::optional<Answer> answer_of_lock(const Question&) const;
  std::shared_ptr<const Plan> compiled(const PlanRecord&) const;

  std::shared_ptr<const Plan> plan_;
  std::map<std::string, PlanRecord> stored_;  // plans, by name
  std::map<std::string, std::shared_ptr<JobView>> jobs_;
  std::map<std::string, std::shared_ptr<PodView>> pods_;
  std::map<std::string, std::shared_ptr<Workflow>> children_;
  std::set<Question> last_asked_;
  void refresh();
};

// A template that is there.
void set_template(Scenario&, const std::string& name, const nlohmann::json& spec);

// The step's tool ends with exit code 0, and a pass sees it.
void succeed(Scenario&, const char* phase, const char* step, int second);

}  // namespace bootstrap::testing
