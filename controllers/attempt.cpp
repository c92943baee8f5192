#include "controllers/attempt.h"

namespace bootstrap {

std::string stop_text(std::string_view reason) {
  if (reason == reasons::kTimedOut) return "did not end within its timeout";
  if (reason == reasons::kPhaseTimedOut) return "its phase did not end within its timeout";
  if (reason == reasons::kWorkflowTimedOut) return "the workflow did not end within its timeout";
  if (reason == reasons::kCancelled) return "the workflow was cancelled";
  return "";
}

}  // namespace bootstrap
