// Names of objects that a definition mentions: which can be, and where they stand.

#include "controllers/object_names.h"

#include <gtest/gtest.h>

#include "tests/unit/controllers/specs.h"

namespace bootstrap {
namespace {

using namespace testing_specs;

std::string refused(const std::string& name, const char* kind) {
  return "\"" + name + "\" cannot be the name of a " + kind +
         ": at most 253 of a-z, 0-9, '-' and '.', beginning and ending with a letter or digit";
}

TEST(ObjectNames, AreDnsSubdomains) {
  for (const std::string name :
       {"a", "0", "a-b", "a--b", "a.b-c.0", "aws-credentials", "kube-root-ca.crt"})
    EXPECT_TRUE(is_object_name(name)) << name;
  EXPECT_TRUE(is_object_name(std::string(253, 'a')));
  EXPECT_FALSE(is_object_name(std::string(254, 'a')));
  for (const std::string name : {"", "A", "A B", "a b", "a_b", "-a", "a-", ".a", "a.", "a..b",
                                 "a.-b", "a-.b", "a/b", "../a", "a:b", "ä", "a\n"})
    EXPECT_FALSE(is_object_name(name)) << name;
}

struct NameRow {
  const char* what;
  json step;
  std::string field;
  const char* kind;
};

TEST(ObjectNames, OfToolsAreLookedAt) {
  const auto tools = [](const json& part) { return json{{"tools", part}}; };
  const auto volume = [&](const json& kind) {
    json entry = kind;
    entry["name"] = "v";
    return tools({{"volumes", json::array({entry})}});
  };
  const auto env = [&](const json& from) {
    return tools({{"env", json::array({{{"name", "V"}, {"valueFrom", from}}})}});
  };
  const json bad = {{"name", "A B"}};
  json bad_key = bad;
  bad_key["key"] = "k";
  const json git = {{"repository", "https://h/r"}, {"revision", "main"}, {"secretRef", bad}};
  const std::vector<NameRow> rows{
      {"account", tools({{"serviceAccountName", "A B"}}), "serviceAccountName", "ServiceAccount"},
      {"source", tools({{"source", {{"configMap", bad}}}}), "source.configMap.name", "ConfigMap"},
      {"git", tools({{"source", {{"git", git}}}}), "source.git.secretRef.name", "Secret"},
      {"env of a ConfigMap", env({{"configMapKeyRef", bad_key}}),
       "env[V].valueFrom.configMapKeyRef.name", "ConfigMap"},
      {"env of a Secret", env({{"secretKeyRef", bad_key}}), "env[V].valueFrom.secretKeyRef.name",
       "Secret"},
      {"envFrom a ConfigMap", tools({{"envFrom", {{{"configMapRef", bad}}}}}),
       "envFrom[0].configMapRef.name", "ConfigMap"},
      {"envFrom a Secret", tools({{"envFrom", {{{"secretRef", bad}}}}}),
       "envFrom[0].secretRef.name", "Secret"},
      {"volume of a ConfigMap", volume({{"configMap", bad}}), "volumes[0].configMap.name",
       "ConfigMap"},
      {"volume of a Secret", volume({{"secret", {{"secretName", "A B"}}}}),
       "volumes[0].secret.secretName", "Secret"},
      {"claim", volume({{"persistentVolumeClaim", {{"claimName", "A B"}}}}),
       "volumes[0].persistentVolumeClaim.claimName", "PersistentVolumeClaim"},
      {"secret of a driver", volume({{"csi", {{"driver", "d"}, {"nodePublishSecretRef", bad}}}}),
       "volumes[0].csi.nodePublishSecretRef.name", "Secret"},
      {"projected ConfigMap",
       volume({{"projected", {{"sources", json::array({{{"configMap", bad}}})}}}}),
       "volumes[0].projected.sources[0].configMap.name", "ConfigMap"},
      {"projected Secret", volume({{"projected", {{"sources", json::array({{{"secret", bad}}})}}}}),
       "volumes[0].projected.sources[0].secret.name", "Secret"},
      {"pull secret", tools({{"imagePullSecrets", json::array({bad})}}), "imagePullSecrets[0].name",
       "Secret"},
  };
  for (const NameRow& row : rows) {
    EXPECT_EQ(problems_of(with_step(small_spec(), row.step)),
              (Problems{{"phases[p].steps[s].tools." + row.field, refused("A B", row.kind)}}))
        << row.what;
    std::string text = row.step.dump();
    text.replace(text.find("A B"), 3, "a-b");
    EXPECT_EQ(problems_of(with_step(small_spec(), json::parse(text))), Problems{}) << row.what;
  }
}

TEST(ObjectNames, OfTheWorkflowAreLookedAt) {
  json spec = small_spec();
  spec["workspace"] = {{"claimName", "A B"}};
  EXPECT_EQ(problems_of(spec),
            (Problems{{"workspace.claimName", refused("A B", "PersistentVolumeClaim")}}));
  spec["workspace"] = {{"size", "1Gi"}, {"storageClassName", "A B"}};
  EXPECT_EQ(problems_of(spec),
            (Problems{{"workspace.storageClassName", refused("A B", "StorageClass")}}));
  spec["workspace"]["storageClassName"] = "";
  EXPECT_EQ(problems_of(spec), Problems{}) << "none";
  spec["phases"][0]["steps"][0] = {{"name", "s"},
                                   {"workflow", {{"templateRef", {{"name", "A B"}}}}}};
  EXPECT_EQ(problems_of(spec), (Problems{{"phases[p].steps[s].workflow.templateRef.name",
                                          refused("A B", "BootstrapWorkflowTemplate")}}));
}

// What a value makes of a name counts; what nobody knows is told once.
TEST(ObjectNames, AreLookedAtWithTheirReferencesReplaced) {
  const auto claim = [](const char* name, const char* team) {
    json spec = small_spec();
    spec["parameters"] = {{{"name", "team"}, {"value", team}, {"allowed", {"a", "A B", ""}}}};
    spec["workspace"] = {{"claimName", name}};
    return problems_of(spec);
  };
  const auto no = [](const char* name) {
    return Problems{{"workspace.claimName", refused(name, "PersistentVolumeClaim")}};
  };
  EXPECT_EQ(claim("x-$(params.team)", "a"), Problems{});
  EXPECT_EQ(claim("$(workflow.namespace)-$(workflow.name)-$(workflow.run)", "a"), Problems{});
  EXPECT_EQ(claim("x-$(params.team)", "A B"), no("x-A B"));
  EXPECT_EQ(claim("x-$(params.team)", ""), no("x-"));
  EXPECT_EQ(claim("$(params.team)", ""), no(""));
  EXPECT_EQ(claim("X_$(params.team)", "a"), no("X_a"));
  EXPECT_EQ(claim("X_$(params.none)", "a").size(), 1U) << "not known";
  EXPECT_EQ(claim("X_$(params.team)", "b").size(), 1U) << "the value is not allowed";
}

// So a template may leave it to its workflows whether a Secret is needed.
TEST(ObjectNames, OfTheSecretOfARepositoryMayBeEmptyByAParameter) {
  json spec = with_step(small_spec(), {{"tools",
                                        {{"source",
                                          {{"git",
                                            {{"repository", "https://h/r"},
                                             {"revision", "main"},
                                             {"secretRef", {{"name", "$(params.secret)"}}}}}}}}}});
  spec["parameters"] = json::array({{{"name", "secret"}, {"default", ""}}});
  EXPECT_EQ(problems_of(spec), Problems{});
  spec["parameters"][0]["default"] = "A";
  EXPECT_EQ(
      problems_of(spec),
      (Problems{{"phases[p].steps[s].tools.source.git.secretRef.name", refused("A", "Secret")}}));
}

}  // namespace
}  // namespace bootstrap
