#include "controllers/retry.h"

#include <algorithm>
#include <cstdint>

#include <fmt/format.h>

#include "controllers/attempt.h"
#include "controllers/limits.h"
#include "controllers/step_machine.h"

namespace bootstrap {
namespace {

// Nothing of the tool itself: its pod was taken away, or never came up.
bool is_lost(const StepRecord& failed) {
  return failed.reason == reasons::kDisrupted || failed.reason == reasons::kNotStarted;
}

bool is_fatal(const Retry& retry, const StepRecord& failed) {
  return !is_lost(failed) && failed.exit_code &&
         std::ranges::find(retry.fatal_exit_codes, *failed.exit_code) !=
             retry.fatal_exit_codes.end();
}

// FNV-1a: the same number for the same text on every machine, of a version or another.
std::uint64_t hash_of(const std::string& text) {
  std::uint64_t hash = 0xcbf29ce484222325ULL;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3ULL;
  return hash;
}

// After the `failures`th. The Job's name has a hash of (workflow UID, phase, step, attempt) in it.
Duration delay_after(const Retry& retry, int failures, const std::string& job) {
  Duration delay = retry.delay;
  for (int i = 1; i < failures && delay < retry.max_delay; ++i) delay *= retry.factor;
  delay = std::min(delay, retry.max_delay);
  constexpr std::uint64_t kSteps = 1'001;
  const auto part = static_cast<Duration::rep>(hash_of(job) % kSteps);  // of 1000
  return delay + delay * retry.jitter / 100 * part / 1000;
}

// Of a record in Backoff: its newest attempt is in its counts already.
Duration delay_of(const Retry& retry, const StepRecord& waiting) {
  const int failures = is_lost(waiting) ? waiting.uncounted : counted_attempts(waiting);
  return delay_after(retry, std::max(failures, 1), waiting.job);
}

}  // namespace

int counted_attempts(const StepRecord& record) {
  return record.attempts - record.former - record.uncounted;
}

std::optional<NextAttempt> next_attempt(const Retry& retry, const StepRecord& failed) {
  if (is_fatal(retry, failed) || was_ended(failed) || failed.reason == reasons::kCancelled)
    return std::nullopt;
  if (is_lost(failed)) {
    if (failed.uncounted >= limits::kUncountedAttempts) return std::nullopt;
    return NextAttempt{false, delay_after(retry, failed.uncounted + 1, failed.job)};
  }
  if (counted_attempts(failed) >= retry.attempts) return std::nullopt;
  return NextAttempt{true, delay_after(retry, counted_attempts(failed), failed.job)};
}

std::string attempt_text(const std::optional<Retry>& retry, const StepRecord& record) {
  if (!retry || retry->attempts == 1) return "";
  return fmt::format("attempt {} of {}", counted_attempts(record), retry->attempts);
}

std::string backoff_text(const Retry& retry, const StepRecord& waiting) {
  const std::string next = to_text(delay_of(retry, waiting));
  if (is_lost(waiting))
    return fmt::format("attempt {} does not count ({} of at most {}), next in {}", waiting.attempts,
                       waiting.uncounted, limits::kUncountedAttempts, next);
  return fmt::format("attempt {} of {}, next in {}", counted_attempts(waiting), retry.attempts,
                     next);
}

std::string why_last_attempt(const std::optional<Retry>& retry, const StepRecord& failed) {
  if (!retry) return "";
  if (is_lost(failed) && failed.uncounted >= limits::kUncountedAttempts)
    return fmt::format("lost {} times, so it is not tried again", failed.uncounted + 1);
  if (!is_fatal(*retry, failed) || counted_attempts(failed) >= retry->attempts) return "";
  return fmt::format("exit code {} is fatal, so it is not tried again", *failed.exit_code);
}

}  // namespace bootstrap
