#include "controllers/object_meta.h"

#include <limits>
#include <unordered_set>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "controllers/projection.h"

namespace bootstrap {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;

constexpr const char* kJob = R"({"kind":"Job","metadata":{
  "namespace":"ns","name":"job","uid":"u1","resourceVersion":"42","generation":3,
  "creationTimestamp":"2023-11-14T22:13:20Z","deletionTimestamp":"2023-11-14T22:13:21Z",
  "labels":{"a":"b"},"annotations":{"x":"y"},
  "ownerReferences":[{"uid":"other"},{"uid":"owner","controller":true,"name":"wf"}]},
  "spec":{"template":{}}})";

TEST(ObjectMeta, ReadsWhatAllKindsShare) {
  for (const bool projected : {false, true}) {
    const auto object =
        parse_kept(kJob, projected ? FieldFilter(kMetaFields) : FieldFilter::everything());
    ASSERT_TRUE(object) << object.error();
    const ObjectMeta meta = read_meta(*object);
    EXPECT_EQ(to_text(meta.key()), "ns/job");
    EXPECT_EQ(meta.uid, "u1");
    EXPECT_EQ(meta.resource_version, 42U);
    EXPECT_EQ(meta.generation, 3);
    EXPECT_EQ(meta.creation, TimePoint(1'700'000'000s));
    EXPECT_EQ(meta.deletion, TimePoint(1'700'000'001s));
    EXPECT_EQ(meta.labels, (decltype(meta.labels){{"a", "b"}}));
    EXPECT_EQ(meta.controller_uid, "owner");
  }
}

TEST(ObjectMeta, WhatIsAbsentOrOfAnotherTypeIsEmpty) {
  for (const char* text :
       {"{}", "[]", "5", R"({"metadata":[]})",
        R"({"metadata":{"name":1,"labels":"x","generation":"1","ownerReferences":{"a":1},
            "creationTimestamp":"soon","resourceVersion":"1a","uid":null}})"}) {
    const ObjectMeta meta = read_meta(json::parse(text));
    EXPECT_EQ(meta.key(), ObjectKey{}) << text;
    EXPECT_EQ(meta.resource_version, 0U) << text;
    EXPECT_EQ(meta.generation, 0) << text;
    EXPECT_FALSE(meta.creation) << text;
    EXPECT_TRUE(meta.labels.empty()) << text;
    EXPECT_EQ(meta.controller_uid, "") << text;
  }
}

TEST(ObjectMeta, AnOwnerThatDoesNotControlIsNotTheController) {
  const auto object = json::parse(
      R"({"metadata":{"ownerReferences":[{"uid":"a","controller":false},{"uid":"b"}]}})");
  EXPECT_EQ(read_meta(object).controller_uid, "");
}

TEST(ResourceVersion, IsANumber) {
  EXPECT_EQ(parse_resource_version("18446744073709551615"),
            std::numeric_limits<std::uint64_t>::max());
  for (const char* text : {"", "-1", "+1", " 1", "1 ", "0x1", "abc", "18446744073709551616"})
    EXPECT_FALSE(parse_resource_version(text)) << text;
}

TEST(ObjectKey, IsAKeyOfMapsAndReadsAsNamespaceAndName) {
  const std::unordered_set<ObjectKey> keys{{"a", "b"}, {"a", "b"}, {"b", "a"}, {"", "ab"}};
  EXPECT_EQ(keys.size(), 3U);
  EXPECT_EQ(to_text(ObjectKey{"", "node"}), "node");
}

}  // namespace
}  // namespace bootstrap
