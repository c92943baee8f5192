#pragma once
// That work was told to end before its time: it stays on the Job that was suspended, on the child
// that was cancelled, so that whoever sees it ended knows why, although the status that was to say
// so was never written.
//
// Pure functions; anybody who may change these objects can write anything there, so what is not one
// of our reasons reads as none.

#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

namespace bootstrap {

struct Stop {
  std::string reason = {};  // that its step has for it, of attempt.h; empty: somebody else did it
  int run = 0;              // in which that was decided; 0: a version that did not say so
  bool operator==(const Stop&) const = default;
};

Stop read_stop(const nlohmann::json& annotations);
// Of a patch: without a reason they are taken away.
nlohmann::json annotations_of(const Stop&);

// For people. Empty: by a reason that says nothing more.
std::string stop_text(std::string_view reason);

// For the end of a run or of one of its phases, not for the sake of the step alone.
bool was_for_a_run(const Stop&);

}  // namespace bootstrap
