#pragma once
// References that stand where a program would read its own text: a value pasted there could be a
// command. Looked for before anything starts, with the values of parameters, and again at a step's
// launch, when the values of outputs are known.
//
// Pure function.

#include <string>
#include <vector>

#include "controllers/definition.h"
#include "controllers/references.h"

namespace bootstrap {

struct PastedReference {
  std::string field;      // below the step: "args[1]", "script"
  std::string reference;  // "params.region"
  std::string where;      // "a script", "program text"
  bool operator==(const PastedReference&) const = default;
};

// `lookup` answers what is known: "$(params.shell)" may be the name of a shell.
std::vector<PastedReference> references_in_programs(const StepDefinition&, const Lookup& lookup);

}  // namespace bootstrap
