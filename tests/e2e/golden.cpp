#include "tests/e2e/golden.h"

#include <algorithm>
#include <regex>
#include <sstream>
#include <vector>

#include "tests/golden_text.h"

namespace bootstrap::testing {
namespace {

struct Rule {
  const char* pattern;
  const char* replacement;
};

// In this order, on every line.
constexpr Rule kRules[] = {
    {R"([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})", "<uid>"},
    {R"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z)", "<time>"},
    {R"((Resource Version: +)\d+)", "$1<version>"},
    // What containerd says of a pull differs from version to version.
    {R"((ErrImagePull: ).*)", "$1<what the node says>"},
    // The age in the table of Events, "3s" or "3s (x2 over 5s)".
    {R"(^( +(?:Normal|Warning) +\S+ +)\S+(?: \(x\d+ over \S+\))?( +))", "$1<age>$2"},
    {R"(((?:Duration|Elapsed|Eta): +)\S+)", "$1<duration>"},
    {R"(( )(?:\d\d-\d\d )?\d\d:\d\dZ(?= |$))", "$1<clock>"},
    {R"(((?:succeeded|failed|cancelled) (?:after|in) )[0-9hms]+)", "$1<duration>"},
    // Columns of a table: durations and ages.
    {R"(( )(?:\d+[dhms])+(?= |$))", "$1<age>"},
    // Widths of columns follow their contents.
    {R"((\S) {2,})", "$1  "},
    {R"( +$)", ""},
};

std::string replaced_names(std::string text, const GoldenNames& names) {
  for (std::size_t at = text.find(names.ns); at != std::string::npos; at = text.find(names.ns, at))
    text.replace(at, names.ns.size(), "NAMESPACE");
  // Pods first: their names are a Job's and five letters more.
  const std::string own = "(" + names.workflow + R"((?:-[a-z0-9]+)*?))";
  text = std::regex_replace(text, std::regex(own + R"(-[a-z2-7]{10}-[a-z0-9]{5}\b)"),
                            "$1-<hash>-<pod>");
  return std::regex_replace(text, std::regex(own + R"(-[a-z2-7]{10}\b)"), "$1-<hash>");
}

// Events of one second come in any order.
void sort_events(std::vector<std::string>& lines) {
  const auto is_event = [](const std::string& line) {
    return line.starts_with("  Normal  ") || line.starts_with("  Warning  ");
  };
  const auto begin = std::ranges::find_if(lines, is_event);
  std::sort(begin, std::find_if_not(begin, lines.end(), is_event));
}

// How loaded nodes are is told with whatever is written after their first sample, sooner or later.
// In a cluster without metrics-server that is that nothing is known of them.
std::string without_unknown_load(const std::string& text) {
  static const std::regex kUnknownLoad(
      R"( +Last Transition Time: [^\n]*\n +Message:[^\n]*\n +Observed Generation: [^\n]*\n)"
      R"( +Reason: +(?:UsageUnknown|NotSampled|NoStepRuns)\n +Status: [^\n]*\n)"
      R"( +Type: +ResourcePressure\n)");
  return std::regex_replace(text, kUnknownLoad, "");
}

}  // namespace

std::string normalized(std::string text, const GoldenNames& names) {
  std::istringstream lines(replaced_names(std::move(text), names));
  std::vector<std::string> all;
  for (std::string line; std::getline(lines, line);) {
    for (const Rule& rule : kRules)
      line = std::regex_replace(line, std::regex(rule.pattern), rule.replacement);
    all.push_back(std::move(line));
  }
  sort_events(all);
  std::string result;
  for (const std::string& line : all) result += line + "\n";
  return without_unknown_load(result);
}

void expect_golden(const std::string& name, const std::string& text, const GoldenNames& names) {
  expect_golden_text(std::string(SOURCE_DIR) + "/tests/e2e/golden/" + name + ".txt",
                     normalized(text, names));
}

}  // namespace bootstrap::testing
