#include "cli/steering_changes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "tests/unit/cli/seen.h"

namespace bootstrap::cli {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;
using testing::seen;

// A status of one phase with one step.
std::string status(const std::string& state, const std::string& step,
                   const std::string& more = "") {
  return R"({"state": ")" + state + R"(", "run": 3, "message": "why")" + more +
         R"(, "phases": [{"name": "p", "state": "Running", "steps": [{"name": "a", "state": ")" +
         step + R"("}]}]})";
}

struct SteeringCase {
  std::string what;
  std::string status;
  std::string spec;
  std::string from;
  std::string patch;    // of the spec; empty: it is refused
  std::string message;  // a part of it
};

void expect(const SteeringCase& c, const Result<Change>& change) {
  SCOPED_TRACE(c.what);
  if (c.patch.empty()) {
    ASSERT_FALSE(change) << change->spec;
    EXPECT_EQ(change.error().exit, Exit::Problems);
    EXPECT_THAT(change.error().message, HasSubstr(c.message));
    return;
  }
  ASSERT_TRUE(change) << change.error().message;
  EXPECT_EQ(change->spec, c.patch == "none" ? json() : json::parse(c.patch));
  EXPECT_THAT(change->message, HasSubstr(c.message));
}

TEST(Resume, LetsGoOnWhateverKeepsItFromThat) {
  const std::string old_plan =
      R"(, "conditions": [{"type": "PlanCurrent", "status": "False", "reason": "R", "message": ""}])";
  for (const SteeringCase& c : std::vector<SteeringCase>{
           {"failed", status("Failed", "Failed"), "{}", "", R"({"resume": {"run": 4}})",
            "goes on as run 4, from p/a"},
           {"failed in finally", status("Failed", "Succeeded"), "{}", "",
            R"({"resume": {"run": 4}})", "goes on as run 4"},
           {"cancelled", status("Cancelled", "Cancelled"), R"({"cancel": true})", "",
            R"({"resume": {"run": 4}, "cancel": null})", "cancel is taken out"},
           {"cancel is taken out already", status("Cancelled", "Cancelled"), "{}", "",
            R"({"resume": {"run": 4}})", "run 4"},
           {"being cancelled", status("Running", "Ending"), R"({"cancel": true})", "p",
            R"({"resume": {"run": 4, "from": "p"}, "cancel": null})", "run 4, from p"},
           {"suspended", status("Suspended", "Pending"), R"({"suspend": true})", "",
            R"({"suspend": null})", "run 3 goes on"},
           {"suspended before it began", "{}", R"({"suspend": true})", "", R"({"suspend": null})",
            "begins"},
           {"about to be suspended", status("Running", "Running"), R"({"suspend": true})", "",
            R"({"suspend": null})", "run 3 goes on"},
           {"suspended, with another definition", status("Suspended", "Pending", old_plan),
            R"({"suspend": true})", "", R"({"suspend": null})", "run 3 goes on"},
           {"suspended after a failure", status("Suspended", "Failed"), R"({"suspend": true})", "",
            R"({"resume": {"run": 4}, "suspend": null})", "it is suspended no more"},
           {"suspended, from", status("Suspended", "Pending"), R"({"suspend": true})", "p/a",
            R"({"resume": {"run": 4, "from": "p/a"}, "suspend": null})", "from p/a"},
           {"failed, and suspended", status("Failed", "Failed"), R"({"suspend": true})", "",
            R"({"resume": {"run": 4}, "suspend": null})", "run 4"},
           {"waits for its next attempt", status("Running", "Backoff"), "{}", "",
            R"({"resume": {"run": 4}})", "from p/a"},
           {"runs an old definition", status("Running", "Running", old_plan), "{}", "",
            R"({"resume": {"run": 4}})", "run 4"},
           {"restored", R"({"state": "Suspended", "reason": "Restored", "run": 3})", "{}", "",
            R"({"resume": {"run": 4}})", "run 4"},
           {"restored without status", R"({"state": "Suspended", "reason": "Restored"})", "{}", "",
            R"({"resume": {"run": 1}})", "run 1"},
           {"succeeded, from", status("Succeeded", "Succeeded"), "{}", "p",
            R"({"resume": {"run": 4, "from": "p"}})", "from p"},
           {"an older request stays behind", status("Failed", "Failed"),
            R"({"resume": {"run": 3, "from": "p"}})", "", R"({"resume": {"run": 4, "from": null}})",
            "run 4"},
           {"asked for already", status("Failed", "Failed"), R"({"resume": {"run": 4}})", "",
            "none", "run 4 was asked for already"},
       })
    expect(c, resume_change(seen(c.status, c.spec), c.from, json()));
}

TEST(Resume, SaysWhenThereIsNothingToResume) {
  const std::string refused =
      R"(, "conditions": [{"type": "ResumeAccepted", "status": "False", "reason": "R", "message": "no such step"}])";
  for (const SteeringCase& c : std::vector<SteeringCase>{
           {"succeeded", status("Succeeded", "Succeeded"), "{}", "", "", "--from PHASE"},
           {"succeeded, and suspended", status("Succeeded", "Succeeded"), R"({"suspend": true})",
            "", "", "is complete"},
           {"running", status("Running", "Running"), "{}", "", "",
            "is Running, and nothing has failed, so there is nothing to resume: why"},
           {"pending", status("Pending", "Pending"), "{}", "", "", "has not begun"},
           {"not seen yet", "{}", "{}", "", "", "the operator has not seen it"},
           {"invalid", R"({"state": "Invalid", "message": "spec.x"})", "{}", "", "",
            "when it is mended: spec.x"},
           {"invalid, from", R"({"state": "Invalid", "message": "spec.x"})", "{}", "p", "",
            "when it is mended: spec.x"},
           {"refused already", status("Failed", "Failed", refused), R"({"resume": {"run": 4}})", "",
            "", "is refused: no such step"},
       })
    expect(c, resume_change(seen(c.status, c.spec), c.from, json()));
}

TEST(Resume, KnowsWhatFailuresAreTolerated) {
  const json definition = json::parse(
      R"({"phases": [{"name": "p", "steps": [{"name": "a", "continueOnFailure": true}]}]})");
  const auto change = [&](const std::string& status, const json& known) {
    return *resume_change(seen(status, R"({"suspend": true})"), "", known);
  };
  const std::string tolerated = status("Suspended", "Failed");
  EXPECT_EQ(change(tolerated, definition).message, "is suspended no more: run 3 goes on");
  EXPECT_THAT(change(tolerated, json()).message, HasSubstr("goes on as run 4, from p/a"));
  std::string ended = tolerated;
  const std::string state = R"("state": "Failed")";
  ended.insert(ended.find(state) + state.size(), R"(, "reason": "PhaseTimedOut")");
  EXPECT_THAT(change(ended, definition).message, HasSubstr("goes on as run 4, from p/a"));
}

TEST(Resume, KnowsThePlacesOfTheDefinition) {
  const SeenWorkflow failed = seen(status("Failed", "Failed"));
  const json definition = json::parse(
      R"({"phases": [{"name": "cluster", "steps": [{"name": "create"}, {"name": "nodes"}]},
                     {"name": "docs", "steps": [{"name": "write"}]}]})");
  EXPECT_TRUE(resume_change(failed, "cluster", definition));
  EXPECT_TRUE(resume_change(failed, "cluster/nodes", definition));
  const auto message = [&](const char* from) {
    return resume_change(failed, from, definition).error().message;
  };
  EXPECT_EQ(message("clster"), "--from clster: there is no such phase; did you mean cluster?");
  EXPECT_EQ(message("validation"),
            "--from validation: there is no such phase; there are cluster, docs");
  EXPECT_EQ(
      message("x/y"),
      "--from x/y: there is no such step; there are cluster/create, cluster/nodes, docs/write");
}

TEST(Suspend, IsRefusedWhereItWouldComeToNothing) {
  for (const SteeringCase& c : std::vector<SteeringCase>{
           {"running", status("Running", "Running"), "{}", "", R"({"suspend": true})",
            "kubectl bootstrap resume w -n ns"},
           {"not seen yet", "{}", "{}", "", R"({"suspend": true})", "is suspended"},
           {"twice", status("Running", "Running"), R"({"suspend": true})", "", "none", "already"},
           {"over", status("Failed", "Failed"), "{}", "", "", "is over (Failed)"},
           {"about to go on", status("Failed", "Failed"), R"({"resume": {"run": 4}})", "",
            R"({"suspend": true})", "is suspended"},
           {"being cancelled", status("Running", "Ending"), R"({"cancel": true})", "", "", "wins"},
       })
    expect(c, suspend_change(seen(c.status, c.spec)));
}

TEST(Cancel, IsRefusedOfWhatIsOver) {
  for (const SteeringCase& c : std::vector<SteeringCase>{
           {"running", status("Running", "Running"), "{}", "", R"({"cancel": true})", "finally"},
           {"twice", status("Running", "Running"), R"({"cancel": true})", "", "none", "already"},
           {"over", status("Succeeded", "Succeeded"), "{}", "", "", "is over (Succeeded)"},
       })
    expect(c, cancel_change(seen(c.status, c.spec)));
}

TEST(Steering, OfAChildIsThatOfItsParent) {
  const SeenWorkflow child = seen(status("Failed", "Failed"), "{}", R"({
    "labels": {"bootstrap.openshift.io/workflow": "parent", "bootstrap.openshift.io/phase": "p",
               "bootstrap.openshift.io/step": "s", "bootstrap.openshift.io/attempt": "1",
               "bootstrap.openshift.io/workflow-uid": "pu"},
    "ownerReferences": [{"controller": true, "uid": "pu"}]})");
  EXPECT_THAT(resume_change(child, "", json()).error().message,
              HasSubstr("step p/s of workflow parent"));
  EXPECT_THAT(suspend_change(child).error().message, HasSubstr("suspend parent -n ns"));
}

TEST(HasEnded, WaitsForWhatWasAskedFor) {
  const auto ended = [](const std::string& status, const std::string& spec = "{}",
                        const std::string& metadata = "{}") {
    return has_ended(seen(status, spec, metadata));
  };
  EXPECT_TRUE(ended(status("Failed", "Failed")));
  EXPECT_FALSE(ended(status("Running", "Running")));
  EXPECT_FALSE(ended("{}"));
  EXPECT_FALSE(ended(status("Failed", "Failed"), R"({"resume": {"run": 4}})"));
  EXPECT_TRUE(ended(status("Failed", "Failed"), R"({"resume": {"run": 3}})"));
  const std::string refused = status(
      "Failed", "Failed",
      R"(, "conditions": [{"type": "ResumeAccepted", "status": "False", "reason": "R", "message": "", "observedGeneration": 1}])");
  EXPECT_TRUE(ended(refused, R"({"resume": {"run": 4}})"));
  EXPECT_FALSE(ended(refused, R"({"resume": {"run": 4}})", R"({"generation": 2})"));
  const std::string unbegun = R"({"state": "Cancelled", "observedGeneration": 1})";
  EXPECT_TRUE(ended(unbegun, R"({"cancel": true, "resume": {"run": 1}})"));
  EXPECT_FALSE(ended(unbegun, R"({"resume": {"run": 1}})")) << "it begins now";
  EXPECT_TRUE(ended(R"({"state": "Invalid", "observedGeneration": 1})"));
  EXPECT_FALSE(
      ended(R"({"state": "Invalid", "observedGeneration": 1})", "{}", R"({"generation": 2})"));
}

}  // namespace
}  // namespace bootstrap::cli
