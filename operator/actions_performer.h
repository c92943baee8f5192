#pragma once
// Does to the cluster what a decision wants done, and says what came of it.
//
// Every action is idempotent: what exists already under the action's name is taken for done if it
// is owned by the workflow, and is somebody else's otherwise.
//
// Threads: as the Client. Errors: outcomes.

#include <functional>

#include "controllers/actions.h"
#include "controllers/job_builder.h"
#include "controllers/plan.h"
#include "operator/kube/client.h"

namespace bootstrap {

class ActionsPerformer {
 public:
  struct Hooks {
    std::function<void(std::uint64_t version)> wrote_job;
    std::function<void(PlanRecord)> plan_stored;  // the record that counts: ours, or an older one
    std::function<void(const std::string& name, std::uint64_t version)> wrote_child =
        [](const std::string&, std::uint64_t) {};
    std::function<void(const std::string& lock)> takes_lock = [](const std::string&) {};
    std::function<void(const std::string& holder, const std::string& lock)> found_stray_lock =
        [](const std::string&, const std::string&) {};
  };

  // About one workflow. `plan` may be null until it is stored; needed for Jobs.
  ActionsPerformer(kube::Client& client, const ObjectMeta& workflow, const Plan* plan,
                   Platform platform, Hooks hooks)
      : client_(client),
        workflow_(workflow),
        plan_(plan),
        platform_(platform),
        hooks_(std::move(hooks)) {}

  Outcome perform(const Action&) const;

 private:
  Outcome perform(const CreatePlan&) const;
  Outcome perform(const CreateClaim&) const;
  Outcome perform(const CreateJob&) const;
  Outcome perform(const SuspendJob&) const;
  Outcome perform(const CreateChild&) const;
  Outcome perform(const SteerChild&) const;
  Outcome perform(const CreateLock&) const;
  Outcome perform(const MarkLock&) const;
  Outcome perform(const Delete&) const;
  Outcome perform(const ReportStrayLock&) const;
  Outcome adopt_lock(const CreateLock&) const;
  Outcome adopt_job(const std::string& name) const;
  Outcome adopt_child(const std::string& name) const;
  Outcome adopt_plan(const std::string& name) const;

  kube::Client& client_;
  const ObjectMeta& workflow_;
  const Plan* plan_;
  Platform platform_;
  Hooks hooks_;
};

// What a refused or failed write means for the domain.
Outcome outcome_of(const kube::ApiError&);

}  // namespace bootstrap
