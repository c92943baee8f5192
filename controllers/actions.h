#pragma once
// What a decision may do to the cluster, and what may come of it.
//
// Every action is idempotent: it names what it makes, so doing it again meets what is already
// there. Its outcome is an input of the next round of the same pass, by the action's key;
// so success and refusal take the same path, and no round repeats an action.

#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "controllers/launch_values.h"
#include "controllers/plan.h"
#include "controllers/stop.h"

namespace bootstrap {

struct CreatePlan {
  std::string name;
  PlanRecord record;
};

struct CreateJob {
  std::string name;
  StepRef step;
  int attempt = 1;
  LaunchValues values{};
  std::optional<RunResult> result = {};  // of the run; only steps of finally know it
};

struct CreateClaim {  // of the workspace
  std::string name;
  Workspace workspace;
};

struct CreateLock {  // a Lease: see lock.h
  std::string name;
  std::string lock;
  int run = 1;  // of the workflow, for which it is taken
  TimePoint at{};
};

struct MarkLock {  // this run under it has a plan
  std::string name;
  std::string uid;
  int run = 1;
};

// Of what it has made, and only that object.
enum class Made { Job, Plan, Lock };
struct Delete {
  Made what = Made::Job;
  std::string name;
  std::string uid;
  std::uint64_t version = 0;  // and only as it was then; 0: whatever has become of it
};

// Not to the cluster, but to the workflow that has the Lease of a lock which is not on its record:
// by a request that was done late. It is to look, and to give it up.
struct ReportStrayLock {
  std::string holder;
  std::string lock;
};

struct SuspendJob {  // its pod is ended, with its grace period
  std::string name;
  std::string job_uid;
  Stop stop;
};

struct CreateChild {  // the workflow that a step runs
  std::string name;
  StepRef step;
  int attempt = 1;
  int run = 1;
  std::string template_name;
  ParameterValues parameters;
  std::vector<std::string> ancestors;
  std::string lock{};  // under which it runs; empty: none
};

// What a child, which is a workflow as any other, is to do from now on.
struct ChildResume {
  int run = 0;
  std::string template_name;
  ParameterValues parameters;
};
struct SteerChild {
  std::string name;
  std::string uid;
  bool suspend = false;
  Stop cancel = {};  // without a reason: it is not cancelled
  std::optional<ChildResume> resume = {};
};

using Action = std::variant<CreatePlan, CreateClaim, CreateJob, SuspendJob, CreateChild, SteerChild,
                            CreateLock, MarkLock, Delete, ReportStrayLock>;

// Under which its outcome is found: "job/<name>", "suspend/<name>", "plan/<name>", "claim/<name>",
// "child/<name>", "steer/<name>", "lock/<name>", "mark/<name>", "stray/<name>",
// "delete/job/<name>", "delete/plan/<name>", "delete/lock/<name>".
std::string key_of(const Action&);

// --- outcomes ---

struct Done {       // created, or it was there already and is ours; suspended
  std::string uid;  // of the Job or child
  int run = 0;      // that had made it, when it was there already
};
struct NameTaken {    // something that is not ours has this name
  std::string owner;  // of a lock: the workflow that holds it
};
// The API server said no: quota, admission, RBAC, not valid. Or a stored plan is there and ours,
// and cannot be read.
struct Refused {
  std::string reason;
  std::string message;
  bool may_pass = true;  // the same request may be accepted later
};
// The answer was lost or the server is in trouble: it may have been done or not. The pass ends; the
// next one asks again under the same name.
struct NotKnown {
  std::string why;
};

using Outcome = std::variant<Done, NameTaken, Refused, NotKnown>;
using Outcomes = std::map<std::string, Outcome>;  // by key_of(action)

}  // namespace bootstrap
