#include "controllers/lineage.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "controllers/child_workflow.h"
#include "controllers/views.h"

namespace bootstrap {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::Key;
using ::testing::Not;
using ::testing::Pair;

ObjectMeta made_by_people() {
  ObjectMeta meta;
  meta.ns = "ns";
  meta.name = "w";
  meta.uid = "uid-w";
  return meta;
}

// The workflow that a step of `parent` runs, as the API server gives it back.
ObjectMeta child_of(const ObjectMeta& parent, const char* name) {
  nlohmann::json object = build_child(parent, {name, {"p", "s"}, 1, 1, "t", {}, {}});
  object["metadata"]["uid"] = std::string("uid-") + name;
  return read_meta(object);
}

TEST(Lineage, OfAWorkflowThatPeopleMadeIsItself) {
  EXPECT_THAT(lineage_labels(made_by_people()),
              ElementsAre(Pair("bootstrap.openshift.io/root", "w"),
                          Pair("bootstrap.openshift.io/root-uid", "uid-w")));
}

TEST(Lineage, GoesOnFromWorkflowToWorkflow) {
  const ObjectMeta child = child_of(made_by_people(), "c");
  const ObjectMeta grandchild = child_of(child, "g");
  const auto of_child = lineage_labels(child), of_grandchild = lineage_labels(grandchild);
  for (const auto& labels : {of_child, of_grandchild}) {
    EXPECT_THAT(labels, Contains(Pair("bootstrap.openshift.io/root", "w")));
    EXPECT_THAT(labels, Contains(Pair("bootstrap.openshift.io/root-uid", "uid-w")));
    EXPECT_THAT(labels, Contains(Key(label_within("uid-c"))));
  }
  EXPECT_THAT(of_child, Not(Contains(Key(label_within("uid-g")))));
  EXPECT_THAT(of_grandchild, Contains(Key(label_within("uid-g"))));
}

// A label's key: a DNS name and a part of at most 63 characters.
TEST(Lineage, LabelsAreValid) {
  const std::string key = label_within("6f1f0c2e-8d0b-4c2e-9a55-0f6f0f3a1b2c");
  EXPECT_EQ(key, "within.bootstrap.openshift.io/6f1f0c2e-8d0b-4c2e-9a55-0f6f0f3a1b2c");
}

TEST(Lineage, AllLabelsOfAnAttemptSayWhoseItIs) {
  const ObjectMeta job{
      .ns = "",
      .name = "",
      .uid = "",
      .resource_version = 0,
      .generation = 0,
      .creation = {},
      .deletion = {},
      .labels =
          [] {
            const auto all = labels_of_attempt(made_by_people(), {"p", "s"}, 3, 2, "");
            return decltype(ObjectMeta::labels)(all.begin(), all.end());
          }(),
      .controller_uid = ""};
  const auto attempt = attempt_of(job);
  ASSERT_TRUE(attempt);
  EXPECT_EQ(to_text(attempt->step), "p/s");
  EXPECT_EQ(attempt->attempt, 3);
  EXPECT_EQ(attempt->run, 2);
}

}  // namespace
}  // namespace bootstrap
