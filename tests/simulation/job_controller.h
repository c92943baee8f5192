#pragma once
// What the Job controller of Kubernetes 1.35 does with Jobs of one pod: makes the pod, honours
// suspend, judges a failed pod by the podFailurePolicy, and writes its conditions some time after
// the fact, the interim ones (SuccessCriteriaMet, FailureTarget) first.
//
// It is level-triggered and sees the store as it is; that its real cache lags is in its delays.
//
// Threads: one thread.

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "tests/simulation/fate.h"
#include "tests/simulation/scheduler.h"
#include "tests/simulation/verbs.h"

namespace bootstrap::simulation {

class JobController {
 public:
  JobController(Verbs& verbs, Scheduler& scheduler, Random random, Lag lag);

 private:
  using Pods = std::vector<Object>;

  void on_change(const Change&);
  void sync_later(const ObjectKey& job, Duration at_least = Duration(0));
  void sync(const ObjectKey& job);
  void release_orphans(const ObjectKey& job);
  void count(const Json& job, const Pods&);
  void judge(const Json& job, const Pods&);
  bool finish(const Json& job, const Pods&);
  void suspend(const Json& job, const Pods&);
  void start(const Json& job, const Pods&);
  void create_pod(const Json& job);
  void add_condition(const Json& job, const char* type, const std::string& reason,
                     const std::string& message, const char* status = "True");
  void delete_active(const Pods&);
  Pods pods_of(const Json& job) const;
  void report_refusal(const Json& job, const std::string& why);

  Verbs& verbs_;
  Scheduler& scheduler_;
  Random random_;
  Lag lag_;
  const ResourceType& jobs_;
  const ResourceType& pods_;
  std::map<ObjectKey, Scheduler::Id> pending_;
  std::map<ObjectKey, int> refused_;
};

// Why the podFailurePolicy says that a failed pod fails its Job; empty: it does not.
std::optional<std::string> fail_job_message(const Json& job, const Json& pod);

bool has_condition(const Json& object, std::string_view type);
// Adds or changes a condition in a list of conditions.
void set_condition(Json& conditions, Json condition);

}  // namespace bootstrap::simulation
