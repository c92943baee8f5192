// The manifests of tests/corpus and deploy/samples, as `lint` sees them: nothing is said of those
// that are valid, and of the others what the operator would say (tests/unit/controllers/
// corpus_test.cpp), each at its place in the file.

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <re2/re2.h>

#include "cli/manifest_check.h"
#include "tests/unit/cli/file_text.h"

namespace bootstrap::cli {

inline void PrintTo(const Finding& finding, std::ostream* out) {
  *out << to_text(finding);
}

namespace {

using ::testing::Contains;
using ::testing::IsEmpty;
using ::testing::Not;
using testing::text_of;

const std::filesystem::path kSource = SOURCE_DIR;

std::vector<std::filesystem::path> files_in(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(kSource / folder))
    if (entry.path().extension() == ".yaml") files.push_back(entry.path());
  std::ranges::sort(files);
  EXPECT_THAT(files, Not(IsEmpty())) << folder;
  return files;
}

CheckReport lint(const std::vector<std::filesystem::path>& files) {
  Manifests all;
  for (const auto& file : files) add_manifests({file.filename(), text_of(file)}, all);
  return check_manifests(all);
}

// The lines "# expect: <text>" at the top of a file.
std::vector<std::string> expectations_of(const std::filesystem::path& file) {
  constexpr std::string_view kExpect = "# expect: ";
  std::vector<std::string> expected;
  std::ifstream lines(file);
  for (std::string line; std::getline(lines, line) && line.starts_with(kExpect);)
    expected.push_back(line.substr(kExpect.size()));
  return expected;
}

class ValidCorpus : public ::testing::TestWithParam<const char*> {};

TEST_P(ValidCorpus, IsClean) {
  const CheckReport report = lint(files_in(GetParam()));
  EXPECT_THAT(report.findings, IsEmpty());
  EXPECT_GT(report.workflows, 5U);
  EXPECT_GT(report.templates, 0U);
}

// A template that is in another file is no mistake of this one.
TEST_P(ValidCorpus, IsCleanFileByFile) {
  for (const auto& file : files_in(GetParam()))
    EXPECT_THAT(lint({file}).findings, IsEmpty()) << file;
}

INSTANTIATE_TEST_SUITE_P(All, ValidCorpus,
                         ::testing::Values("tests/corpus/valid", "deploy/samples"));

// The path that an expected message begins with, and the rest.
struct Expected {
  std::string field;  // "phases.steps.tools.image": without entries, whose names are numbers here
  std::string message;
};

std::string without_entries(std::string path) {
  re2::RE2::GlobalReplace(&path, R"(\[[^\]]*\])", "");
  return path;
}

Expected expected_of(const std::string& text) {
  static const re2::RE2 kPath(
      R"((?:template [-a-z]+, )?([a-zA-Z]+(?:\[[^\]]*\]|\.[a-zA-Z]+)*):(?: (.*))?)");
  Expected expected;
  if (!re2::RE2::FullMatch(text, kPath, &expected.field, &expected.message)) return {"", text};
  expected.field = without_entries(expected.field);
  return expected;
}

// Tools of a step may be those of the workflow.
bool is_at(const std::string& path, const std::string& field) {
  const std::string shown = without_entries(path);
  const std::size_t tools = field.find(".tools.");
  return shown.starts_with("spec." + field) ||
         (tools != std::string::npos && shown.starts_with("spec" + field.substr(tools)));
}

bool says(const Finding& finding, const Expected& expected) {
  return finding.line > 0 && finding.column > 0 &&
         finding.message.find(expected.message) != std::string::npos &&
         (expected.field.empty() || is_at(finding.path, expected.field));
}

TEST(InvalidCorpus, EachMistakeIsNamedWithItsPlace) {
  static const re2::RE2 kCount(R"(.*?([0-9]+) problems)");
  for (const auto& file : files_in("tests/corpus/invalid")) {
    SCOPED_TRACE(file);
    const Findings findings = lint({file}).findings;
    EXPECT_THAT(findings, Not(IsEmpty()));
    const auto expectations = expectations_of(file);
    EXPECT_THAT(expectations, Not(IsEmpty()));
    for (const std::string& text : expectations) {
      std::size_t count = 0;
      if (re2::RE2::FullMatch(text, kCount, &count)) {
        EXPECT_EQ(findings.size(), count);
        continue;
      }
      const Expected expected = expected_of(text);
      EXPECT_TRUE(
          std::ranges::any_of(findings, [&](const Finding& f) { return says(f, expected); }))
          << text << "\nis not among " << ::testing::PrintToString(findings);
    }
  }
}

// Rules in CEL that nothing else looks at: only the API server sees these. docs/cli.md lists them.
const std::set<std::string> kUnseen{
    "env-from-empty",
    "env-from-two",
    "env-value-and-value-from",
    "env-value-from-empty",
    "env-value-from-two",
    "job-retention-in-days",
    "job-retention-too-long",
    "job-retention-zero",
    "monitoring-interval-milliseconds",
    "mount-colon",
    "mount-dot",
    "mount-dot-dot",
    "mount-double-slash",
    "mount-relative",
    "mount-root",
    "parameter-required-when-and-required",
    "parameter-required-with-default",
    "source-empty",
    "start-timeout-milliseconds",
    "timeout-milliseconds",
    "volume-of-a-step-without-kind",
    "volume-of-two-kinds",
    "volume-projected-source-without-kind",
    "volume-token-without-service-account",
    "volume-without-kind",
    "working-dir-relative",
    "workspace-mode-of-an-existing-claim",
};

TEST(RejectedCorpus, IsFoundButForWhatOnlyTheApiServerSees) {
  for (const auto& file : files_in("tests/corpus/crd-rejected")) {
    SCOPED_TRACE(file);
    const Findings findings = lint({file}).findings;
    EXPECT_EQ(findings.empty(), kUnseen.contains(file.stem()));
    for (const Finding& one : findings) EXPECT_TRUE(one.line > 0 && one.column > 0);
  }
}

// "unknown field "spec.paramters"" of the API server is the same field here. Of a list that was
// written as an object it is the list that is wrong.
TEST(RejectedCorpus, AnUnknownFieldIsTheOneThatTheApiServerNames) {
  static const re2::RE2 kUnknown(R"re(unknown field "((.*)\.[^.]*)")re");
  std::size_t count = 0;
  for (const auto& file : files_in("tests/corpus/crd-rejected")) {
    std::string path, parent;
    if (!re2::RE2::FullMatch(expectations_of(file).at(0), kUnknown, &path, &parent)) continue;
    ++count;
    EXPECT_THAT(lint({file}).findings,
                Contains(::testing::AnyOf(
                    ::testing::Field(&Finding::path, path),
                    ::testing::AllOf(::testing::Field(&Finding::path, parent),
                                     ::testing::Field(&Finding::message,
                                                      ::testing::StartsWith("must be a list"))))))
        << file;
  }
  EXPECT_GT(count, 30U);
}

// A workflow as it is read back from a cluster.
TEST(StatusCorpus, IsNoProblem) {
  Manifests all;
  const std::string workflow = text_of(kSource / "tests/corpus/valid/minimal.yaml");
  const std::string status = text_of(kSource / "tests/corpus/status/finished.json");
  const std::size_t begin = status.find('{');
  add_manifests({"f.yaml", workflow + "\nstatus: " +
                               nlohmann::json::parse(status.substr(begin))["status"].dump()},
                all);
  EXPECT_THAT(check_manifests(all).findings, IsEmpty());
}

}  // namespace
}  // namespace bootstrap::cli
