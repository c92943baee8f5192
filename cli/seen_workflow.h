#pragma once
// A workflow as the API server has it, and what the commands want to know of it.
//
// Pure values and functions.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>
#include <tl/expected.hpp>

#include "controllers/names.h"
#include "controllers/object_meta.h"
#include "controllers/status.h"
#include "controllers/steering.h"

namespace bootstrap::cli {

struct SeenWorkflow {
  nlohmann::json object;  // as it is stored
  ObjectMeta meta;
  Status status;
  Steering steering;

  // A field of the spec; null when it is not there.
  const nlohmann::json& spec(const char* field) const;
  std::string resource_version() const;  // the precondition of a write
};

// Error: why this version of the program cannot make sense of it.
tl::expected<SeenWorkflow, std::string> seen_workflow(nlohmann::json object);

// "Pending" when the operator has not seen it yet.
std::string state_text(const Status&);

// Nothing of it will happen any more unless somebody does something: it is over or Invalid, and
// the operator has seen all that was asked of it.
bool has_ended(const SeenWorkflow&);

// It is over, and not as it was meant to be.
bool is_not_fine(const SeenWorkflow&);

// "phase/step"; empty: it is none.
std::optional<StepRef> step_ref(std::string_view text);

// All steps of the status, as "phase/step".
std::vector<std::string> step_names(const Status&);

// The workflow whose step runs this one: its name, and the step. Empty: people made it.
struct Parent {
  std::string workflow;
  StepRef step;
};
std::optional<Parent> parent_of(const SeenWorkflow&);

}  // namespace bootstrap::cli
