// The part of the invariants that is about the end: whether the records agree with what ran.
#include <algorithm>

#include <fmt/format.h>

#include "tests/simulation/invariants.h"
#include "tests/simulation/left_out_truth.h"
#include "tests/simulation/stop_truth.h"
#include "tests/simulation/timeout_truth.h"

namespace bootstrap::simulation {

void Invariants::judge(const std::string& uid) {
  const Known& known = known_.at(uid);
  if (known.run == 0) return judge_unbegun(known, uid);
  if (known.resumed && known.status.value("state", "").empty()) {
    // Its plan was stored, nobody was told, and nobody asks for it any more.
    if (known.wanted == known.run)
      violated(fmt::format("r: run {} of {} never began", known.run, known.name));
    return;
  }
  Verdict verdict;
  for (const OutlineStep& step : known.outline.steps) judge_step(known, uid, step, verdict);
  const std::string state = known.status.value("state", "");
  const std::string reason = known.status.value("reason", "");
  const bool timed_out = reason == "TimedOut" && has_timed_out(known, known.newest);
  judge_left_out(known, known.newest, complain());
  judge_stops(known, complain());
  judge_timeouts(known, uid, nodes_, patience(), complain());
  // A phase of finally that was ended by its timeout, whose step answered that with success.
  const bool left_out = !verdict.pending_at_end.empty();
  const bool failed = verdict.failed || timed_out || !verdict.failed_at_end.empty() || left_out;
  const char* expected = verdict.cancelled ? "Cancelled" : failed ? "Failed" : "Succeeded";
  if (state != expected) violated(fmt::format("e: {} ended as {} ({})", known.name, state, reason));
  const Json progress = known.status.value("progress", Json::object());
  if (progress.value("completed", -1) != verdict.done ||
      progress.value("total", -1) != verdict.total)
    violated(fmt::format("e: {} of {} steps are done, progress says {}", verdict.done,
                         verdict.total, progress.dump()));
}

// Cancelled before it had a plan.
void Invariants::judge_unbegun(const Known& known, const std::string& uid) {
  if (known.status.value("state", "") != "Cancelled" || known.status.contains("phases"))
    violated(fmt::format("e: {} never began: {}", known.name, known.status.dump()));
  for (const PodRun& run : nodes_.runs())
    if (run.attempt.workflow_uid == uid)
      violated(fmt::format("e: {} never began, but pod {} was there", known.name, run.pod));
}

void Invariants::judge_step(const Known& known, const std::string& uid, const OutlineStep& step,
                            Verdict& verdict) {
  const Json record = step_record(known.status, step.ref);
  const std::string state = record.value("state", "");
  const std::string name = fmt::format("{} {}/{}", known.name, step.ref.phase, step.ref.step);
  const bool late = had_late_launches(uid, step.ref);
  if (state == "Skipped") {
    judge_skip(known, name, uid, step);
    if (!runs_of(uid, step.ref).empty() && !late)
      violated(fmt::format("e: {} was skipped, and ran", name));
    return;
  }
  const bool failed = is_failure(step, record);
  if (step.at_end && failed) verdict.failed_at_end.insert(step.ref.phase);
  if (!step.at_end) {
    ++verdict.total;
    verdict.failed = verdict.failed || failed;
    verdict.cancelled = verdict.cancelled || state == "Cancelled";
    if (is_final(state) && !failed && state != "Cancelled") ++verdict.done;
  }
  if (state == "Pending" || (state == "Cancelled" && attempts_in_run(record) == 0)) {
    if (!runs_of(uid, step.ref).empty() && !late)
      violated(fmt::format("e: {} is Pending at the end, and ran", name));
    if (step.at_end) verdict.pending_at_end.insert(step.ref.phase);
    return;
  }
  if (!is_final(state)) return violated(fmt::format("e: {} is {} at the end", name, state));
  // An output that it depends on was lost or never given; for a condition of its phase that comes
  // first.
  const bool lacks_output = record.value("reason", "") == "OutputMissing" &&
                            (!step.takes.empty() || !step.by_output.empty());
  if (!step.runs && !(lacks_output && !step.by_output.empty()))
    violated(fmt::format("e: {} is {} although its when does not hold", name, state));
  if (lacks_output) {
    const auto may_lack = [&](const Json& entry) {
      return may_have_failed(known, uid, step, entry, known.newest);
    };
    if (step.by_output.empty() && std::none_of(step.takes.begin(), step.takes.end(), may_lack))
      violated(fmt::format("e: {} lacks an output that was given", name));
    if (state != "Failed" || attempts_in_run(record) != 0)
      violated(fmt::format("e: {} lacks an output: {}", name, record.dump()));
    return;
  }
  if (step.waits) return judge_wait(name, step, record);
  if (step.child) return judge_child(name, uid, step, record);
  if (!step.asks_for.empty()) return judge_ask(known, name, step, record);
  judge_runs(name, uid, step, record);
  judge_attempts(name, uid, step, record);
}

namespace {

// Its node was silent when the time of the phase or the workflow was over: nobody could know
// better.
bool was_out_of_sight(const PodRun& run, const Json& record) {
  const std::string reason = record.value("reason", "");
  return run.fate.kind == Fate::Kind::NodeLost &&
         (reason == "PhaseTimedOut" || reason == "WorkflowTimedOut");
}

}  // namespace

void Invariants::judge_runs(const std::string& name, const std::string& uid,
                            const OutlineStep& step, const Json& record) {
  const std::string state = record.value("state", "");
  std::map<int, int> started;
  bool succeeded = false, surely = false, spoiled = false;
  for (const PodRun* run : runs_of(uid, step.ref)) {
    if (run->started && ++started[run->attempt.attempt] > 1)
      violated(fmt::format("a: {} started twice in attempt {}", name, run->attempt.attempt));
    succeeded = succeeded || run->succeeded();
    surely = surely ||
             (is_sure_success(*run) && !is_exempt(run->attempt) && !was_out_of_sight(*run, record));
  }
  for (const PodRun* run : runs_of(uid, step.ref))
    if (run->job_uid == record.value("jobUID", "")) {
      judge_gifts(name, *run, record);
      spoiled = run->succeeded() && run->is_spoiled();
    }
  const bool gone = record.value("reason", "") == "PodGone";
  if (state == "Succeeded" && (!succeeded || (spoiled && !gone)))
    violated(fmt::format("e: {} is recorded as Succeeded, but did not", name));
  if ((state == "Failed" || state == "Cancelled") && surely)
    violated(fmt::format("e: the success of {} was lost: {}", name, record.dump()));
}

void Invariants::judge_wait(const std::string& name, const OutlineStep& step, const Json& record) {
  static const std::set<std::string> kEnds{"TimedOut", "PhaseTimedOut", "WorkflowTimedOut"};
  const std::string state = record.value("state", "");
  if (attempts_in_run(record) != 1 || record.contains("job"))
    violated(fmt::format("a: {} waits: {}", name, record.dump()));
  if (state == "Succeeded" && !has_come(step))
    violated(fmt::format("e: {} is over, but {} was never Ready", name, step.waits_for));
  if (state == "Failed" && !kEnds.contains(record.value("reason", "")))
    violated(fmt::format("e: {} failed otherwise: {}", name, record.dump()));
}

// Every attempt is counted, and there are as many as there should be.
void Invariants::judge_attempts(const std::string& name, const std::string& uid,
                                const OutlineStep& step, const Json& record) {
  const bool late = had_late_launches(uid, step.ref);
  const int attempts = record.value("attempts", 0);
  const int uncounted = record.value("uncountedAttempts", 0);
  const auto launched = std::count_if(attempts_.begin(), attempts_.end(), [&](const auto& a) {
    return a.workflow_uid == uid && a.phase == step.ref.phase && a.step == step.ref.step;
  });
  if (attempts != launched && !late)
    violated(fmt::format("e: {} had {} attempts, {} are on record", name, launched, attempts));
  constexpr int kMostUncounted = 10;
  const int most = step.retry ? step.retry->attempts : 1;
  const int in_run = attempts_in_run(record);
  if (in_run - uncounted > most || uncounted > kMostUncounted || (!step.retry && uncounted > 0))
    violated(
        fmt::format("e: {} had {} attempts, {} of them not counted", name, attempts, uncounted));
  if (!step.retry || record.value("state", "") != "Failed" || late) return;
  static const std::set<std::string> kEndAtOnce{"PhaseTimedOut", "WorkflowTimedOut", "NotRetried",
                                                "JobSuspended",  "JobInvalid",       "NameTaken",
                                                "OutputMissing", "ClaimInvalid"};
  const bool fatal = step.retry->fatal.contains(record.value("exitCode", 0));
  if (in_run - uncounted < most && !fatal && uncounted < kMostUncounted &&
      !kEndAtOnce.contains(record.value("reason", "")))
    violated(fmt::format("e: {} failed with attempts left: {}", name, record.dump()));
}

void Invariants::judge_gifts(const std::string& name, const PodRun& run, const Json& record) {
  const std::string commit = record.value("sourceRevision", "");
  if (!commit.empty() && !run.commit.empty() && commit != run.commit)
    violated(
        fmt::format("j: {} is recorded with commit {}, but cloned {}", name, commit, run.commit));
  const bool gone = record.value("reason", "") == "PodGone";
  if (record.value("state", "") != "Succeeded" || gone) return;
  const bool gave = run.fate.gift != Fate::Gift::Nothing;
  if (record.value("/outputs/pod"_json_pointer, "") != (gave ? run.pod_uid : ""))
    violated(fmt::format("j: the outputs of {} are not its pod's: {}", name, record.dump()));
}

}  // namespace bootstrap::simulation
