#pragma once
// What is almost a reference, would be replaced by nothing, and would reach the tool as it is
// written: "$(params.region" that is never closed, "$(param.region)", "$(step.a.b.outputs.url)".
//
// Only what can mean nothing else counts. "$(date)", "$(cat file)" and "$(MY_VARIABLE)" belong to a
// shell or to the kubelet, and so does "$(param.region)" as long as no parameter is called region:
//
//   $(params.…   $(steps.…   $(workflow.…      without a ')' behind it
//   $(WORD.NAME)                     WORD resembles params, and there is a parameter NAME
//   $(WORD.NAME)                     WORD resembles workflow, and there is workflow.NAME
//   $(WORD.PHASE.STEP.outputs.KEY)   whatever WORD is
//   $( params.region )               spaces around one of these, or around a reference
//
// Behind another '$' it is meant as text. Pure functions.

#include <functional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace bootstrap {

struct Slip {
  std::string written;  // without "$(" and ")": "param.region"
  std::string meant;    // likewise: "params.region"; empty: it is not closed
  bool operator==(const Slip&) const = default;
};

// `parameters`: the names of those that there are.
std::vector<Slip> slips_in(std::string_view text,
                           const std::set<std::string, std::less<>>& parameters);

}  // namespace bootstrap
