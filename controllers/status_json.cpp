#include <stdexcept>

#include "controllers/status.h"

namespace bootstrap {

using nlohmann::json;

namespace {

// A status that this version cannot read. Leaves this file as a value only.
struct Unreadable : std::runtime_error {
  using std::runtime_error::runtime_error;
};

template <class E>
E state_of(const std::string& text, E last) {
  for (int i = 0; i <= static_cast<int>(last); ++i)
    if (text == to_text(static_cast<E>(i))) return static_cast<E>(i);
  throw Unreadable("unknown state \"" + text + "\"");
}

void put(json& to, const char* key, const std::string& value) {
  if (!value.empty()) to[key] = value;
}

void put(json& to, const char* key, const std::optional<TimePoint>& value) {
  if (value) to[key] = to_rfc3339(*value);
}

void put(json& to, const char* key, Duration value) {
  if (value != Duration{}) to[key] = to_text(value);
}

template <class T, class F>
void put_list(json& to, const char* key, const std::vector<T>& values, F&& write) {
  if (values.empty()) return;
  json& list = to[key] = json::array();
  for (const T& value : values) list.push_back(write(value));
}

// The value under `key`; null when it is absent. Throws on anything that is no object.
const json& value_in(const json& from, const char* key) {
  static const json kNothing;
  if (!from.is_object()) throw Unreadable(std::string("not an object where ") + key + " should be");
  const auto found = from.find(key);
  return found == from.end() ? kNothing : *found;
}

std::string text_in(const json& from, const char* key) {
  const json& value = value_in(from, key);
  return value.is_null() ? std::string() : value.get<std::string>();
}

template <class T>
T number_in(const json& from, const char* key) {
  const json& value = value_in(from, key);
  return value.is_null() ? T{0} : value.get<T>();
}

std::optional<TimePoint> time_in(const json& from, const char* key) {
  const json& value = value_in(from, key);
  if (value.is_null()) return std::nullopt;
  const auto time = from_rfc3339(value.get_ref<const std::string&>());
  if (!time) throw Unreadable(std::string(key) + " is not a time");
  return time;
}

Duration duration_in(const json& from, const char* key) {
  const std::string text = text_in(from, key);
  if (text.empty()) return {};
  const auto duration = duration_from_text(text);
  if (!duration) throw Unreadable(std::string(key) + " is not a duration");
  return *duration;
}

template <class T, class F>
std::vector<T> list_in(const json& from, const char* key, F&& read) {
  std::vector<T> values;
  const json& list = value_in(from, key);
  if (list.is_null()) return values;
  if (!list.is_array()) throw Unreadable(std::string(key) + " is not a list");
  values.reserve(list.size());
  for (const json& entry : list) values.push_back(read(entry));
  return values;
}

json write_step(const StepRecord& step) {
  json to{{"name", step.name}, {"state", to_text(step.state)}, {"attempts", step.attempts}};
  if (step.former != 0) to["formerAttempts"] = step.former;
  if (step.uncounted != 0) to["uncountedAttempts"] = step.uncounted;
  put(to, "job", step.job);
  put(to, "jobUID", step.job_uid);
  put(to, "child", step.child);
  put(to, "childUID", step.child_uid);
  if (step.child_percent) to["childPercent"] = *step.child_percent;
  put(to, "reason", step.reason);
  put(to, "message", step.message);
  put(to, "lastFailure", step.last_failure);
  if (step.exit_code) to["exitCode"] = *step.exit_code;
  put(to, "startTime", step.start);
  put(to, "completionTime", step.completion);
  put(to, "nextRetryTime", step.next_retry);
  if (step.expected) to["expectedDuration"] = to_text(*step.expected);
  put(to, "logTail", step.log_tail);
  if (!step.outputs.empty()) to["outputs"] = step.outputs;
  put(to, "sourceRevision", step.source_revision);
  put(to, "plan", step.plan);
  return to;
}

StepRecord read_step(const json& from) {
  StepRecord step;
  step.name = text_in(from, "name");
  step.state = state_of(text_in(from, "state"), StepState::Removed);
  step.attempts = number_in<int>(from, "attempts");
  step.former = number_in<int>(from, "formerAttempts");
  step.uncounted = number_in<int>(from, "uncountedAttempts");
  step.job = text_in(from, "job");
  step.job_uid = text_in(from, "jobUID");
  step.child = text_in(from, "child");
  step.child_uid = text_in(from, "childUID");
  if (!value_in(from, "childPercent").is_null())
    step.child_percent = number_in<int>(from, "childPercent");
  step.reason = text_in(from, "reason");
  step.message = text_in(from, "message");
  step.last_failure = text_in(from, "lastFailure");
  if (!value_in(from, "exitCode").is_null()) step.exit_code = number_in<int>(from, "exitCode");
  step.start = time_in(from, "startTime");
  step.completion = time_in(from, "completionTime");
  step.next_retry = time_in(from, "nextRetryTime");
  if (const Duration expected = duration_in(from, "expectedDuration"); expected != Duration{})
    step.expected = expected;
  step.log_tail = text_in(from, "logTail");
  if (const json& outputs = value_in(from, "outputs"); !outputs.is_null())
    step.outputs = outputs.get<Outputs>();
  step.source_revision = text_in(from, "sourceRevision");
  step.plan = text_in(from, "plan");
  return step;
}

json write_phase(const PhaseRecord& phase) {
  json to{{"name", phase.name}, {"state", to_text(phase.state)}};
  put(to, "startTime", phase.start);
  put(to, "completionTime", phase.completion);
  put(to, "pausedDuration", phase.paused);
  put_list(to, "steps", phase.steps, write_step);
  return to;
}

PhaseRecord read_phase(const json& from) {
  PhaseRecord phase;
  phase.name = text_in(from, "name");
  phase.state = state_of(text_in(from, "state"), PhaseState::Removed);
  phase.start = time_in(from, "startTime");
  phase.completion = time_in(from, "completionTime");
  phase.paused = duration_in(from, "pausedDuration");
  phase.steps = list_in<StepRecord>(from, "steps", read_step);
  return phase;
}

json write_progress(const Progress& progress) {
  json to{{"completed", progress.completed},
          {"total", progress.total},
          {"percent", progress.percent},
          {"text", progress.text}};
  put(to, "current", progress.current);
  put(to, "elapsed", progress.elapsed);
  put(to, "at", progress.at);
  put(to, "eta", progress.eta);
  put(to, "etaClock", progress.eta_clock);
  put(to, "overdue", progress.overdue);
  return to;
}

Progress read_progress(const json& from) {
  return {number_in<int>(from, "completed"),
          number_in<int>(from, "total"),
          number_in<int>(from, "percent"),
          text_in(from, "text"),
          text_in(from, "current"),
          text_in(from, "elapsed"),
          time_in(from, "at"),
          text_in(from, "eta"),
          text_in(from, "etaClock"),
          text_in(from, "overdue")};
}

json write_resources(const ResourcePeaks& peaks) {
  json to = json::object();
  const auto write = [&](const char* key, const std::optional<Peak>& peak) {
    if (peak) to[key] = {{"peakPercent", peak->percent}, {"node", peak->node}};
  };
  write("memory", peaks.memory);
  write("cpu", peaks.cpu);
  write("disk", peaks.disk);
  return to;
}

ResourcePeaks read_resources(const json& from) {
  const auto peak = [&](const char* key) -> std::optional<Peak> {
    const json& value = value_in(from, key);
    if (value.is_null()) return std::nullopt;
    return Peak{number_in<int>(value, "peakPercent"), text_in(value, "node")};
  };
  return {peak("memory"), peak("cpu"), peak("disk")};
}

json write_condition(const Condition& condition) {
  json to{{"type", condition.type},
          {"status", condition.status},
          {"reason", condition.reason},
          {"message", condition.message},
          {"observedGeneration", condition.observed_generation}};
  put(to, "lastTransitionTime", condition.last_transition);
  return to;
}

Condition read_condition(const json& from) {
  return {text_in(from, "type"),
          text_in(from, "status"),
          text_in(from, "reason"),
          text_in(from, "message"),
          number_in<std::int64_t>(from, "observedGeneration"),
          time_in(from, "lastTransitionTime")};
}

json write_history(const HistoryEntry& entry) {
  json to{{"time", to_rfc3339(entry.time)}, {"run", entry.run}, {"state", entry.state}};
  put(to, "step", entry.step);
  put(to, "reason", entry.reason);
  return to;
}

HistoryEntry read_history(const json& from) {
  return {time_in(from, "time").value_or(TimePoint{}), number_in<int>(from, "run"),
          text_in(from, "step"), text_in(from, "state"), text_in(from, "reason")};
}

Status read(const json& from) {
  Status status;
  if (from.is_null()) return status;
  status.observed_generation = number_in<std::int64_t>(from, "observedGeneration");
  status.uid = text_in(from, "uid");
  if (!value_in(from, "state").is_null())
    status.state = state_of(text_in(from, "state"), WorkflowState::Invalid);
  status.reason = text_in(from, "reason");
  status.message = text_in(from, "message");
  status.run = number_in<int>(from, "run");
  status.plan = text_in(from, "plan");
  status.lock = text_in(from, "lock");
  status.cleanup = time_in(from, "cleanupTime");
  status.start = time_in(from, "startTime");
  status.completion = time_in(from, "completionTime");
  status.estimated_end = time_in(from, "estimatedCompletionTime");
  status.duration = text_in(from, "duration");
  status.paused_since = time_in(from, "pausedSince");
  status.paused = duration_in(from, "pausedDuration");
  if (const json& progress = value_in(from, "progress"); !progress.is_null())
    status.progress = read_progress(progress);
  if (const json& resources = value_in(from, "resources"); !resources.is_null())
    status.resources = read_resources(resources);
  status.conditions = list_in<Condition>(from, "conditions", read_condition);
  status.phases = list_in<PhaseRecord>(from, "phases", read_phase);
  status.history = list_in<HistoryEntry>(from, "history", read_history);
  return status;
}

}  // namespace

json to_json(const Status& status) {
  json to = json::object();
  if (status.observed_generation != 0) to["observedGeneration"] = status.observed_generation;
  put(to, "uid", status.uid);
  if (status.state) to["state"] = to_text(*status.state);
  put(to, "reason", status.reason);
  put(to, "message", status.message);
  if (status.run != 0) to["run"] = status.run;
  put(to, "plan", status.plan);
  put(to, "lock", status.lock);
  put(to, "cleanupTime", status.cleanup);
  put(to, "startTime", status.start);
  put(to, "completionTime", status.completion);
  put(to, "estimatedCompletionTime", status.estimated_end);
  put(to, "duration", status.duration);
  put(to, "pausedSince", status.paused_since);
  put(to, "pausedDuration", status.paused);
  if (status.progress) to["progress"] = write_progress(*status.progress);
  if (status.resources != ResourcePeaks{}) to["resources"] = write_resources(status.resources);
  put_list(to, "conditions", status.conditions, write_condition);
  put_list(to, "phases", status.phases, write_phase);
  put_list(to, "history", status.history, write_history);
  return to;
}

tl::expected<Status, std::string> read_status(const json& from) {
  try {
    return read(from);
  } catch (const Unreadable& e) {
    return tl::unexpected(std::string(e.what()));
  } catch (const json::exception& e) {
    return tl::unexpected(std::string(e.what()));
  }
}

}  // namespace bootstrap
