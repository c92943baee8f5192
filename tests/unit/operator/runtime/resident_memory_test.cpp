#include "operator/runtime/resident_memory.h"

#include <fstream>
#include <string>

#include <gtest/gtest.h>

namespace bootstrap::runtime {
namespace {

// KiB of this field of /proc/self/status.
long resident(const std::string& field) {
  std::ifstream in("/proc/self/status");
  for (std::string name; in >> name;) {
    long value = 0;
    if (name == field + ":" && in >> value) return value;
  }
  return -1;
}

int changed_at_start = 1;  // in a writable segment that must keep what was written to it

TEST(ReleaseUnusedMemory, takes_pages_of_files_and_leaves_everything_as_it_was) {
  changed_at_start = 42;
  const std::string on_the_heap(100, 'x');
  const long before = resident("RssFile");
  release_unused_memory();
  EXPECT_LT(resident("RssFile"), before);
  EXPECT_EQ(changed_at_start, 42);
  EXPECT_EQ(on_the_heap, std::string(100, 'x'));
  EXPECT_THROW(throw std::string("unwinding reads the released pages"), std::string);
}

TEST(ReleaseUnusedMemory, can_be_repeated) {
  release_unused_memory();
  release_unused_memory();
  EXPECT_GT(resident("RssFile"), 0);
}

}  // namespace
}  // namespace bootstrap::runtime
