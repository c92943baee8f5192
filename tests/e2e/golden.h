#pragma once
// Texts that users see, compared with files in golden/. What differs from run to run (times, UIDs,
// random endings of names) is replaced by placeholders first; the rules are in golden.cpp and
// nowhere else.
//
//   expect_golden("failing-tool", text, {.ns = ns, .workflow = "failing-tool"});
// UPDATE_GOLDEN=1 writes the files anew (tests/golden_text.h).

#include <string>

namespace bootstrap::testing {

struct GoldenNames {
  std::string ns;        // becomes NAMESPACE
  std::string workflow;  // names that begin with it and end with a hash lose the hash
};

std::string normalized(std::string text, const GoldenNames& names);

void expect_golden(const std::string& name, const std::string& text, const GoldenNames& names);

}  // namespace bootstrap::testing
