#include "tests/simulation/selectors.h"

#include <gtest/gtest.h>

namespace bootstrap::simulation {
namespace {

const nlohmann::json kPod{
    {"metadata", {{"name", "p"}, {"labels", {{"app", "x"}, {"tier", "db"}, {"empty", ""}}}}},
    {"status", {{"phase", "Running"}}}};

bool selected(std::string_view text) {
  const auto selector = parse_label_selector(text);
  EXPECT_TRUE(selector) << text;
  return selector && matches_labels(*selector, kPod);
}

TEST(LabelSelector, SelectsAsKubernetesDoes) {
  for (const char* text :
       {"", "app=x", "app==x", "app", "empty=", "app!=y", "missing!=x", "!missing", "app in (x,y)",
        "app notin (y, z)", "missing notin (a)", "app=x,tier in (db),!gone"})
    EXPECT_TRUE(selected(text)) << text;
  for (const char* text : {"app=y", "missing", "!app", "app!=x", "app in (y)", "app notin (x)",
                           "missing in (a)", "app=x,tier=web"})
    EXPECT_FALSE(selected(text)) << text;
}

TEST(LabelSelector, RefusesNonsense) {
  for (const char* text : {",", "app=x,", "app in x", "app in", "=x", "a b", "app near (x)"})
    EXPECT_FALSE(parse_label_selector(text)) << text;
}

TEST(FieldSelector, ComparesFields) {
  const auto selected_by = [](std::string_view text) {
    return matches_fields(parse_field_selector(text).value(), kPod);
  };
  EXPECT_TRUE(selected_by("metadata.name=p,status.phase!=Failed"));
  EXPECT_TRUE(selected_by("spec.nodeName="));
  EXPECT_FALSE(selected_by("status.phase=Failed"));
  EXPECT_FALSE(parse_field_selector("status.phase"));
}

}  // namespace
}  // namespace bootstrap::simulation
