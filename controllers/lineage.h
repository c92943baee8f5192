#pragma once
// Which workflows an object is below: labels by which the pods of a workflow and of all that it
// runs are found, when the objects between them are gone.
//
//   root, root-uid           the workflow that people made
//   within.…/<uid>           each workflow that a step of it runs, on the way down
//   lock.…/<hash>            each lock under which it runs: its own, and those it is below
//
// Pure functions.

#include <map>
#include <string>
#include <string_view>

#include "controllers/names.h"
#include "controllers/object_meta.h"

namespace bootstrap {

// Of everything that is created for a workflow: its Jobs, their pods, and the workflows it runs.
std::map<std::string, std::string> lineage_labels(const ObjectMeta& workflow);

// All labels of the Job or workflow of an attempt, and of its pod. `lock`: of that run; empty:
// none.
std::map<std::string, std::string> labels_of_attempt(const ObjectMeta& workflow, const StepRef&,
                                                     int attempt, int run, const std::string& lock);

// That of what is below the workflow with this UID, which a step of another one runs.
std::string label_within(std::string_view uid);

}  // namespace bootstrap
