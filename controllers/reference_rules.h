#pragma once
// What must hold of the references in the texts of a definition: each is known, and what it means
// is there in time. A part of validate() (validation.h).
//
//   ReferenceRules references(definition, problems);
//   references.stand_in_step(0);
//   references.check_text("phases[a].steps[b].args[0]", text);
//
// Which rule holds for a text is the caller's to know: docs/api.md lists the fields in which
// references are replaced. One thread.

#include <functional>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "controllers/ask_spec.h"
#include "controllers/definition.h"
#include "controllers/output_rules.h"
#include "controllers/plan.h"
#include "controllers/references.h"

namespace bootstrap {

class ReferenceRules {
 public:
  // Adds what is wrong to `problems`, beginning with the values of parameters. Both stay where they
  // are as long as this is used.
  ReferenceRules(const Definition&, Problems& problems);

  // Where the texts stand that are looked at next: in a step of the definition as flatten() lists
  // it, in a phase that has this one first, or in neither, as notes do.
  void stand_in_step(StepIndex);
  void stand_in_phase(StepIndex first);
  void stand_outside();
  // From here on the result of the run is known.
  void begin_finally();

  // A text in which all references may stand.
  void check_text(const std::string& field, const std::string& text);
  // One that must be known when the run starts.
  void check_text_before_start(const std::string& field, const std::string& text);
  // One in which nothing is replaced: a reference there would be taken literally.
  void check_literal(const std::string& field, const std::string& text);
  // All texts of what is handed over to the pod as it is.
  void check_literals(const std::string& field, const nlohmann::json& part);
  // The output that a condition names.
  void check_output(const std::string& field, const OutputRef&);

  // What is known before the run starts; of the workflow itself values for which any rule holds.
  const Lookup& lookup() const { return lookup_; }
  // No: they are wrong, which is told already, and what depends on them cannot be looked at.
  bool values_are_known() const { return values_are_known_; }
  // The text with what is known put in. Empty: something is not, which is told already.
  std::optional<std::string> value_of(const std::string& text) const;
  // Likewise, itself when something is not.
  std::string filled(const std::string& text) const;

 private:
  void add(std::string field, std::string message);
  void check_slips(const std::string& field, const std::string& text);
  void check_asked(const std::string& field, const std::string& reference, const Asked&);
  void check_output_reference(const std::string& field, const std::string& reference);
  std::string known(bool late) const;
  std::string unknown(const std::string& reference, bool late) const;

  const Definition& definition_;
  Problems& problems_;
  const std::vector<PlanStep> steps_ = flatten(definition_);
  const std::vector<std::set<StepIndex>> order_ = steps_before(steps_);
  const AskedParameters asked_ = asked_parameters(steps_);
  std::set<std::string, std::less<>> parameters_;  // names, of those asked for as well
  OutputTaker taker_;                              // the step or phase that is looked at
  const Tools* tools_ = nullptr;                   // of the step
  ParameterValues values_;
  bool values_are_known_ = false;
  Lookup lookup_;
};

}  // namespace bootstrap
