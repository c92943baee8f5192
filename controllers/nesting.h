#pragma once
// Templates that steps run, and those that their steps run, looked at before a run begins: each
// must be there, take the values it is given, be right in itself, and no template may come to run
// itself or too deep.
//
// What only an output will tell is left to the child, which looks at all of this once more when it
// begins.

#include <optional>

#include "controllers/child_workflow.h"
#include "controllers/draft.h"

namespace bootstrap {

// `chain`: the templates of this workflow's ancestors and its own. None: a template is not known
// yet, or waited for, and the draft says so.
std::optional<Problems> nesting_problems(Draft&, const Definition&, const Ancestors& chain);

}  // namespace bootstrap
