#pragma once
// State, reason and message of a workflow whose run has begun: where it is, or what came of it, in
// one sentence.
//
// What matters comes first: a failure, then what is in trouble, then what is to be tried again,
// then what simply runs. A tool's long message never pushes out how to read the log, nor the notes.
//
// Pure functions.

#include <string>

#include "controllers/plan.h"
#include "controllers/standing.h"
#include "controllers/status.h"

namespace bootstrap {

struct WorkflowMessage {
  WorkflowState state = WorkflowState::Pending;
  std::string reason;
  std::string message;  // as long as it takes; the caller cuts it
};

// Phases, progress and duration of `status` are up to date.
WorkflowMessage message_of(const Status&, const Plan&, const Standing&);

// "docs/generate-docs", "docs/generate-docs +1" when another one is under way beside it.
std::string current_text(const Plan&, const Standing&);

// It does not go as it should: it has a reason not to, and waits neither for its retry, nor for
// people, nor for the resource or child that it is there to wait for.
bool is_in_trouble(const StepRecord&);

// "p/a is starting, but nothing runs yet: no such image": of a step that is in trouble.
std::string trouble_text(const std::string& name, const StepRecord&);

// A step is in trouble, or the plan of the run cannot be had. It may be that nothing moves before
// somebody does something.
bool is_blocked(const Status&);

// "; its log: kubectl logs …". Empty when the tool printed nothing, or nothing that is still there.
std::string log_hint(const std::string& ns, const StepRecord&);

}  // namespace bootstrap
