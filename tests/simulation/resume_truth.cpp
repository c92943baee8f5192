#include "tests/simulation/resume_truth.h"

#include <algorithm>

#include <fmt/format.h>

#include "controllers/time.h"
#include "tests/simulation/invariants.h"
#include "tests/simulation/records.h"
#include "tests/simulation/stop_truth.h"

namespace bootstrap::simulation {
namespace {

bool is_reset(const std::set<StepRef>& steps, const AttemptName& name) {
  return steps.contains({name.phase, name.step});
}

// What failed or was cancelled, or is about to be tried again.
bool has_failed(const OutlineStep& step, const Json& record) {
  const std::string state = record.value("state", "");
  return state == "Cancelled" || state == "Backoff" || is_failure(step, record) ||
         (state == "Failed" && record.value("reason", "") == "NotRetried");
}

struct Again {
  std::set<StepRef> all;      // not kept
  std::set<StepRef> retried;  // of these: for their own failure
};

// Nothing of a phase with a condition has begun, and something of it is to run: all of it is.
void add_undecided(const Json& status, const Outline& outline, const std::string& phase,
                   Again& again) {
  std::set<StepRef> steps;
  bool is_to_run = false;
  for (const OutlineStep& step : outline.steps) {
    if (step.ref.phase != phase) continue;
    const Json record = step_record(status, step.ref);
    if (!step.phase_has_when || record.contains("startTime")) return;
    const bool is_pending = record.empty() || record["state"] == "Pending";
    is_to_run = is_to_run || is_pending || again.all.contains(step.ref);
    if (!is_pending) steps.insert(step.ref);
  }
  if (!is_to_run) return;
  for (const StepRef& step : steps) {
    again.all.insert(step);
    again.retried.erase(step);
  }
}

Again again(const Json& status, const Outline& outline, const std::string& from) {
  Again again;
  for (const OutlineStep& step : outline.steps) {
    const Json record = step_record(status, step.ref);
    const bool is_pending = record.empty() || record["state"] == "Pending";
    if (!is_pending || record.contains("child")) {
      const bool rests_on_those =
          std::any_of(outline.steps.begin(), outline.steps.end(), [&](const OutlineStep& other) {
            return again.all.contains(other.ref) && outline.comes_before(other, step);
          });
      const bool is_named = from == step.ref.phase || from == to_text(step.ref);
      const bool repeats = step.at_end || is_named || rests_on_those;
      if (repeats || has_failed(step, record)) again.all.insert(step.ref);
      if (!repeats && has_failed(step, record)) again.retried.insert(step.ref);
    }
    const bool ends_phase =
        &step == &outline.steps.back() || (&step + 1)->ref.phase != step.ref.phase;
    if (ends_phase) add_undecided(status, outline, step.ref.phase, again);
  }
  return again;
}

// A child that has failed is resumed itself: its attempt goes on.
bool goes_on(const Again& again, const StepRef& ref, const Json& record) {
  return again.retried.contains(ref) && record.contains("child");
}

Json reset(const Json& record, bool goes_on) {
  const int attempts = record.value("attempts", 0);
  Json fresh{{"name", record["name"]}, {"state", "Pending"}};
  if (attempts > 0) fresh["attempts"] = attempts;
  const int former = goes_on ? attempts - 1 : attempts;
  if (former > 0) fresh["formerAttempts"] = former;
  return fresh;
}

// With what goes on, and with what the next run has launched so far.
void begin_phases(Known& known, TimePoint start) {
  known.phase_begins.clear();
  for (const auto& phase : known.status.value("phases", Json::array()))
    for (const auto& step : phase["steps"])
      if (!is_final_step(step["state"]) && step["state"] != "Pending")
        known.phase_begins.try_emplace(phase["name"], start);
  for (const auto& [name, launch] : known.launches) {
    const Json record = step_record(known.status, {name.phase, name.step});
    if (is_final_step(record.value("state", ""))) continue;
    const TimePoint begin = std::max(launch.at, start);
    const auto [known_begin, is_first] = known.phase_begins.try_emplace(name.phase, begin);
    if (!is_first) known_begin->second = std::min(known_begin->second, begin);
  }
}

}  // namespace

Json resumed(const Json& status, const Outline& outline, const std::string& from) {
  const Again what = again(status, outline, from);
  Json next{{"run", status.value("run", 0)}, {"history", status.value("history", Json::array())}};
  for (Json phase : status.value("phases", Json::array())) {
    bool is_whole = true;
    for (Json& step : phase["steps"]) {
      const StepRef ref{phase["name"], step["name"]};
      if (what.all.contains(ref)) step = reset(step, goes_on(what, ref, step));
      is_whole = is_whole && is_final_step(step["state"]);
    }
    if (!is_whole)
      phase = {{"name", phase["name"]}, {"state", "Pending"}, {"steps", phase["steps"]}};
    next["phases"].push_back(std::move(phase));
  }
  return next;
}

void begin_next_run(Known& known, TimePoint start, TimePoint now) {
  const Again what = again(known.status, known.outline, known.from);
  const auto attempt_of = [&](const AttemptName& name) {
    return step_record(known.status, {name.phase, name.step}).value("attempts", 0);
  };
  // A late launch that is not on record yet is still to come.
  const auto is_former = [&](const auto& entry) {
    return is_reset(what.all, entry.first) && entry.first.attempt <= attempt_of(entry.first);
  };
  known.unrecorded.clear();
  for (const auto& [name, launch] : known.launches)
    if (name.attempt > attempt_of(name)) known.unrecorded.insert(name);
  for (auto& [name, launch] : known.launches) {
    const StepRef ref{name.phase, name.step};
    if (!goes_on(what, ref, step_record(known.status, ref))) continue;
    launch.at = now;
    launch.stopped.reset();
  }
  std::erase_if(known.launches, [&](const auto& entry) {
    const StepRef ref{entry.first.phase, entry.first.step};
    return is_former(entry) && !goes_on(what, ref, step_record(known.status, ref));
  });
  std::erase_if(known.failures, is_former);
  std::erase_if(known.over, [&](const auto& entry) { return what.all.contains(entry.first); });
  known.status = resumed(known.status, known.outline, known.from);
  known.status["startTime"] = to_rfc3339(start);
  begin_phases(known, start);
  known.pauses.clear();
}

int attempts_before(const Known& known, const std::string& uid, const StepRef& ref) {
  AttemptName next{uid, ref.phase, ref.step, former_attempts(step_record(known.status, ref)) + 1};
  while (known.unrecorded.contains(next) && !known.failures.contains(next)) ++next.attempt;
  return next.attempt - 1;
}

// --- what people ask for, and what begins ---

void Invariants::note_spec(Known& known, const Json& spec) {
  for (const auto& answer : spec.value("answers", Json::array()))
    known.given[answer["name"]].insert(answer["value"].get<std::string>());
  known.cancelled = known.cancelled || spec.value("cancel", false);
  known.ever_cancelled = known.ever_cancelled || known.cancelled;
  if (!spec.value("suspend", false))
    known.suspended.reset();
  else if (!known.suspended)
    known.suspended = nodes_.now();
  const Json resume = spec.value("resume", Json::object());
  known.wanted = resume.value("run", 0);
  if (resume.contains("run")) known.asked[resume["run"]].insert(resume.value("from", ""));
}

// The plan of a run is the record that it has begun.
void Invariants::on_plan(const Change& change) {
  const auto found = known_.find(text_at(*change.object, "/metadata/ownerReferences/0/uid"));
  if (found == known_.end() || found->second.deleted) return;
  Known& known = found->second;
  const Json& data = (*change.object)["data"];
  const int run = data["run"];
  // Nobody reads it: a later run has begun, or it was cancelled before its first one had and nobody
  // has asked for it since.
  const bool late = server_.sender().late;
  const bool is_over = known.run == 0 && is_final(known.status.value("state", ""));
  if (run < known.run && (late || is_overtaken(known))) return;
  if (is_over && late && known.wanted < run) return;
  const int former = std::exchange(known.run, run);
  if (former == 0) {
    known.run_start = *from_rfc3339(data["startTime"].get<std::string>());
    known.status = Json::object();  // it may have been cancelled before
    return;
  }
  const std::string from = data.value("from", "");
  const auto asked = known.asked.find(run);
  if (run <= former || asked == known.asked.end() || !asked->second.contains(from))
    violated(fmt::format("r: nobody asked for run {} of {} from \"{}\"", run, known.name, from));
  if (is_final(known.status.value("state", "")))
    judge(found->first);
  else
    judge_stops(known, complain());
  known.from = from;
  known.resumed = true;
  known.cancelled = store_.find(workflows_, {change.key.ns, known.name})
                        ->value("/spec/cancel"_json_pointer, false);
  known.former_status = known.status;
  known.run_start = *from_rfc3339(data["startTime"].get<std::string>());
  begin_next_run(known, known.run_start, change.at);
}

bool Invariants::is_of_newest_run(Known& known, const Json& status) {
  if (status.value("run", 0) == known.run) return true;
  if (!known.resumed) return false;  // whoever wrote it did not know of the first run
  if (status != known.former_status) {
    known.former_status = known.status = status;
    begin_next_run(known, known.run_start, nodes_.now());
  }
  return false;
}

}  // namespace bootstrap::simulation
