#pragma once
// Why a command did not do what was asked, and what the process ends with.

#include <string>
#include <utility>

#include <tl/expected.hpp>

#include "cli/command.h"

namespace bootstrap::cli {

struct Failure {
  Exit exit = Exit::Failed;
  std::string message;  // for people, without a line's end
};

template <class T>
using Result = tl::expected<T, Failure>;

// What was asked for makes no sense as things are.
inline tl::unexpected<Failure> refused(std::string message) {
  return tl::unexpected(Failure{Exit::Problems, std::move(message)});
}
// It could not be tried, or nobody knows what came of it.
inline tl::unexpected<Failure> not_done(std::string message) {
  return tl::unexpected(Failure{Exit::Failed, std::move(message)});
}

}  // namespace bootstrap::cli
