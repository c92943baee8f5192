#pragma once
// An independent, simple reading of a spec: what a workflow may do, as its user means it. Nothing
// of the operator's own code is used here, so that both can be compared.
//
// Threads: values.

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "controllers/names.h"
#include "controllers/time.h"
#include "tests/simulation/object_store.h"

namespace bootstrap::simulation {

struct OutlineRetry {
  int attempts = 3;
  Duration delay{5'000};
  int factor = 2;
  Duration longest{360'000};
  int jitter = 0;  // percent
  std::set<int> fatal;
};

struct OutlineStep {
  StepRef ref;
  bool at_end = false;     // of finally
  bool tolerated = false;  // continueOnFailure
  bool runs = true;        // as far as conditions on parameters go
  bool phase_has_when = false;
  bool by_phase = false;        // besides, what came of other phases decides
  std::vector<Json> by_widget;  // and these conditions on Widgets
  std::vector<Json> by_output;  // and these on outputs
  std::vector<Json> takes;      // outputs that it cannot do without, as conditions on them
  std::vector<StepRef> after;   // must be done before
  std::optional<OutlineRetry> retry;
  bool waits = false;     // for something, without a Job
  bool child = false;     // a workflow of its own, without a Job
  std::string waits_for;  // a Widget of this name, to be Ready; empty: something else
  bool asks = false;      // people, without a Job
  // What it asks people for, without a Job: the answers that will do, those that need one only.
  std::map<std::string, std::set<std::string>> asks_for;

  Duration timeout{7'200'000};
  Duration start_timeout{900'000};

  bool has_job() const { return !waits && !child && !asks; }
  bool may_be_skipped() const {
    return !runs || by_phase || !by_widget.empty() || !by_output.empty();
  }
};

// With the one output that texts of random stories refer to: "tag", which is "t" of every step.
inline constexpr const char* kTag = "t";
std::string with_tag(std::string text);

struct Outline {
  std::vector<OutlineStep> steps;  // in the order of the spec, those of finally last
  std::string lock;
  Duration job_retention{std::chrono::hours(168)};
  bool has_timeouts = false;  // of phases or of the workflow
  std::optional<Duration> timeout;
  std::map<std::string, Duration> phase_timeouts;
  bool linear = true;  // one step after the other, one attempt each

  const OutlineStep* find(const StepRef&) const;
  // Whether the one is over, surely, when the other begins.
  bool comes_before(const OutlineStep& one, const OutlineStep& other) const;
  // The phases of a step and of all that must be done before it: their failures keep it back.
  std::set<std::string> rests_on(const OutlineStep&) const;
  bool is_at_end(const std::string& phase) const;  // of finally
};

Outline outline_of(const Json& spec);

}  // namespace bootstrap::simulation
