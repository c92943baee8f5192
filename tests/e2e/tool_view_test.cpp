// What a tool finds in its pod: its text, arguments and environment, unchanged and nothing else.

#include <fstream>
#include <regex>
#include <set>
#include <sstream>

#include <gtest/gtest.h>

#include "tests/e2e/user_view.h"
#include "tests/integration/cluster.h"

namespace bootstrap::testing {
namespace {

using nlohmann::json;
using namespace std::chrono_literals;

// Values that a shell, the kubelet or our own references could take for more than text.
constexpr const char* kTricky = R"yaml(
apiVersion: bootstrap.openshift.io/v1alpha1
kind: BootstrapWorkflow
metadata: {name: literal}
spec:
  parameters:
  - {name: home, value: "$(HOME)"
}
  - {name: dollars, value: "$$(HOME) $HOME $(params.home)"}
  - {name: evil, value: "'; rm -rf / #\n`id` \"$(id)\""}
  tools:
    image: docker.io/library/busybox:1.35
    env:
    - {name: FROM_PARAMETER, value: "<$(params.home)>"}
    - {name: FROM_ENVIRONMENT, value: "<$(BOOTSTRAP_STEP)>"}
  phases:
  - name: look
    steps:
    - name: script
      args: ["$(params.home)", "$(params.evil)", "$(BOOTSTRAP_STEP)"]
      script: |
        printf '%s|' "$PARAM_HOME" "$PARAM_DOLLARS" "$PARAM_EVIL" "$FROM_PARAMETER" "$FROM_ENVIRONMENT" "$@"
        echo $(wc -c)
        echo '$$(HOME) $(no.reference) $(date'
    - name: command
      command: [printf, "%s|%s|", "$(params.dollars)"]
      args: ["$(params.evil)"]
    - name: environment
      command: [env]
)yaml";

const std::string kEvil = "'; rm -rf / #\n`id` \"$(id)\"";

// A script without `#!`, and that it is not touched on its way.
TEST(ToolView, ValuesArriveLiterally) {
  Cluster& cluster = Cluster::of_test();
  const TestNamespace ns(cluster, "e2e-literal");
  cluster.apply(ns, kTricky);
  cluster.await_state(ns, "literal", "Succeeded", 60s);

  EXPECT_EQ("$(HOME)|$$(HOME) $HOME $(params.home)|" + kEvil + "|<$(HOME)>|<script>|$(HOME)|" +
                kEvil +
                "|script|"
                "0\n"  // what standard input held
                "$$(HOME) $(no.reference) $(date\n",
            log_of(cluster, ns, "literal", "look", "script"));
  EXPECT_EQ("$$(HOME) $HOME $(params.home)|" + kEvil + "|",
            log_of(cluster, ns, "literal", "look", "command"));
}

// The names in the table of docs/api.md: `NAME`, or `NAME_*` and `NAME_<…>` for several.
std::vector<std::regex> documented_variables() {
  std::ifstream file(SOURCE_DIR "/docs/api.md");
  std::ostringstream text;
  text << file.rdbuf();
  std::string table = text.str();
  table.erase(0, table.find("### Environment"));
  table.resize(table.find("All tools of a run"));
  std::vector<std::regex> names;
  const std::regex cell(R"(^\| (`[^|]*`) \|)", std::regex::multiline);
  const std::regex name("`([A-Z][^`]*)`");
  for (std::sregex_iterator row(table.begin(), table.end(), cell), end; row != end; ++row) {
    const std::string cells = (*row)[1];
    for (std::sregex_iterator n(cells.begin(), cells.end(), name); n != end; ++n)
      names.emplace_back(std::regex_replace((*n)[1].str(), std::regex(R"(\*|<[A-Z]+>)"), ".+"));
  }
  return names;
}

std::set<std::string> names_in(const std::string& environment) {
  std::set<std::string> names;
  std::istringstream lines(environment);
  const std::regex name("^([A-Z][A-Z0-9_]*)=.*");
  std::smatch match;
  for (std::string line; std::getline(lines, line);)
    if (std::regex_match(line, match, name)) names.insert(match[1]);
  return names;
}

// The step's own entries, and what every pod has: the image's, the kubelet's.
bool expected_anywhere(const std::string& name) {
  static const std::set<std::string> kKnown{"PATH", "HOSTNAME", "FROM_PARAMETER",
                                            "FROM_ENVIRONMENT"};
  return kKnown.contains(name) || name.starts_with("KUBERNETES_");
}

TEST(ToolView, EnvironmentIsTheDocumentedOne) {
  Cluster& cluster = Cluster::of_test();
  const TestNamespace ns(cluster, "e2e-environment");
  cluster.apply(ns, kTricky);
  const json workflow = cluster.await_state(ns, "literal", "Succeeded", 60s);
  const std::string environment = log_of(cluster, ns, "literal", "look", "environment");
  const auto there = names_in(environment);
  const auto documented = documented_variables();
  ASSERT_GE(documented.size(), 10U);

  for (const std::string& name : there) {
    const bool known = expected_anywhere(name) ||
                       std::any_of(documented.begin(), documented.end(),
                                   [&](const auto& d) { return std::regex_match(name, d); });
    EXPECT_TRUE(known) << name << " is not in docs/api.md";
  }
  for (std::size_t i = 0; i < documented.size(); ++i)
    EXPECT_TRUE(std::any_of(there.begin(), there.end(),
                            [&](const auto& n) { return std::regex_match(n, documented[i]); }))
        << "variable " << i + 1 << " of docs/api.md's table is not there:\n"
        << environment;
  const std::string uid = workflow.at("metadata").at("uid");
  EXPECT_NE(std::string::npos, environment.find("BOOTSTRAP_WORKFLOW_ID=" + uid + "\n"));
  EXPECT_NE(std::string::npos,
            environment.find("ORCHESTRATION_CONTEXT=" + ns.name() + "/literal/look/environment\n"));
}

}  // namespace
}  // namespace bootstrap::testing
