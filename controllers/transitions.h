#pragma once
// What happened in a pass, once: Events, log lines and metrics are made from this one list, and the
// history in status as well.
//
// Pure values and functions.

#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "controllers/object_meta.h"
#include "controllers/status.h"

namespace bootstrap {

struct Transition {
  std::optional<StepRef> step;  // none: the workflow itself
  std::string state;            // of the step or workflow after it
  std::string reason;           // of the Event: CamelCase, e.g. "StepSucceeded"
  std::string message;          // a sentence for people
  // The same for the operator's log, which others may read than those who may read the workflow:
  // without what a tool has printed, and what people are asked and answer. Empty: the message.
  std::string log;
  bool warning = false;
  bool event = false;            // worth an Event; everything is logged
  bool ends = false;             // the step, or the run, is over
  bool history = true;           // it is part of what has happened to the run
  std::string attempt;           // of one that has ended: "Succeeded", or why it failed
  std::optional<Duration> took;  // of a step that ended
};

// A core/v1 Event about the workflow (events.k8s.io/v1 is another view of the same objects, but
// forbids the time by which `kubectl describe` sorts). `cause` makes its name: the same transition
// published twice meets its own name.
nlohmann::json to_event(const ObjectMeta& workflow, const Transition&, const std::string& cause,
                        const std::string& instance, TimePoint now);

}  // namespace bootstrap
