#include "cli/near_match.h"

#include <gtest/gtest.h>

namespace bootstrap::cli {
namespace {

TEST(NearMatch, IsWhatWasMeant) {
  const std::vector<std::string> known{"name",      "retry", "timeout", "startTimeout",
                                       "dependsOn", "steps", "default", "parameters"};
  struct Case {
    const char* written;
    const char* meant;
  };
  for (const auto& [written, meant] : std::initializer_list<Case>{{"retries", "retry"},
                                                                  {"Retry", "retry"},
                                                                  {"defualt", "default"},
                                                                  {"paramters", "parameters"},
                                                                  {"step", "steps"},
                                                                  {"dependson", "dependsOn"},
                                                                  {"depends_on", "dependsOn"},
                                                                  {"timeOut", "timeout"},
                                                                  {"starttimeout", "startTimeout"},
                                                                  {"nmae", "name"},
                                                                  {"x", ""},
                                                                  {"image", ""},
                                                                  {"description", ""},
                                                                  {"", ""}})
    EXPECT_EQ(nearest(written, known), meant) << written;
}

TEST(NearMatch, NothingIsNearNothing) {
  EXPECT_EQ(nearest("name", {}), "");
  EXPECT_EQ(nearest(std::string(10'000, 'a'), {"name"}), "");
}

}  // namespace
}  // namespace bootstrap::cli
