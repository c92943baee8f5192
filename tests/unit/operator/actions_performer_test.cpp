#include "operator/actions_performer.h"

#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "controllers/attempt.h"
#include "controllers/definition.h"
#include "tests/unit/operator/small_cluster.h"

namespace bootstrap {
namespace {

using nlohmann::json;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using testing::refusal;
using Kind = kube::ApiError::Kind;

// --- what an error means ---

struct ErrorRow {
  Kind kind;
  int code;
  const char* message;
  const char* means;  // "refused", "for good", "not known"
};

TEST(OutcomeOf, TellsWhatMayPassFromWhatMayNotAndFromWhatIsNotKnown) {
  for (const ErrorRow& row :
       {ErrorRow{Kind::Forbidden, 403, "exceeded quota: q", "refused"},
        {Kind::Forbidden, 403, "admission webhook \"x\" denied the request", "refused"},
        {Kind::NotFound, 404, "namespaces \"ns\" not found", "refused"},
        {Kind::Conflict, 409, "the object has been modified", "refused"},
        {Kind::Expired, 410, "gone", "refused"},
        {Kind::Invalid, 422, "ValidatingAdmissionPolicy 'p' denied request: no", "refused"},
        {Kind::Invalid, 400, "admission webhook \"x\" denied the request: no", "refused"},
        {Kind::Invalid, 422, "spec.template.spec.containers[0].image: Required", "for good"},
        {Kind::Invalid, 400, "unknown field", "for good"},
        {Kind::Unavailable, 500, "failed calling webhook \"x\"", "refused"},
        {Kind::Unavailable, 500, "", "not known"},
        {Kind::Unavailable, 503, "etcd is down", "not known"},
        {Kind::Unavailable, 504, "timeout", "not known"},
        {Kind::Unauthorized, 401, "Unauthorized", "not known"},
        {Kind::TooManyRequests, 429, "slow down", "not known"},
        {Kind::NoAnswer, 0, "connection reset", "not known"},
        {Kind::Cancelled, 0, "stopped", "not known"}}) {
    kube::ApiError error;
    error.kind = row.kind;
    error.code = row.code;
    error.message = row.message;
    const Outcome outcome = outcome_of(error);
    const auto* refused = std::get_if<Refused>(&outcome);
    const std::string means = refused == nullptr  ? "not known"
                              : refused->may_pass ? "refused"
                                                  : "for good";
    EXPECT_EQ(means, row.means) << row.code << " " << row.message;
    EXPECT_EQ(std::holds_alternative<NotKnown>(outcome), refused == nullptr);
    if (refused != nullptr) {
      EXPECT_EQ(refused->message, row.message);
    }
  }
}

// --- actions ---

class PerformerTest : public ::testing::Test {
 protected:
  PerformerTest() {
    workflow_.ns = "ns";
    workflow_.name = "w";
    workflow_.uid = "uid-w";
    record_.start = TimePoint(Duration(1'767'312'000'000));
    record_.definition = testing::two_steps();
    plan_ = std::make_shared<const Plan>(*compile(workflow_, record_));
  }

  Outcome perform(const Action& action) {
    const ActionsPerformer performer(
        client_, workflow_, plan_.get(), {},
        {.wrote_job = [this](std::uint64_t version) { wrote_.push_back(version); },
         .plan_stored = [this](const PlanRecord& record) { stored_.push_back(record); }});
    return performer.perform(action);
  }
  CreateJob create(const std::string& step = "a", int attempt = 1) const {
    return {job_name("w", workflow_.uid, {"one", step}, attempt), {"one", step}, attempt};
  }
  // An object as the server answers it.
  void will_answer(int status, const std::string& owner) {
    transport_.will_answer(
        {.status = status,
         .body =
             json{{"metadata",
                   {{"name", "x"},
                    {"uid", "job-uid"},
                    {"resourceVersion", "41"},
                    {"labels",
                     {{labels::kPhase, "p"},
                      {labels::kStep, "s"},
                      {labels::kAttempt, "1"},
                      {labels::kRun, "7"}}},
                    {"ownerReferences", json::array({{{"controller", true}, {"uid", owner}}})}}}}
                 .dump()});
  }
  void will_refuse(int code, const std::string& reason, const std::string& message) {
    transport_.will_answer(refusal(code, reason, message));
  }
  json sent(std::size_t index = 0) const {
    return json::parse(transport_.seen().at(index).request.body);
  }

  fakes::FakeTransport transport_;
  kube::Client client_{transport_, nullptr, {}};
  ObjectMeta workflow_;
  PlanRecord record_;
  std::shared_ptr<const Plan> plan_;
  std::vector<std::uint64_t> wrote_;
  std::vector<PlanRecord> stored_;
};

TEST_F(PerformerTest, CreatesAJobAndSaysItsUidAndVersion) {
  will_answer(201, "uid-w");
  const Outcome outcome = perform(create());
  ASSERT_TRUE(std::holds_alternative<Done>(outcome));
  EXPECT_EQ(std::get<Done>(outcome).uid, "job-uid");
  EXPECT_THAT(wrote_, ElementsAre(41));
  EXPECT_EQ(transport_.seen()[0].request.target, "/apis/batch/v1/namespaces/ns/jobs");
  EXPECT_EQ(sent()["metadata"]["name"], create().name);
  const json owner = sent()["metadata"]["ownerReferences"][0];
  EXPECT_EQ(owner["uid"], "uid-w");
  EXPECT_EQ(owner["controller"], true);
}

TEST_F(PerformerTest, MakesAChildOrMeetsItsOwn) {
  const CreateChild child{"w-s-x", {"p", "s"}, 1, 1, "t", {}, {""}};
  will_answer(201, "uid-w");
  const Outcome made = perform(child);
  EXPECT_EQ(std::get<Done>(made).uid, "job-uid");
  EXPECT_EQ(transport_.seen()[0].request.target,
            "/apis/bootstrap.openshift.io/v1alpha1/namespaces/ns/bootstrapworkflows");
  EXPECT_EQ(sent()["metadata"]["ownerReferences"][0]["uid"], "uid-w");
  for (const bool ours : {true, false}) {
    will_refuse(409, "AlreadyExists", "already exists");
    will_answer(200, ours ? "uid-w" : "uid-of-another");
    const Outcome met = perform(child);
    EXPECT_EQ(std::holds_alternative<Done>(met), ours);
    EXPECT_EQ(std::holds_alternative<NameTaken>(met), !ours);
  }
}

TEST_F(PerformerTest, SteersTheLiveFieldsOfAChildAndNothingElse) {
  SteerChild action{"c", "uid-c", false, {"Cancelled", 2}};
  will_answer(200, "uid-w");
  EXPECT_TRUE(std::holds_alternative<Done>(perform(action)));
  EXPECT_EQ(sent(), json::parse(R"({"metadata": {"uid": "uid-c", "annotations": {
      "bootstrap.openshift.io/stop-reason": "Cancelled",
      "bootstrap.openshift.io/stop-run": "2"}},
      "spec": {"suspend": null, "cancel": true}})"));
  action = {"c", "uid-c", false, {}, ChildResume{3, "t", {{"x", "1"}}}};
  will_answer(200, "uid-w");
  EXPECT_TRUE(std::holds_alternative<Done>(perform(action)));
  EXPECT_EQ(json::parse(transport_.seen().back().request.body),
            json::parse(R"({"metadata": {"uid": "uid-c", "annotations": {
      "bootstrap.openshift.io/stop-reason": null,
      "bootstrap.openshift.io/stop-run": null}}, "spec": {
      "suspend": null, "cancel": null, "resume": {"run": 3}, "templateRef": {"name": "t"},
      "parameters": [{"name": "x", "value": "1"}]}})"));
  will_refuse(404, "NotFound", "it is not there");
  EXPECT_TRUE(std::holds_alternative<Done>(perform(action)));
  for (const auto& [code, reason] : {std::pair(409, "Conflict"), {403, "Forbidden"}}) {
    will_refuse(code, reason, "no");
    EXPECT_TRUE(std::holds_alternative<Refused>(perform(action))) << "not steered: " << reason;
  }
}

TEST_F(PerformerTest, MakesTheClaimOfTheWorkspaceOrMeetsItsOwn) {
  const CreateClaim claim{claim_name("w", workflow_.uid), {"", "1Gi", "ReadWriteOnce", {}}};
  will_answer(201, "uid-w");
  EXPECT_TRUE(std::holds_alternative<Done>(perform(claim)));
  EXPECT_EQ(transport_.seen()[0].request.target, "/api/v1/namespaces/ns/persistentvolumeclaims");
  EXPECT_EQ(sent()["metadata"]["name"], claim.name);
  EXPECT_EQ(sent()["metadata"]["ownerReferences"][0]["uid"], "uid-w");
  for (const bool ours : {true, false}) {
    will_refuse(409, "AlreadyExists", "already exists");
    will_answer(200, ours ? "uid-w" : "uid-of-another");
    const Outcome outcome = perform(claim);
    EXPECT_EQ(std::holds_alternative<Done>(outcome), ours);
    EXPECT_EQ(std::holds_alternative<NameTaken>(outcome), !ours);
  }
  will_refuse(409, "AlreadyExists", "already exists");
  will_refuse(404, "NotFound", "gone meanwhile");
  EXPECT_TRUE(std::holds_alternative<NotKnown>(perform(claim)));
  will_refuse(403, "Forbidden", "exceeded quota");
  EXPECT_TRUE(std::get<Refused>(perform(claim)).may_pass);
  EXPECT_THAT(wrote_, ElementsAre()) << "no store watches claims";
}

TEST_F(PerformerTest, AJobThatExistsAlreadyIsOursByItsControllersUidOnly) {
  struct {
    const char* owner;
    bool ours;
  } const rows[] = {{"uid-w", true}, {"uid-of-another", false}, {"", false}};
  for (const auto& row : rows) {
    wrote_.clear();
    will_refuse(409, "AlreadyExists", "jobs \"x\" already exists");
    will_answer(200, row.owner);
    const Outcome outcome = perform(create());
    EXPECT_EQ(std::holds_alternative<Done>(outcome), row.ours) << row.owner;
    EXPECT_EQ(std::holds_alternative<NameTaken>(outcome), !row.ours) << row.owner;
    if (row.ours) {
      EXPECT_EQ(std::get<Done>(outcome).run, 7) << "which has made it";
    }
    EXPECT_EQ(wrote_.size(), row.ours ? 1U : 0U) << row.owner;
  }
}

TEST_F(PerformerTest, WhoseAJobIsStaysNotKnownWhenItCannotBeRead) {
  will_refuse(409, "AlreadyExists", "jobs \"x\" already exists");
  will_refuse(404, "NotFound", "gone meanwhile");
  EXPECT_TRUE(std::holds_alternative<NotKnown>(perform(create())));
  EXPECT_THAT(wrote_, IsEmpty());
}

TEST_F(PerformerTest, ALostAnswerIsNotKnownAndNotRepeated) {
  transport_.will_fail({kube::TransportError::Kind::Broken, "connection reset", true});
  const Outcome outcome = perform(create());
  ASSERT_TRUE(std::holds_alternative<NotKnown>(outcome));
  EXPECT_THAT(std::get<NotKnown>(outcome).why, HasSubstr("connection reset"));
  EXPECT_EQ(transport_.seen().size(), 1U);
}

TEST_F(PerformerTest, TakesALockOrSaysWhoHasIt) {
  const CreateLock lock{lease_name("l"), "l", 3, TimePoint{}};
  will_answer(201, "uid-w");
  EXPECT_TRUE(std::holds_alternative<Done>(perform(lock)));
  EXPECT_EQ(transport_.seen()[0].request.target,
            "/apis/coordination.k8s.io/v1/namespaces/ns/leases");
  EXPECT_EQ(sent()["metadata"]["name"], lease_name("l"));
  const auto meets = [&](const char* owner, const char* run) {
    will_refuse(409, "AlreadyExists", "exists");
    const json owners = json::array({{{"controller", true}, {"uid", owner}}});
    const json meta{{"uid", "u"}, {"labels", {{labels::kRun, run}}}, {"ownerReferences", owners}};
    const json lease{{"metadata", meta}, {"spec", {{"holderIdentity", "other"}}}};
    transport_.will_answer({.status = 200, .body = lease.dump()});
    return perform(lock);
  };
  EXPECT_TRUE(std::holds_alternative<Done>(meets("uid-w", "3")));
  EXPECT_TRUE(std::holds_alternative<NotKnown>(meets("uid-w", "2"))) << "of a late request";
  const Outcome taken = meets("somebody", "3");
  ASSERT_TRUE(std::holds_alternative<NameTaken>(taken));
  EXPECT_EQ(std::get<NameTaken>(taken).owner, "other");
  will_refuse(409, "AlreadyExists", "exists");
  will_refuse(404, "NotFound", "gone meanwhile");
  EXPECT_TRUE(std::holds_alternative<NotKnown>(perform(lock)));
}

TEST_F(PerformerTest, MarksOnlyTheLeaseThatItKnows) {
  will_answer(200, "uid-w");
  EXPECT_TRUE(std::holds_alternative<Done>(perform(MarkLock{"x", "u", 3})));
  const auto request = transport_.seen().back().request;
  EXPECT_EQ(request.method, kube::Method::Patch);
  EXPECT_EQ(request.target, "/apis/coordination.k8s.io/v1/namespaces/ns/leases/x");
  EXPECT_EQ(sent(), json::parse(R"({"metadata": {"uid": "u", "labels":
                                    {"bootstrap.openshift.io/begun": "true",
                                     "bootstrap.openshift.io/run": "3"}}})"));
  for (const char* reason : {"NotFound", "Conflict"}) {
    will_refuse(reason == std::string("NotFound") ? 404 : 409, reason, "somebody was faster");
    EXPECT_TRUE(std::holds_alternative<Refused>(perform(MarkLock{"x", "u", 3})));
  }
}

TEST_F(PerformerTest, DeletesOnlyTheObjectThatItKnows) {
  const std::pair<Made, const char*> kinds[] = {
      {Made::Job, "/apis/batch/v1/namespaces/ns/jobs/x"},
      {Made::Plan, "/apis/apps/v1/namespaces/ns/controllerrevisions/x"},
      {Made::Lock, "/apis/coordination.k8s.io/v1/namespaces/ns/leases/x"}};
  for (const auto& [what, target] : kinds) {
    will_answer(200, "uid-w");
    EXPECT_TRUE(std::holds_alternative<Done>(perform(Delete{what, "x", "u"})));
    const auto request = transport_.seen().back().request;
    EXPECT_EQ(request.method, kube::Method::Delete);
    EXPECT_EQ(request.target, target);
    EXPECT_EQ(json::parse(request.body)["preconditions"]["uid"], "u");
    EXPECT_EQ(json::parse(request.body)["propagationPolicy"], "Background") << "its pods go too";
    EXPECT_FALSE(json::parse(request.body)["preconditions"].contains("resourceVersion"));
  }
  will_answer(200, "uid-w");
  perform(Delete{Made::Lock, "x", "u", 7});
  EXPECT_EQ(json::parse(transport_.seen().back().request.body)["preconditions"]["resourceVersion"],
            "7");
  will_refuse(404, "NotFound", "gone");
  EXPECT_TRUE(std::holds_alternative<Done>(perform(Delete{Made::Lock, "x", "u"})));
  for (const auto& [code, reason] : {std::pair(403, "Forbidden"), {409, "Conflict"}}) {
    will_refuse(code, reason, "no");
    EXPECT_TRUE(std::holds_alternative<Refused>(perform(Delete{Made::Lock, "x", "u"})));
  }
}

TEST_F(PerformerTest, StopsAJobOnlyUnderItsUidAndSaysWhyOnIt) {
  will_answer(200, "uid-w");
  const Outcome outcome = perform(SuspendJob{"job", "job-uid", {"NotStarted", 3}});
  EXPECT_TRUE(std::holds_alternative<Done>(outcome));
  EXPECT_EQ(sent(), json::parse(R"({"metadata": {"uid": "job-uid", "annotations":
      {"bootstrap.openshift.io/stop-reason": "NotStarted",
       "bootstrap.openshift.io/stop-run": "3"}}, "spec": {"suspend": true}})"));
  EXPECT_EQ(transport_.seen()[0].request.target, "/apis/batch/v1/namespaces/ns/jobs/job");
  EXPECT_THAT(wrote_, ElementsAre(41));
}

TEST_F(PerformerTest, AJobThatIsGoneNeedsNoStop) {
  will_refuse(404, "NotFound", "gone");
  EXPECT_TRUE(std::holds_alternative<Done>(perform(SuspendJob{"job", "job-uid", {"x", 1}})));
}

TEST_F(PerformerTest, AStopThatFailsIsSaid) {
  will_refuse(409, "Conflict", "another UID");
  EXPECT_TRUE(std::holds_alternative<Refused>(perform(SuspendJob{"job", "job-uid", {"x", 1}})));
  will_refuse(503, "ServiceUnavailable", "later");
  EXPECT_TRUE(std::holds_alternative<NotKnown>(perform(SuspendJob{"job", "job-uid", {"x", 1}})));
  EXPECT_THAT(wrote_, IsEmpty());
}

TEST_F(PerformerTest, StoresAPlan) {
  will_answer(201, "uid-w");
  const CreatePlan action{plan_name("w", "uid-w", 1), record_};
  EXPECT_TRUE(std::holds_alternative<Done>(perform(action)));
  ASSERT_EQ(stored_.size(), 1U);
  EXPECT_EQ(stored_[0].definition, record_.definition);
  EXPECT_EQ(sent()["metadata"]["name"], action.name);
  EXPECT_EQ(sent()["metadata"]["ownerReferences"][0]["uid"], "uid-w");
}

TEST_F(PerformerTest, AnOlderPlanOfTheRunCounts) {
  PlanRecord older = record_;
  older.start = TimePoint(Duration(1'000));
  will_refuse(409, "AlreadyExists", "exists");
  transport_.will_answer({.status = 200, .body = to_revision(workflow_, older).dump()});
  EXPECT_TRUE(std::holds_alternative<Done>(perform(CreatePlan{"p", record_})));
  ASSERT_EQ(stored_.size(), 1U);
  EXPECT_EQ(stored_[0].start, older.start);
}

TEST_F(PerformerTest, APlanThatIsNotOursOrCannotBeReadIsNotTaken) {
  ObjectMeta other = workflow_;
  other.uid = "uid-of-another";
  json broken = to_revision(workflow_, record_);
  broken.erase("data");
  struct {
    std::string body;
    bool taken;
  } const rows[] = {{to_revision(other, record_).dump(), true},
                    {R"({"metadata": {}})", true},
                    {"<html>", true},
                    {broken.dump(), false}};
  for (const auto& row : rows) {
    will_refuse(409, "AlreadyExists", "exists");
    transport_.will_answer({.status = 200, .body = row.body});
    const Outcome outcome = perform(CreatePlan{"p", record_});
    EXPECT_EQ(std::holds_alternative<NameTaken>(outcome), row.taken) << row.body;
    const auto* refused = std::get_if<Refused>(&outcome);
    EXPECT_EQ(refused != nullptr && refused->reason == reasons::kPlanUnreadable, !row.taken)
        << row.body;
  }
  EXPECT_THAT(stored_, IsEmpty());
}

// --- rule 1: names ---

TEST(Rule1Names, EveryAttemptOfEveryStepOfEveryWorkflowHasItsOwnName) {
  std::set<std::string> names;
  int count = 0;
  for (const char* uid : {"uid-1", "uid-2"})
    for (const char* phase : {"one", "two"})
      for (const char* step : {"a", "b"})
        for (const int attempt : {1, 2, 11}) {
          const std::string name = job_name("w", uid, {phase, step}, attempt);
          EXPECT_LE(name.size(), 63U);
          EXPECT_EQ(name, job_name("w", uid, {phase, step}, attempt)) << "always the same";
          names.insert(name);
          ++count;
        }
  EXPECT_EQ(names.size(), static_cast<std::size_t>(count));
}

// --- rules 4 and 6: the Job as it is sent ---

class JobSent : public PerformerTest {
 protected:
  json spec() {
    will_answer(201, "uid-w");
    perform(create());
    return sent()["spec"];
  }
};
using Rule4OnePod = JobSent;
using Rule6Ended = JobSent;

TEST_F(Rule4OnePod, TheJobNeverMakesASecondPod) {
  EXPECT_EQ(spec()["backoffLimit"], 0);
}

TEST_F(Rule4OnePod, ThePodNeverRestartsItsContainers) {
  EXPECT_EQ(spec()["template"]["spec"]["restartPolicy"], "Never");
}

TEST_F(Rule4OnePod, NoPodIsReplacedBeforeItHasEnded) {
  EXPECT_EQ(spec()["podReplacementPolicy"], "Failed");
}

TEST_F(Rule4OnePod, TheJobKeepsTheDisruptionOrTheExitCode) {
  const json rules = spec()["podFailurePolicy"]["rules"];
  ASSERT_EQ(rules.size(), 2U);
  EXPECT_EQ(rules[0], json::parse(R"({"action": "FailJob", "onPodConditions":
      [{"type": "DisruptionTarget", "status": "True"}]})"));
  EXPECT_EQ(rules[1], json::parse(R"({"action": "FailJob", "onExitCodes":
      {"containerName": "main", "operator": "NotIn", "values": [0]}})"));
}

TEST_F(Rule6Ended, TheTimeoutIsThePodsNeverTheJobs) {
  const json job = spec();
  EXPECT_EQ(job["template"]["spec"]["activeDeadlineSeconds"], 7200);
  EXPECT_FALSE(job.contains("activeDeadlineSeconds"));
  EXPECT_FALSE(job.contains("ttlSecondsAfterFinished")) << "no Job goes before its workflow";
}

}  // namespace
}  // namespace bootstrap
