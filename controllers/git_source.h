#pragma once
// Tools from a Git repository: which addresses and revisions are allowed, and which commit a branch
// or tag means.
//
// It means the same commit for a whole run: the pod of the first step that is launched with it asks
// the server and reports the commit as the message of its init container; the step's record keeps
// it; every later step is launched with exactly that commit, and whoever could be launched
// meanwhile waits. A run that has lost it (the pod was gone before anybody looked) asks again.
//
// Pure functions.

#include <optional>
#include <string>
#include <string_view>

#include "controllers/plan.h"
#include "controllers/status.h"

namespace bootstrap {

// What is wrong with a source whose values are put in; `at` is its path.
Problems git_problems(const GitSource& filled, const std::string& at);

// Why it is none that may be cloned from; empty: it may.
std::optional<std::string> repository_problem(std::string_view repository);
// Why it is no branch, tag or commit; empty: it may be one.
std::optional<std::string> revision_problem(std::string_view revision);

bool is_ssh_repository(std::string_view);
bool is_commit(std::string_view);  // a whole hash, SHA-1 or SHA-256

// The source with the values of parameters put in.
GitSource filled(GitSource, const Lookup&);

// "commit=<hash>" of the init container that has cloned. Empty: none.
std::string commit_in(std::string_view message);

// Same repository and revision, with the values of the run's parameters.
bool has_same_source(const PlanStep&, const GitSource&, const Plan&);

// The commit that this source means in the run of `plan`; empty: nobody knows yet.
std::string resolved_commit(const GitSource&, const Plan&, const Status&);

// The step whose pod is about to find out; null: none.
const PlanStep* resolving_step(const GitSource&, const Plan&, const Status&);

}  // namespace bootstrap
