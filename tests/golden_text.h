#pragma once
// Texts that users see, held against files that are reviewed like code.
//
// With UPDATE_GOLDEN=1 in the environment the file is written instead: look at the difference
// before you commit it.
//
// Threads: one. Errors: fail the test.

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

#include <gtest/gtest.h>

namespace bootstrap::testing {

inline void expect_golden_text(const std::filesystem::path& file, const std::string& actual) {
  if (std::getenv("UPDATE_GOLDEN") != nullptr) {  // NOLINT(concurrency-mt-unsafe)
    std::filesystem::create_directories(file.parent_path());
    std::ofstream(file) << actual;
    return;
  }
  std::ifstream stored(file);
  ASSERT_TRUE(stored) << file << " is missing; UPDATE_GOLDEN=1 writes it";
  std::ostringstream expected;
  expected << stored.rdbuf();
  EXPECT_EQ(expected.str(), actual) << "UPDATE_GOLDEN=1 rewrites " << file;
}

}  // namespace bootstrap::testing
