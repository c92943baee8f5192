#pragma once
// The definition as it is now: that of the workflow's spec, or that of the template it names with
// the workflow's values. A run pins it when it begins; afterwards it is only compared.
//
// Before a run the live API is asked for the template: whoever changes a template and then creates
// a workflow gets the new one, however late the watch is. A template that is not there is waited
// for.

#include <optional>

#include "controllers/draft.h"

namespace bootstrap {

struct LiveDefinition {
  nlohmann::json definition;
  std::optional<TemplatePin> pin;  // of the template it was taken from
  Problems problems;               // that are known before the definition itself is looked at
};

// None: it is not known yet, or waited for, and the draft says so.
std::optional<LiveDefinition> live_definition(Draft&);

// As the live API has it. Null: it is not known yet, or waited for, and the draft says so.
const TemplateView* find_template(Draft&, const std::string& name);

// Whether the definition is known to be another one than the pinned one.
bool has_new_definition(Draft&);

// Says in the status whether the definition is still the one that the run has pinned.
void note_definition(Draft&);

}  // namespace bootstrap
