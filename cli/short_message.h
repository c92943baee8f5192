#pragma once
// Messages of a status for readers who have this program: the `kubectl patch` command that such a
// message ends with is long, and has a short form here. Pure functions.

#include <string>

namespace bootstrap::cli {

// "p/ask waits for an answer: size. Answer with: kubectl patch …" → "p/ask waits for an answer:
// size"
std::string without_command(const std::string& message);

// The same, with the short form in its place. `step`: of the message of a step; empty: of the
// workflow's, where the command names it.
std::string with_short_command(const std::string& message, const std::string& ns,
                               const std::string& workflow, const std::string& step = "");

}  // namespace bootstrap::cli
