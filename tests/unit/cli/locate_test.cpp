#include "cli/locate.h"

#include <gtest/gtest.h>

namespace bootstrap::cli {
namespace {

constexpr const char* kText = R"(spec:
  phases:
  - name: one
    steps:
    - name: a
      args: [x, "y"]
    - name: "0"
      tools:
        nodeSelector: {kubernetes.io/os: linux}
        volumeMounts:
        - {name: v, mountPath: /data/cache}
  - name: twice
  - name: twice
    waitFor:
      resource:
        labelSelector:
          matchLabels:
            app: web
          matchExpressions:
          - {key: tier, operator: Exists}
  - steps: []
)";

struct LocateCase {
  const char* path;
  const char* shown;
  int line;
  bool exists;
};

TEST(Locate, FindsWhatThePathOfAProblemMeans) {
  const Document document = read_documents(kText).documents.at(0);
  for (const auto& [path, shown, line, exists] : std::initializer_list<LocateCase>{
           {"", "", 1, true},
           {"spec", "spec", 1, true},
           {"spec.phases[one]", "spec.phases[0]", 3, true},
           {"spec.phases[one].steps[a].args[1]", "spec.phases[0].steps[0].args[1]", 6, true},
           {"spec.phases[0].steps[0]", "spec.phases[0].steps[1]", 7, true},
           {"spec.phases[one].steps[0].tools.nodeSelector.kubernetes.io/os",
            "spec.phases[0].steps[1].tools.nodeSelector.kubernetes.io/os", 9, true},
           {"spec.phases[one].steps[0].tools.volumeMounts[/data/cache]",
            "spec.phases[0].steps[1].tools.volumeMounts[0]", 11, true},
           {"spec.phases[].steps", "spec.phases[3].steps", 21, true},
           {"spec.phases[one].timeout", "spec.phases[0].timeout", 3, false},
           {"spec.phases[one].steps[a].retry.delay", "spec.phases[0].steps[0].retry.delay", 5,
            false},
           {"spec.phases[three].name", "spec.phases[three].name", 2, false},
           {"spec.phasess", "spec.phasess", 1, false},
           {"status.state", "status.state", 1, false},
           {"spec.phases[2].waitFor.resource.labelSelector[app]",
            "spec.phases[2].waitFor.resource.labelSelector.matchLabels.app", 18, true},
           {"spec.phases[2].waitFor.resource.labelSelector[tier]",
            "spec.phases[2].waitFor.resource.labelSelector.matchExpressions[0]", 20, true},
       }) {
    const Location found = locate(document, path);
    EXPECT_EQ(found.path, shown) << path;
    EXPECT_EQ(found.at.line, line) << path;
    EXPECT_EQ(found.exists(), exists) << path;
  }
}

TEST(Locate, OfTwinsEitherCanBeMeant) {
  const Document document = read_documents(kText).documents.at(0);
  EXPECT_EQ(locate(document, "spec.phases[twice].name").path, "spec.phases[1].name");
  EXPECT_EQ(locate(document, "spec.phases[twice].name", Entry::LastNamed).path,
            "spec.phases[2].name");
}

TEST(Locate, ANumberIsNoNameWhereThereAreNoNames) {
  const Document document = read_documents(kText).documents.at(0);
  EXPECT_EQ(locate(document, "spec.phases[0].steps[0]", Entry::Numbered).path,
            "spec.phases[0].steps[0]");
}

TEST(Locate, WhatWasReadWithoutPlacesIsWhereItsDocumentIs) {
  Document document;
  document.value = {{"spec", {{"timeout", "1h"}}}};
  document.places.at = {7, 1};
  EXPECT_EQ(locate(document, "spec.timeout").at, (Place{7, 1}));
  EXPECT_TRUE(locate(document, "spec.timeout").exists());
}

}  // namespace
}  // namespace bootstrap::cli
