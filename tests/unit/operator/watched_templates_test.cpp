#include "operator/watched_templates.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace bootstrap {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class WatchedTemplatesTest : public ::testing::Test {
 protected:
  std::vector<std::string> woken_by(const std::string& name, const std::string& ns = "ns") {
    woken_.clear();
    templates_.changed({ns, name});
    return woken_;
  }

  std::vector<std::string> woken_;
  kube::Store<TemplateView> store_;
  WatchedTemplates templates_{store_, [this](const ObjectKey& w) { woken_.push_back(w.name); }};
};

TEST_F(WatchedTemplatesTest, AnswersFromTheStore) {
  EXPECT_EQ(*templates_.ask({"ns", "w"}, {"t"}), nullptr);
  TemplateView one;
  one.meta.ns = "ns";
  one.meta.name = "t";
  one.meta.resource_version = 3;
  one.spec = "{}";
  store_.apply(one);
  EXPECT_EQ((*templates_.ask({"ns", "w"}, {"t"}))->spec, "{}");
  EXPECT_EQ(*templates_.ask({"other", "w"}, {"t"}), nullptr) << "of its own namespace only";
}

TEST_F(WatchedTemplatesTest, WakesWhoAsks) {
  EXPECT_THAT(woken_by("t"), IsEmpty());
  templates_.ask({"ns", "a"}, {"t"});
  templates_.ask({"ns", "b"}, {"t"});
  templates_.ask({"ns", "b"}, {"u"});
  EXPECT_THAT(woken_by("t"), ElementsAre("a", "b"));
  EXPECT_THAT(woken_by("u"), ElementsAre("b"));
  EXPECT_THAT(woken_by("t", "other"), IsEmpty());
}

TEST_F(WatchedTemplatesTest, ForgetsWhoStopsAsking) {
  templates_.ask({"ns", "a"}, {"t"});
  templates_.ask({"ns", "a"}, {"u"});
  templates_.keep_only({"ns", "a"}, {WatchedTemplate{"u"}, TemplateOf{"t"}});
  EXPECT_THAT(woken_by("t"), IsEmpty());
  EXPECT_THAT(woken_by("u"), ElementsAre("a"));
  templates_.keep_only({"ns", "a"}, {});
  templates_.keep_only({"ns", "a"}, {});
  EXPECT_THAT(woken_by("u"), IsEmpty());
}

}  // namespace
}  // namespace bootstrap
