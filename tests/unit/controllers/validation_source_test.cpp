// Sources from Git, standard input, the volume all share.

#include <gtest/gtest.h>

#include "controllers/validation.h"
#include "tests/unit/controllers/specs.h"

namespace bootstrap {
namespace {

using namespace testing_specs;

Problems problems_of(json spec) {
  spec["parameters"] = json::parse(R"([{"name": "team", "value": "a"},
                                       {"name": "http", "value": "http://h/x"},
                                       {"name": "shell", "value": "bash"}])");
  const auto definition = read_definition(spec);
  EXPECT_TRUE(definition) << testing::PrintToString(definition.error());
  return definition ? validate(*definition) : Problems{};
}

Problems problems_of_git(const json& git) {
  return problems_of(with_step(small_spec(), {{"tools", {{"source", {{"git", git}}}}}}));
}

const std::string kGit = "phases[p].steps[s].tools.source.git.";

TEST(ValidationSource, ParametersMayBePartOfAnAddressAndCountAsPartOfIt) {
  EXPECT_EQ(problems_of_git({{"repository", "https://h/$(params.team)"},
                             {"revision", "$(params.team)"},
                             {"image", "git:$(params.team)"},
                             {"secretRef", {{"name", "key-$(params.team)"}}},
                             {"credentials", "Steps"}}),
            Problems{});
  EXPECT_EQ(problems_of_git({{"repository", "$(params.http)"}}),
            (Problems{{kGit + "repository",
                       "must be https://host/path, ssh://user@host/path or user@host:path"}}));
  EXPECT_EQ(
      problems_of_git({{"repository", "git@h:x"}}),
      (Problems{{kGit + "secretRef",
                 "is needed for SSH: a Secret with the keys ssh-privatekey and known_hosts"}}));
  EXPECT_EQ(problems_of_git({{"repository", "https://h/x"}, {"revision", "a..b"}}).size(), 1U);
}

TEST(ValidationSource, AnOutputCannotNameIt) {
  json spec = small_spec();
  spec["phases"][0]["steps"].push_back(
      {{"name", "t"},
       {"command", {"x"}},
       {"tools",
        {{"source",
          {{"git", {{"repository", "https://h/x"}, {"revision", "$(steps.p.s.outputs.tag)"}}}}}}}});
  const Problems problems = problems_of(spec);
  ASSERT_FALSE(problems.empty());
  EXPECT_EQ(problems[0].field, "phases[p].steps[t].tools.source.git.revision");
}

TEST(ValidationSource, APathMayBeRelativeToAClone) {
  json spec = with_step(small_spec(), {{"command", nullptr}, {"tool", "x"}});
  spec["tools"]["path"] = "bin";
  EXPECT_EQ(problems_of(spec).size(), 1U);
  spec["tools"]["source"]["git"]["repository"] = "https://h/x";
  EXPECT_EQ(problems_of(spec), Problems{});
}

TEST(ValidationStdin, ReferencesAreReplacedUnlessAProgramIsReadFromThere) {
  struct Row {
    json command;
    bool refused;
  };
  for (const Row& row :
       {Row{{"new-cluster"}, false}, Row{{"sh", "new-cluster.sh"}, false}, Row{{"sh"}, true},
        Row{{"bash", "-s", "x"}, true}, Row{{"bash", "-e"}, true}, Row{{"python3", "-"}, true},
        Row{{"python3", "-m", "tool"}, false}, Row{{"python3", "tool.py"}, false},
        Row{{"sh", "-c", "read -r x; tool \"$x\""}, false}, Row{{"env", "A=1", "sh"}, true},
        Row{{"$(params.shell)"}, true}, Row{{"bash", "/dev/stdin"}, true},
        Row{{"sh", "--", "tool.sh"}, false}}) {
    const Problems expected{{"phases[p].steps[s].stdin",
                             "$(params.team) cannot be used in the text of a program; use the "
                             "environment variable \"$PARAM_TEAM\""}};
    EXPECT_EQ(problems_of(with_step(small_spec(),
                                    {{"command", row.command}, {"stdin", "$(params.team)\n"}})),
              row.refused ? expected : Problems{})
        << row.command;
    EXPECT_EQ(problems_of(with_step(small_spec(), {{"command", row.command}, {"stdin", "id\n"}})),
              Problems{});
  }
  EXPECT_EQ(problems_of(with_step(small_spec(), {{"stdin", "$(params.typo)"}})).size(), 1U);
}

TEST(ValidationWorkspace, IsCheckedOnce) {
  json spec = small_spec();
  spec["workspace"] = {{"claimName", "shared-$(params.team)"}};
  EXPECT_EQ(problems_of(spec), Problems{});
  spec["workspace"] = {{"claimName", "$(params.typo)"}, {"size", "1Gi"}};
  const Problems problems = problems_of(spec);
  ASSERT_EQ(problems.size(), 2U);
  EXPECT_EQ(problems[0].field, "workspace.claimName");
  EXPECT_EQ(problems[1].field, "workspace");
}

}  // namespace
}  // namespace bootstrap
