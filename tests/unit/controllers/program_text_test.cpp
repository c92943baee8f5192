#include "controllers/program_text.h"

#include <gtest/gtest.h>

namespace bootstrap {
namespace {

struct TextRow {
  std::vector<std::string> arguments;
  std::vector<std::size_t> texts;
};

void expect_texts(const std::vector<TextRow>& rows) {
  for (const TextRow& row : rows)
    EXPECT_EQ(program_texts(row.arguments), row.texts) << testing::PrintToString(row.arguments);
}

// The option itself is named as well: text may be attached to it.
TEST(ProgramText, FollowsTheOptionOfAShell) {
  expect_texts({
      {{"sh", "-c", "TEXT"}, {1, 2}},
      {{"/bin/bash", "-c", "TEXT"}, {1, 2}},
      {{"/bin/bash", "-ec", "TEXT"}, {1, 2}},
      {{"bash", "-euxc", "TEXT"}, {1, 2}},
      {{"bash", "-e", "-u", "-c", "TEXT"}, {3, 4}},
      {{"bash", "--norc", "-c", "TEXT"}, {2, 3}},
      {{"bash", "--rcfile", "f", "-c", "TEXT"}, {3, 4}},
      {{"bash", "-o", "pipefail", "-c", "TEXT"}, {3, 4}},
      {{"bash", "-eo", "pipefail", "-c", "TEXT"}, {3, 4}},
      {{"bash", "+o", "posix", "-c", "TEXT"}, {3, 4}},
      {{"dash", "-c", "TEXT"}, {1, 2}},
      {{"busybox", "sh", "-c", "TEXT"}, {2, 3}},
      {{"busybox", "ash", "-c", "TEXT"}, {2, 3}},
      {{"env", "sh", "-c", "TEXT"}, {2, 3}},
      {{"env", "-i", "A=b", "bash", "-c", "TEXT"}, {4, 5}},
      {{"timeout", "10", "sh", "-c", "TEXT"}, {3, 4}},
      {{"kubectl", "exec", "pod", "--", "sh", "-c", "TEXT"}, {5, 6}},
  });
}

TEST(ProgramText, StandsBehindFurtherOptionsOfAShell) {
  expect_texts({
      {{"bash", "-oe", "pipefail", "-c", "TEXT"}, {3, 4}},
      {{"bash", "-c", "-e", "TEXT", "value"}, {1, 2, 3}},
      {{"bash", "-c", "--", "TEXT", "value"}, {1, 2, 3}},
      {{"bash", "-co", "pipefail", "TEXT", "value"}, {1, 2, 3}},
      {{"bash", "-c", "-o", "pipefail", "TEXT", "value"}, {1, 2, 3, 4}},
  });
}

TEST(ProgramText, DoesNotReachTheArgumentsOfTheText) {
  expect_texts({
      {{"sh", "-c", "echo \"$1\"", "sh", "value"}, {1, 2}},
      {{"sh", "-c", "echo \"$1\"", "--", "value"}, {1, 2}},
  });
}

TEST(ProgramText, AScriptFileEndsTheOptionsOfAnInterpreter) {
  expect_texts({
      {{"bash", "deploy.sh", "-c", "value"}, {}},
      {{"bash", "-e", "deploy.sh", "-c", "value"}, {}},
      {{"bash", "-o", "pipefail", "deploy.sh", "-c", "value"}, {}},
      {{"bash", "--", "deploy.sh", "-c", "value"}, {}},
      {{"python3", "tool.py", "-c", "value"}, {}},
      {{"python3", "-m", "tool", "-c", "value"}, {}},
      {{"python3", "-W", "ignore", "tool.py", "-c", "value"}, {}},
      {{"node", "-r", "module", "tool.js", "-e", "value"}, {}},
      {{"env", "A=b", "tool", "-S", "value"}, {}},
      {{"bash", "wrapper.sh", "sh", "-c", "TEXT"}, {3, 4}},  // what a wrapper runs
  });
}

TEST(ProgramText, OtherInterpretersHaveItToo) {
  expect_texts({
      {{"python", "-c", "TEXT"}, {1, 2}},
      {{"/usr/bin/python3.11", "-u", "-c", "TEXT", "value"}, {2, 3}},
      {{"python3", "-W", "ignore", "-c", "TEXT"}, {3, 4}},
      {{"python3", "-Wignore", "-c", "TEXT"}, {2, 3}},
      {{"python3", "-cTEXT"}, {1}},
      {{"ruby", "-rjson", "-e", "TEXT"}, {2, 3}},
      {{"perl", "-e", "TEXT", "value"}, {1, 2}},
      {{"perl", "-ne", "TEXT"}, {1, 2}},
      {{"perl", "-E", "TEXT"}, {1, 2}},
      {{"ruby", "-e", "TEXT"}, {1, 2}},
      {{"node", "-e", "TEXT"}, {1, 2}},
      {{"node", "-pe", "TEXT"}, {1, 2}},
      {{"node", "--eval", "TEXT"}, {1, 2}},
      {{"node", "--eval=TEXT"}, {1}},
      {{"env", "-S", "TEXT"}, {1, 2}},
      {{"fish", "--command=TEXT"}, {1}},
  });
}

TEST(ProgramText, IsNotInOrdinaryCommands) {
  expect_texts({
      {{}, {}},
      {{"sh"}, {}},
      {{"sh", "-c"}, {1}},
      {{"tool", "-c", "value"}, {}},
      {{"oc", "create", "-f", "value"}, {}},
      {{"ssh", "-c", "aes256-ctr", "value"}, {}},  // not "sh"
      {{"bashful", "-c", "value"}, {}},
      {{"tool", "--shell=bash", "-c", "value"}, {}},
      {{"3.11", "-c", "value"}, {}},
      {{"", "-c", "value"}, {}},
  });
}

}  // namespace
}  // namespace bootstrap
