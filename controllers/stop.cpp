#include "controllers/stop.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "controllers/attempt.h"
#include "controllers/json_fields.h"
#include "controllers/names.h"

namespace bootstrap {

using nlohmann::json;

Stop read_stop(const json& annotations) {
  static constexpr std::array<std::string_view, 6> kKnown{
      reasons::kNotStarted,       reasons::kTimedOut,  reasons::kPhaseTimedOut,
      reasons::kWorkflowTimedOut, reasons::kCancelled, reasons::kJobSuspended};
  Stop stop{text_field(annotations, annotations::kStopReason)};
  if (std::ranges::find(kKnown, stop.reason) == kKnown.end()) return {};
  const std::string run = text_field(annotations, annotations::kStopRun);
  std::from_chars(run.data(), run.data() + run.size(), stop.run);
  return stop;
}

json annotations_of(const Stop& stop) {
  const bool is_none = stop.reason.empty();
  return {{annotations::kStopReason, is_none ? json() : json(stop.reason)},
          {annotations::kStopRun, is_none ? json() : json(std::to_string(stop.run))}};
}

std::string stop_text(std::string_view reason) {
  if (reason == reasons::kTimedOut) return "did not end within its timeout";
  if (reason == reasons::kPhaseTimedOut) return "its phase did not end within its timeout";
  if (reason == reasons::kWorkflowTimedOut) return "the workflow did not end within its timeout";
  if (reason == reasons::kCancelled) return "the workflow was cancelled";
  return "";
}

bool was_for_a_run(const Stop& stop) {
  return stop.reason == reasons::kCancelled || stop.reason == reasons::kPhaseTimedOut ||
         stop.reason == reasons::kWorkflowTimedOut;
}

}  // namespace bootstrap
