#include "controllers/quantity.h"

#include <gtest/gtest.h>

namespace bootstrap {
namespace {

TEST(Quantity, IsReadAsKubernetesWritesIt) {
  EXPECT_DOUBLE_EQ(*quantity_from_text("4"), 4);
  EXPECT_DOUBLE_EQ(*quantity_from_text("0"), 0);
  EXPECT_DOUBLE_EQ(*quantity_from_text("0.5"), 0.5);
  EXPECT_DOUBLE_EQ(*quantity_from_text("250m"), 0.25);
  EXPECT_DOUBLE_EQ(*quantity_from_text("118203551n"), 0.118203551);
  EXPECT_DOUBLE_EQ(*quantity_from_text("120u"), 0.00012);
  EXPECT_DOUBLE_EQ(*quantity_from_text("3981Mi"), 3981.0 * 1024 * 1024);
  EXPECT_DOUBLE_EQ(*quantity_from_text("16384272Ki"), 16384272.0 * 1024);
  EXPECT_DOUBLE_EQ(*quantity_from_text("2G"), 2e9);
  EXPECT_DOUBLE_EQ(*quantity_from_text("1E"), 1e18) << "exa";
  EXPECT_DOUBLE_EQ(*quantity_from_text("1e3"), 1000) << "an exponent";
  EXPECT_DOUBLE_EQ(*quantity_from_text("-1"), -1);
}

TEST(Quantity, AnythingElseIsNone) {
  for (const char* text :
       {"", "m", "Ki", "1 Mi", "1mi", "1KiB", "1.2.3", "one", "1Mi ", "nan", "inf"})
    EXPECT_FALSE(quantity_from_text(text)) << text;
}

}  // namespace
}  // namespace bootstrap
