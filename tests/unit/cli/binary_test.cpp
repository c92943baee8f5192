// The program itself: what a shell and CI see of it.

#include <array>
#include <cstdio>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>

namespace bootstrap::cli {
namespace {

using ::testing::HasSubstr;

struct Ended {
  int exit = -1;
  std::string out;  // both streams
};

Ended run(const std::string& arguments) {
  Ended ended;
  const std::string command = std::string(CLI_BINARY) + " " + arguments + " 2>&1 </dev/null";
  FILE* const pipe = popen(command.c_str(), "r");
  if (pipe == nullptr) return ended;
  std::array<char, 4096> buffer{};
  for (std::size_t read = 0; (read = fread(buffer.data(), 1, buffer.size(), pipe)) > 0;)
    ended.out.append(buffer.data(), read);
  const int status = pclose(pipe);
  if (WIFEXITED(status)) ended.exit = WEXITSTATUS(status);
  return ended;
}

TEST(Binary, EndsWithTheCodeThatScriptsRelyOn) {
  const std::string source = SOURCE_DIR;
  Ended ended = run("lint " + source + "/deploy/samples/fullsetup-workflow.yaml");
  EXPECT_EQ(ended.exit, 0) << ended.out;
  ended = run("lint " + source + "/tests/corpus/invalid/reference-to-unknown-parameter.yaml");
  EXPECT_EQ(ended.exit, 1) << ended.out;
  EXPECT_THAT(ended.out, HasSubstr("reference-to-unknown-parameter.yaml:"));
  ended = run("lint /none.yaml");
  EXPECT_EQ(ended.exit, 2) << ended.out;
  EXPECT_EQ(run("lint").exit, 2);
  EXPECT_EQ(run("none").exit, 2);
  EXPECT_EQ(run("").exit, 2);
  EXPECT_EQ(run("graph " + source + "/deploy/samples/fullsetup-workflow.yaml").exit, 0);
  EXPECT_EQ(run("graph " + source + "/deploy/samples/fullsetup-tools.yaml").exit, 2);
}

TEST(Binary, Helps) {
  for (const char* arguments :
       {"--help", "-h", "lint --help", "graph --help", "watch --help", "status --help",
        "history --help", "logs --help", "resume --help", "suspend --help", "cancel --help",
        "approve --help", "reject --help", "answer --help"}) {
    const Ended ended = run(arguments);
    EXPECT_EQ(ended.exit, 0) << arguments;
    EXPECT_THAT(ended.out, HasSubstr("Examples:\n  kubectl bootstrap ")) << arguments;
    EXPECT_THAT(ended.out, HasSubstr("Usage: kubectl bootstrap")) << arguments;
  }
  EXPECT_EQ(run("--version").exit, 0);
}

}  // namespace
}  // namespace bootstrap::cli
