#pragma once
// What must hold whatever happens, checked at every write the simulated server does and at every
// request an operator makes. The truth it compares with is what the nodes really ran.
//
//   a  A Job's name is created once; one Job for each attempt; no second attempt while one lives.
//   b  A step's Job comes after every step before it is really done, after the attempt before it,
//      after no failure, and only if its `when` holds; that of finally when nothing else lives. A
//      step that waits for a Widget is done when the Widget was really Ready; a condition on a
//      Widget held once when a Job was launched, and did not when a step was skipped; and one on an
//      output agrees with what the pods gave.
//   c  A final state of a workflow never changes, and no Job is created after it.
//   d  A recorded result of a step never changes.
//   e  At the end the records agree with the truth (judge()): results, every attempt, what was
//      skipped or left out and why, finally, progress.
//   f  Progress and the number of attempts never go back; the run does neither.
//   g  No status is written without the version it was decided on; no spec or metadata at all.
//   h  No Job while pods of a former workflow of the same name still run.
//   i  The status stays below its size limit.
//   r  A run begins only if it was asked for. It keeps what has succeeded and does again what a
//      resume does again; everything above is about one run.
//   t  Of all workflows that name a lock nothing of two is at work at once; and no Lease of one
//      stays when all have ended.
//   s  Once a status says that it is suspended or cancelled, nothing starts but finally after a
//      cancel.
//   j  A run has one commit of its source: who is launched once it is recorded is told that one,
//      and what is recorded is what was cloned. Recorded outputs are those of the pod.
//   l  What is ended for its timeout is not ended too early, and what is over it does end.
//   m  Nothing is stopped without cause, no pod is deleted, and a Job only when its workflow has
//      been over for as long as it is to be kept.
//   n  The next attempt comes after its delay.
//   o  Attempts are said to have failed as they did, and those that were lost do not count.
//   p  States never go back, and the history is only added to.
//   k  A step that asks is done when people really gave answers that do; they are recorded, and
//      every Job after it is told those, whatever became of them in the spec. No other Job is.
//
// A Job or child that comes late is exempt from what is known only since: one whose request is done
// long after it was given up, or of an operator that another one has overtaken. It alone is, and
// what is said of its step at the end.
//
// Threads: one thread. Nothing throws; what was violated is a list of sentences.

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "controllers/names.h"
#include "tests/simulation/known.h"
#include "tests/simulation/records.h"
#include "tests/simulation/sim_api_server.h"
#include "tests/simulation/sim_transport.h"
#include "tests/simulation/widget_truth.h"

namespace bootstrap::simulation {

class Invariants {
 public:
  // Subscribes to the store; both must outlive it.
  Invariants(SimApiServer& server, const Nodes& nodes);

  void on_request(const RequestRecord&);

  // Operators started so far, and for how long none was there.
  std::size_t processes = 0;
  Duration down{};

  // e: for a workflow that has ended.
  void judge(const std::string& workflow_uid);

  const std::vector<std::string>& violations() const { return violations_; }
  // t: some time after all have ended. A Lease may stay when requests are done late.
  void judge_locks(bool leases_may_stay);
  // Jobs created so far of all workflows.
  std::size_t jobs() const { return job_names_.size(); }

 private:
  void on_change(const Change&);
  void on_workflow(const Change&);
  void on_job(const Change&);
  void on_plan(const Change&);
  void note_spec(Known&, const Json& spec);
  // False: it was written for a run that is over, after the plan of the next one was stored.
  bool is_of_newest_run(Known&, const Json& status);
  // Keeps what the truths (known.h) need to know.
  void note_launch(Known&, const AttemptName&, const std::string& uid);
  void note_status(Known&, const Json& after);
  void note_unwritten(const std::string& workflow);
  void note_result(Known&, const std::string& workflow_uid, const OutlineStep&, const Json& before,
                   const Json& after);
  void on_stop(const AttemptName&, const std::string& reason);
  void on_stopped_job(const Change&);
  void on_deleted_job(const Change&);
  void on_cancelled_child(const Change&);
  Duration patience() const;
  void check_source(const Known&, const AttemptName&, const Json& job);
  void check_answers(const Known&, const AttemptName&, const Json& job);
  static bool has_answers(const Known&, const OutlineStep&);
  void judge_ask(const Known&, const std::string& name, const OutlineStep&, const Json& record);
  void judge_gifts(const std::string& name, const PodRun&, const Json& record);
  void check_order(const Known&, const std::string& uid, const AttemptName&);
  void check_those_before(const Known&, const std::string& uid, const AttemptName&);
  bool is_of_former_run(const Known&, const Json& job) const;
  void check_end_has_come(const std::string& uid, const AttemptName&, const Known&);
  bool can_be_done(const Known&, const std::string& uid, const StepRef&) const;
  bool has_come(const OutlineStep&) const;
  // By what really happened so far: whether an entry of `when` may have held, or not.
  bool may_have_held(const Known&, const std::string& uid, const OutlineStep&, const Json& entry,
                     TimePoint until) const;
  bool may_have_failed(const Known&, const std::string& uid, const OutlineStep&, const Json& entry,
                       TimePoint until) const;
  TimePoint turn_of(const Known&, const std::string& uid, const OutlineStep&) const;
  TimePoint looked_at(const Known&, const std::string& uid, const OutlineStep&,
                      const Json& entry) const;
  void judge_skip(const Known&, const std::string& name, const std::string& uid,
                  const OutlineStep&);
  bool is_sure_success(const PodRun&) const;
  bool gave_outputs(const std::string& uid, const Json& entry, bool surely) const;
  static bool has_failed(const Known&, const std::set<std::string>& phases);
  bool is_late(const Known&) const;
  bool is_overtaken(const Known&) const;
  bool is_exempt(const AttemptName& name) const { return late_.contains(name); }
  bool had_late_launches(const std::string& uid, const StepRef&) const;
  void check_steering(const Known&, const AttemptName&);
  void check_alone(const Known&, const std::string& uid, const AttemptName&);
  void check_lock(const std::string& uid, const AttemptName&);
  const std::pair<const std::string, Known>& root_of(const std::string& uid) const;
  void check_status(const Known&, const Json& before, const Json& after);
  void check_steps(const Known&, const Json& before, const Json& after);
  // What judge() finds step by step.
  struct Verdict {
    int total = 0;
    int done = 0;
    bool failed = false;
    bool cancelled = false;
    std::set<std::string> failed_at_end, pending_at_end;  // phases of finally
  };
  void judge_unbegun(const Known&, const std::string& uid);
  void judge_step(const Known&, const std::string& uid, const OutlineStep&, Verdict&);
  void on_child(const std::string& uid, const Known&);
  void judge_child(const std::string& name, const std::string& uid, const OutlineStep&,
                   const Json& record);
  // Those of this run that were cancelled before they had begun, so that they cannot be resumed.
  int unbegun_children(const std::string& uid, const StepRef&) const;
  // The others of this run, by UID.
  std::vector<std::pair<std::string, const Known*>> children_of(const std::string& uid,
                                                                const StepRef&) const;
  void judge_wait(const std::string& name, const OutlineStep&, const Json& record);
  void judge_runs(const std::string& name, const std::string& uid, const OutlineStep&,
                  const Json& record);
  void judge_attempts(const std::string& name, const std::string& uid, const OutlineStep&,
                      const Json& record);
  // Of this run.
  std::vector<const PodRun*> runs_of(const std::string& uid, const StepRef&) const;
  void violated(const std::string& what);
  Complain complain() {
    return [this](const std::string& what) { violated(what); };
  }

  SimApiServer& server_;
  ObjectStore& store_;
  const Nodes& nodes_;
  const ResourceType& workflows_;
  const ResourceType& jobs_;
  const ResourceType& plans_;
  std::map<std::string, Known> known_;  // by workflow UID
  std::set<std::string> job_names_;
  std::set<AttemptName> attempts_;
  std::set<AttemptName> late_;  // of these
  std::vector<std::string> violations_;
  WidgetTruth widgets_;
};

}  // namespace bootstrap::simulation
