#include "cli/yaml_scalar.h"

#include <gtest/gtest.h>

namespace bootstrap::cli {
namespace {

using nlohmann::json;

struct ScalarCase {
  const char* written;
  const char* as_json;
};

// What kubectl's own YAML library (sigs.k8s.io/yaml 1.6) makes of them.
TEST(YamlScalar, IsTypedAsKubectlDoes) {
  for (const auto& [written, as_json] :
       std::initializer_list<ScalarCase>{{"", "null"},
                                         {"~", "null"},
                                         {"null", "null"},
                                         {"Null", "null"},
                                         {"nULL", "\"nULL\""},
                                         {"true", "true"},
                                         {"TRUE", "true"},
                                         {"tRUE", "\"tRUE\""},
                                         {"yes", "true"},
                                         {"yEs", "\"yEs\""},
                                         {"y", "true"},
                                         {"N", "false"},
                                         {"on", "true"},
                                         {"Off", "false"},
                                         {"1", "1"},
                                         {"+1", "1"},
                                         {"-1", "-1"},
                                         {"-0", "0"},
                                         {"010", "8"},
                                         {"08", "8"},
                                         {"+08", "8"},
                                         {"08.5", "8.5"},
                                         {"0644", "420"},
                                         {"0o17", "15"},
                                         {"0o8", "\"0o8\""},
                                         {"0x1F", "31"},
                                         {"0x_1", "1"},
                                         {"0x", "\"0x\""},
                                         {"0b11", "3"},
                                         {"-0b11", "-3"},
                                         {"0b2", "\"0b2\""},
                                         {"1_000", "1000"},
                                         {"1__0", "10"},
                                         {"_1", "\"_1\""},
                                         {"1.", "1"},
                                         {"3.0", "3"},
                                         {"1.5", "1.5"},
                                         {".5", "0.5"},
                                         {"-.5", "-0.5"},
                                         {"+.5", "0.5"},
                                         {".5e3", "500"},
                                         {".", "\".\""},
                                         {"-", "\"-\""},
                                         {"+", "\"+\""},
                                         {"1e3", "1000"},
                                         {"1e+3", "1000"},
                                         {"1e21", "1e+21"},
                                         {"1e1000", "\"1e1000\""},
                                         {"9223372036854775807", "9223372036854775807"},
                                         {"-9223372036854775808", "-9223372036854775808"},
                                         {"18446744073709551615", "18446744073709551615"},
                                         {"99999999999999999999", "1e+20"},
                                         {"2024-01-01", "\"2024-01-01\""},
                                         {"2024-01-01T10:00:00Z", "\"2024-01-01T10:00:00Z\""},
                                         {"1:30", "\"1:30\""},
                                         {"12h", "\"12h\""},
                                         {"1.2.3", "\"1.2.3\""},
                                         {"1 2", "\"1 2\""},
                                         {"a", "\"a\""},
                                         {"inf", "\"inf\""},
                                         {"$(params.x)", "\"$(params.x)\""}}) {
    const auto value = typed_plain(written);
    ASSERT_TRUE(value) << written << ": " << value.error();
    EXPECT_EQ(*value, json::parse(as_json)) << written;
    EXPECT_EQ(value->is_number_integer(), json::parse(as_json).is_number_integer()) << written;
  }
}

TEST(YamlScalar, WhatJsonCannotSayIsAMistake) {
  for (const char* written : {".inf", "-.Inf", "+.INF", ".nan", ".NaN"})
    EXPECT_FALSE(typed_plain(written)) << written;
}

TEST(YamlScalar, ATagSaysWhatItIs) {
  constexpr const char* kTag = "tag:yaml.org,2002:";
  const auto typed = [&](const std::string& tag, const std::string& text) {
    return typed_scalar(kTag + tag, text);
  };
  EXPECT_EQ(typed("str", "1"), json("1"));
  EXPECT_EQ(typed("str", "yes"), json("yes"));
  EXPECT_EQ(typed("int", "3"), json(3));
  EXPECT_EQ(typed("float", "3"), json(3));
  EXPECT_EQ(typed("bool", "yes"), json(true));
  EXPECT_EQ(typed("null", ""), json());
  EXPECT_EQ(typed("timestamp", "2024-01-01"), json("2024-01-01"));
  EXPECT_EQ(typed("int", "x").error(), "\"x\" is no !!int");
  EXPECT_FALSE(typed("null", "x"));
  EXPECT_FALSE(typed("bool", "1"));
}

TEST(YamlScalar, QuotesMakeItAText) {
  EXPECT_EQ(typed_scalar("!", "yes"), json("yes"));
  EXPECT_EQ(typed_scalar("!", ""), json(""));
  EXPECT_EQ(typed_scalar("!mine", "1"), json("1"));
  EXPECT_EQ(typed_scalar("?", "1"), json(1));
}

}  // namespace
}  // namespace bootstrap::cli
