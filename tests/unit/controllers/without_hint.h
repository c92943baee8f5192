#pragma once
// Messages of failed workflows end with the command that resumes them. Tests that are about what
// stands before it leave it out; the command itself has tests of its own.

#include <string>

namespace bootstrap {

inline std::string without_hint(std::string message) {
  const auto begin = message.find("; to resume: kubectl patch ");
  if (begin == std::string::npos) return message;
  const auto end = message.find('\'', message.find('\'', begin) + 1) + 1;
  return message.erase(begin, end - begin);
}

}  // namespace bootstrap
