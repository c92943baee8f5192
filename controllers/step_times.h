#pragma once
// What steps took before, from which is told what they will take.
//
// Workflows are of one family when they run the same template, or, without one, the same phases and
// steps by name: a new image or other parameters do not make another one.
//
// Pure values and functions.

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "controllers/plan.h"
#include "controllers/views.h"

namespace bootstrap {

using StepTimes = std::map<StepRef, Duration>;

// How many runs of a family count, the newest.
inline constexpr std::size_t kRunsThatCount = 10;

std::string family_of(const Plan&);
std::string family_of(const Workflow&);

// What the newest attempt of a step took; none: it has not succeeded. Nodes have clocks of their
// own: it is never negative.
std::optional<Duration> time_of(const StepRecord&);

// Of all steps that have succeeded.
StepTimes times_of(const Status&);

// The median of each step: one run that hung, or did nothing, changes little.
StepTimes expected_times(const std::vector<StepTimes>& runs);

}  // namespace bootstrap
