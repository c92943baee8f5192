#pragma once
// Steps that wait for people, and what `approve`, `reject` and `answer` write for them:
// spec.approvals (keys step, run, by) and spec.answers (key name) with one's own entry put in, the
// entries of others as they are.
//
// Pure functions.

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "cli/change.h"
#include "cli/failure.h"
#include "cli/seen_workflow.h"
#include "controllers/definition.h"

namespace bootstrap::cli {

enum class GateKind { Approval, Answers };

struct Gate {
  StepRef step;
  const StepRecord* record = nullptr;  // of the workflow's status
};

// The one that is meant: the step, or when it is empty the only one that is open. Refused when
// there is none, when there are several, and when the step does not wait; all that wait are named
// then.
Result<Gate> find_gate(const SeenWorkflow&, GateKind, const std::string& step);

struct Decision {
  bool approves = true;
  std::string by;
  std::string comment;  // empty: none
};
// `approve`: of the step as it is pinned; null: not known.
Result<Change> decision_change(const SeenWorkflow&, const Gate&, const Decision&,
                               const ApproveWork* approve);

// `ask`: likewise.
Result<Change> answer_change(const SeenWorkflow&, const Gate&, const GivenAnswers&,
                             const AskWork* ask);

// "key=value", with whatever there is behind the first "=". Error: what is wrong.
tl::expected<GivenAnswer, std::string> answer_from(const std::string& text);

}  // namespace bootstrap::cli
