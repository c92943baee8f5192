#pragma once
// What the gate `ask` finds: which of its questions are answered, rightly or wrongly.
//
//  - A right answer is recorded when it is seen. Until all are there another one takes its place;
//    taking it out of spec.answers does not undo it, because an apply from Git does that.
//  - A wrong answer keeps the gate shut, also beside a right one that was recorded before.
//  - A default stands in for an answer when the gate opens; what is neither answered, nor required,
//    nor has a default stays without a value.
//
// Pure functions.

#include <string>

#include "controllers/gate_attempt.h"

namespace bootstrap {

// Why a value is no answer to a question: "must be one of a, b, not \"c\""; empty: it is one.
std::string why_refused(const Parameter&, const std::string& value);

GateFinding ask_gate(const Plan&, const PlanStep&, const AskWork&, const StepRecord&,
                     const GivenAnswers&);

}  // namespace bootstrap
