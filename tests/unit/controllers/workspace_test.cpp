#include "controllers/workspace.h"

#include <gtest/gtest.h>

#include "tests/unit/controllers/specs.h"

namespace bootstrap {
namespace {

using namespace testing_specs;

TEST(Workspace, IsANewClaimOrOneThatExists) {
  struct Row {
    Workspace workspace;
    Problems expected;
  };
  const Problems one_of{
      {"workspace", "needs exactly one of size (a new claim) and claimName (one that exists)"}};
  for (const Row& row : {
           Row{{"", "1Gi", "ReadWriteOnce", {}}, {}},
           Row{{"", "1.5Ti", "ReadWriteMany", ""}, {}},
           Row{{"mine", "", "ReadWriteOnce", {}}, {}},
           Row{{"", "", "ReadWriteOnce", {}}, one_of},
           Row{{"mine", "1Gi", "ReadWriteOnce", {}}, one_of},
           Row{{"mine", "", "ReadWriteOnce", "fast"},
               {{"workspace.storageClassName",
                 "is of a new claim; claimName names one that exists"}}},
           Row{{"", "1Gi", "ReadOnlyMany", {}},
               {{"workspace.accessMode",
                 "\"ReadOnlyMany\" is not allowed; allowed: ReadWriteOnce, ReadWriteMany"}}},
       })
    EXPECT_EQ(workspace_problems(row.workspace), row.expected)
        << row.workspace.claim << row.workspace.size;
}

TEST(Workspace, SizesAreQuantities) {
  for (const char* good : {"1", "10Gi", "500Mi", "2.5Ti", "100k", "1E"})
    EXPECT_TRUE(workspace_problems({"", good, "ReadWriteOnce", {}}).empty()) << good;
  for (const char* bad : {"0", "0Gi", "0.5Gi", "-1Gi", "1GB", "Gi", "1 Gi", "1.Gi", ".5Gi",
                          "1.2.3Gi", "1e3x", "lots"})
    EXPECT_FALSE(workspace_problems({"", bad, "ReadWriteOnce", {}}).empty()) << bad;
}

TEST(Workspace, TheClaimBelongsToTheWorkflow) {
  const json claim = build_claim(workflow_meta(), {"", "1Gi", "ReadWriteMany", {}});
  EXPECT_EQ(claim["kind"], "PersistentVolumeClaim");
  EXPECT_EQ(claim["metadata"]["name"], claim_name("full-setup", workflow_meta().uid));
  EXPECT_EQ(claim["metadata"]["namespace"], "bootstrap");
  EXPECT_EQ(claim["metadata"]["ownerReferences"], json::array({owner_reference(workflow_meta())}));
  EXPECT_EQ(claim["spec"], json::parse(R"({"accessModes": ["ReadWriteMany"],
                                           "resources": {"requests": {"storage": "1Gi"}}})"));
}

// No class and the class "" are two things to Kubernetes.
TEST(Workspace, NoClassIsTheDefaultAndAnEmptyOneIsNone) {
  const auto spec = [](std::optional<std::string> name) {
    return build_claim(workflow_meta(), {"", "1Gi", "ReadWriteOnce", std::move(name)})["spec"];
  };
  EXPECT_FALSE(spec({}).contains("storageClassName"));
  EXPECT_EQ(spec("")["storageClassName"], "");
  EXPECT_EQ(spec("fast")["storageClassName"], "fast");
}

TEST(Workspace, NamesOfClaimsAreForOneWorkflowOnly) {
  const std::string name = claim_name(std::string(40, 'w'), "uid");
  EXPECT_LE(name.size(), 63U);
  EXPECT_NE(claim_name("w", "uid-1"), claim_name("w", "uid-2"));
  EXPECT_NE(claim_name("w", "uid").substr(2), plan_name("w", "uid", 1).substr(2));
}

}  // namespace
}  // namespace bootstrap
