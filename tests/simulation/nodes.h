#pragma once
// The nodes of a simulated cluster: the scheduler, the kubelets and the pod garbage collector, as
// far as their writes to pods go.
//
//   Pending ─scheduled─► ContainerCreating (─► source cloned) ─► Running ─► containers terminated,
//   all at once
//      ─about 1.1 s later─► phase Succeeded or Failed ─► gone, when it was deleted and let go
//
// What a pod does is its fate (fate.h). A pod that is told to end gets its exit code on SIGTERM; a
// container that never ran ends as ContainerStatusUnknown with 137. A lost node says nothing until
// it is back (its kubelet then reports what happened) or its pods are given up.
//
// Here is the truth about what ran: runs() has every start of a main container, seen or not.
//
// Threads: one thread.

#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <string>

#include "tests/simulation/fate.h"
#include "tests/simulation/scheduler.h"
#include "tests/simulation/verbs.h"

namespace bootstrap::simulation {

// One pod of an attempt and what its main container did.
struct PodRun {
  AttemptName attempt;
  std::string pod;
  std::string pod_uid;
  std::string job_uid;
  Fate fate;
  TimePoint created;
  std::optional<TimePoint> started;  // of the main container; empty: it never ran
  std::optional<TimePoint> ended;    // nothing of the pod runs any more
  int exit_code = -1;
  std::string commit{};      // that its source was cloned at; "" without one
  bool told_to_end = false;  // by a deletion, a deadline or its node: 0 need not mean success
  bool reported = false;     // the API has shown how it ended

  bool clone_failed = false;

  bool succeeded() const { return ended && exit_code == 0; }
  // What it left makes a failure of its success, once it is seen.
  bool is_spoiled() const {
    return fate.gift != Fate::Gift::Outputs && fate.gift != Fate::Gift::Nothing;
  }
};

class Nodes {
 public:
  Nodes(Verbs& verbs, Scheduler& scheduler, Random random, Lag lag, Oracle oracle);

  const std::deque<PodRun>& runs() const { return runs_; }
  TimePoint now() const { return scheduler_.clock().now(); }

  // When a person may delete a Job (Fate::Kind::JobDeleted); empty: at any time.
  std::function<bool(const std::string& job_uid)> may_delete_job;

 private:
  enum class Stage { Pending, Creating, Running, Exited, Over };
  struct Life {
    ObjectKey key;
    PodRun* run = nullptr;
    Stage stage = Stage::Pending;
    bool deleted = false;
    bool node_silent = false;
    bool late_report = false;  // something happened while the node was silent
    std::string reason;        // of the pod, once it is over
    std::string message;
  };

  void on_change(const Change&);
  void appear(const Change&);
  void strike(const std::string& uid);
  void delete_job(const std::string& uid);
  void bind(const std::string& uid);
  void create_containers(const std::string& uid);
  void start(const std::string& uid);
  bool clones_first(Life&);
  void fail_clone(const std::string& uid);
  void end_containers(const std::string& uid, int exit_code, bool told);
  void finish(const std::string& uid);
  void tell_to_end(const std::string& uid, Duration within);
  void pass_deadline(const std::string& uid);
  void lose_node(const std::string& uid);
  void node_comes_back(const std::string& uid);
  void give_up(const std::string& uid);

  Life* find(const std::string& uid);
  Object pod(const Life&) const;
  Json containers(const Life&, const char* list, const Json& state) const;
  Json main_state(const Life&) const;
  void report(Life&, Json status);
  void add_condition(Life&, const char* type, const char* status, const char* reason,
                     const char* message);
  void delete_pod(const Life&, bool force);
  void later(const std::string& uid, Duration, void (Nodes::*)(const std::string&));

  Verbs& verbs_;
  Scheduler& scheduler_;
  Random random_;
  Lag lag_;
  Oracle oracle_;
  const ResourceType& pods_;
  std::map<std::string, Life> lives_;  // by pod UID
  std::deque<PodRun> runs_;            // in the order of creation; elements never move
};

}  // namespace bootstrap::simulation
