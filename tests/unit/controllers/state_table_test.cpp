// docs/state-machine.md, played: for each state and each command what the table says is what
// happens. Nothing about it is written here twice: the rows are read from the document.

#include <fstream>
#include <functional>
#include <map>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "controllers/decide.h"
#include "tests/unit/controllers/scenario.h"

namespace bootstrap::testing {
namespace {

using nlohmann::json;

using Cells = std::vector<std::string>;

Cells cells_of(const std::string& line) {
  Cells cells;
  std::size_t begin = 1;
  for (std::size_t end; (end = line.find('|', begin)) != std::string::npos; begin = end + 1) {
    const std::string cell = line.substr(begin, end - begin);
    const auto first = cell.find_first_not_of(' '), last = cell.find_last_not_of(' ');
    cells.push_back(first == std::string::npos ? "" : cell.substr(first, last + 1 - first));
  }
  return cells;
}

// The header, and the rows by state/reason.
std::pair<Cells, std::vector<Cells>> table() {
  std::ifstream file(SOURCE_DIR "/docs/state-machine.md");
  std::pair<Cells, std::vector<Cells>> found;
  for (std::string line; std::getline(file, line);) {
    if (!line.starts_with("|") || line.starts_with("|---")) continue;
    if (found.first.empty())
      found.first = cells_of(line);
    else
      found.second.push_back(cells_of(line));
  }
  return found;
}

std::string standing_of(const Status& status) {
  return fmt::format("{}/{}", status.state ? to_text(*status.state) : "", status.reason);
}

void answer_all(Scenario& s) {
  for (const auto& [phase, step] :
       {std::pair("one", "a"), {"one", "b"}, {"two", "c"}, {"clean", "c"}})
    s.answer_pods(phase, step);
  s.facts[ServiceAccountOf{"default"}] =
      Found<ServiceAccountOf::Answer>(std::optional(ServiceAccountView{}));
  s.facts[MayRead{"default", "v1", "ConfigMap", "x"}] = Found<MayRead::Answer>(true);
}

Scenario running(const json& spec = three_steps()) {
  Scenario s(spec);
  answer_all(s);
  s.pass(at(0));
  return s;
}

json with_first_step(const json& changes) {
  json spec = three_steps();
  json& step = spec["phases"][0]["steps"][0];
  if (!changes.contains("retry") && !changes.contains("tools")) step.erase("command");
  step.update(changes);
  return spec;
}

Scenario failed(const json& spec = three_steps()) {
  Scenario s = running(spec);
  s.end_pod("one", "a", 3);
  s.pass(at(10));
  return s;
}

// How each state of the table comes about.
const std::map<std::string, std::function<Scenario()>>& ways() {
  static const std::map<std::string, std::function<Scenario()>> kWays{
      {"Pending/TemplateNotFound",
       [] {
         Scenario s(json{{"templateRef", {{"name", "t"}}}});
         s.facts[TemplateOf{"t"}] = Found<TemplateOf::Answer>(std::nullopt);
         s.facts[WatchedTemplate{"t"}] = Found<WatchedTemplate::Answer>(nullptr);
         s.pass(at(0));
         return s;
       }},
      {"Pending/WaitingForLock",
       [] {
         json spec = three_steps();
         spec["lock"] = "l";
         Scenario s(spec);
         answer_all(s);
         s.lease.emplace().holder = "other";
         s.claims = {{"other", at(-10), true}};
         s.pass(at(0));
         s.pass(at(1));
         return s;
       }},
      {"Pending/ServiceAccountNotFound",
       [] {
         json spec = with_first_step({{"tools", {{"serviceAccountName", "robot"}}}});
         Scenario s(spec);
         s.facts[ServiceAccountOf{"robot"}] = Found<ServiceAccountOf::Answer>(std::nullopt);
         answer_all(s);
         s.pass(at(0));
         return s;
       }},
      {"Running/StepRunning", [] { return running(); }},
      {"Running/StepRetrying",
       [] {
         return failed(with_first_step({{"retry", {{"attempts", 3}, {"delay", "5m"}}}}));
       }},
      {"Running/WaitingForResource",
       [] {
         Scenario s = running(with_first_step(json::parse(R"({"waitFor": {"resource":
             {"apiVersion": "v1", "kind": "ConfigMap", "name": "x"}, "exists": true}})")));
         ResourceFinding none;
         for (const Question& q : s.last.asked)
           if (std::holds_alternative<ResourceState>(q))
             s.facts[q] = Found<ResourceState::Answer>(none);
         s.pass(at(1));
         return s;
       }},
      {"Running/StepFailed", [] { return failed(with_finally()); }},
      {"Running/Suspending",
       [] {
         Scenario s = running();
         s.workflow.steering.suspend = true;
         s.pass(at(10));
         return s;
       }},
      {"Running/Cancelling",
       [] {
         Scenario s = running();
         s.run_container("one", "a");
         s.workflow.steering.cancel = true;
         s.pass(at(10));
         return s;
       }},
      {"Waiting/WaitingForAnswers",
       [] {
         return running(
             with_first_step(json::parse(R"({"ask": {"parameters": [{"name": "x"}]}})")));
       }},
      {"Waiting/WaitingForApproval",
       [] { return running(with_first_step(json::parse(R"({"approve": {"message": "m"}})"))); }},
      {"Suspended/Suspended",
       [] {
         Scenario s = running();
         s.workflow.steering.suspend = true;
         s.end_container("one", "a", 0);
         s.pass(at(10));
         return s;
       }},
      {"Suspended/Restored",
       [] {
         Scenario s = failed();
         s.workflow.status.uid = "another";
         s.restart();
         s.pass(at(20));
         return s;
       }},
      {"Succeeded/Completed",
       [] {
         Scenario s = running();
         for (const auto& [phase, step] : {std::pair("one", "a"), {"one", "b"}, {"two", "c"}}) {
           s.end_container(phase, step, 0);
           s.pass(at(10));
         }
         return s;
       }},
      {"Failed/StepFailed", [] { return failed(); }},
      {"Cancelled/Cancelled",
       [] {
         Scenario s = running();
         s.workflow.steering.cancel = true;
         s.pass(at(10));
         s.end_pod("one", "a", 143);
         s.pass(at(20));
         return s;
       }},
      {"Invalid/InvalidSpec",
       [] {
         json spec = three_steps();
         spec["phases"][0]["steps"][0]["timeout"] = "soon";
         Scenario s(spec);
         answer_all(s);
         s.pass(at(0));
         return s;
       }},
  };
  return kWays;
}

// What each command of the table is.
const std::map<std::string, std::function<void(Scenario&)>>& commands() {
  static const std::map<std::string, std::function<void(Scenario&)>> kCommands{
      {"suspend", [](Scenario& s) { s.workflow.steering.suspend = true; }},
      {"cancel", [](Scenario& s) { s.workflow.steering.cancel = true; }},
      {"resume",
       [](Scenario& s) {
         s.workflow.steering.resume = {2, ""};
       }},
      {"resume from",
       [](Scenario& s) {
         s.workflow.steering.resume = {2, "one"};
       }},
      {"edit of the definition",
       [](Scenario& s) {
         json spec = json::parse(s.workflow.spec);
         if (spec.contains("templateRef")) {
           spec["parameters"] = {{{"name", "x"}, {"value", "y"}}};
         } else {
           spec["phases"][0]["steps"][0].erase("timeout");
           spec["description"] = "another one";
         }
         s.workflow.spec = spec.dump();
       }},
      {"approve",
       [](Scenario& s) {
         s.workflow.approvals = {{"one/a", s.workflow.status.run, true, "alice", ""}};
       }},
      {"reject",
       [](Scenario& s) {
         s.workflow.approvals = {{"one/a", s.workflow.status.run, false, "alice", ""}};
       }},
      {"delete", [](Scenario& s) { s.workflow.meta.deletion = at(50); }},
  };
  return kCommands;
}

void expect_cell(const Scenario& s, const std::string& cell, const std::string& before,
                 std::size_t actions_before, const std::string& what) {
  const Status& after = s.workflow.status;
  const Condition* said = find_condition(after, kResumeAccepted);
  const bool is_still = cell == "—" || cell == "refused" || cell == "waits" || cell == "deleted";
  EXPECT_EQ(standing_of(after), is_still ? before : cell) << what;
  EXPECT_TRUE(!is_still || s.done.size() == actions_before) << what << " does something";
  const std::string expected = cell == "refused" ? "False" : cell == "waits" ? "Unknown" : "none";
  EXPECT_EQ(said == nullptr ? "none" : said->status, expected)
      << what << ": " << (said == nullptr ? "" : said->message);
}

TEST(StateTable, IsWhatHappens) {
  const auto [header, rows] = table();
  ASSERT_GE(header.size(), 3U);
  std::size_t played = 0;
  for (const Cells& row : rows) {
    ASSERT_EQ(row.size(), header.size()) << row.at(0);
    for (std::size_t column = 2; column < row.size(); ++column) {
      const std::string what = row[0] + " + " + header[column];
      ASSERT_TRUE(ways().contains(row[0])) << what;
      ASSERT_TRUE(commands().contains(header[column])) << what;
      Scenario s = ways().at(row[0])();
      ASSERT_EQ(standing_of(s.workflow.status), row[0]) << what;
      const std::size_t actions = s.done.size();
      ++s.workflow.meta.generation;
      commands().at(header[column])(s);
      s.pass(at(60));
      expect_cell(s, row[column], row[0], actions, what);
      ++played;
    }
  }
  EXPECT_EQ(played, ways().size() * commands().size())
      << "every state and every command has a cell";
}

}  // namespace
}  // namespace bootstrap::testing
