#include "operator/lookups.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/operator/small_cluster.h"

namespace bootstrap {
namespace {

using nlohmann::json;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::refusal;

// "%2F" → "/", so that selectors can be read.
std::string decoded(const std::string& target) {
  std::string text;
  for (std::size_t i = 0; i < target.size(); ++i) {
    if (target[i] != '%') {
      text += target[i];
    } else {
      text += static_cast<char>(std::stoi(target.substr(i + 1, 2), nullptr, 16));
      i += 2;
    }
  }
  return text;
}

json object(const std::string& name) {
  return {{"metadata", {{"name", name}, {"uid", "uid-of-" + name}, {"resourceVersion", "5"}}}};
}

json page(const std::vector<std::string>& names, const std::string& continue_token = "") {
  json all{{"metadata", {{"resourceVersion", "9"}, {"continue", continue_token}}},
           {"items", json::array()}};
  for (const std::string& name : names) all["items"].push_back(object(name));
  return all;
}

class LookupsTest : public ::testing::Test {
 protected:
  LookupsTest() {
    workflow_.ns = "ns";
    workflow_.name = "w";
    workflow_.uid = "uid-w";
  }
  void will_answer(const json& body) {
    transport_.will_answer({.status = 200, .body = body.dump()});
  }
  template <class Q>
  Found<typename Q::Answer> ask(const Q& question) {
    return std::get<Found<typename Q::Answer>>(
        Lookups(client_, discovery_, workflow_).answer(Question(question)));
  }
  std::vector<std::string> asked() const {
    std::vector<std::string> all;
    for (const auto& seen : transport_.seen()) all.push_back(decoded(seen.request.target));
    return all;
  }

  fakes::FakeTransport transport_;
  kube::Client client_{transport_, nullptr, {}};
  fakes::ManualClock clock_;
  Discovery discovery_{client_, clock_};
  ObjectMeta workflow_;
};

TEST_F(LookupsTest, AJobIsReadByName) {
  json job = object("j");
  job["spec"]["suspend"] = true;
  will_answer(job);
  const auto found = ask(LiveJob{"j"});
  ASSERT_TRUE(found && *found);
  EXPECT_EQ((*found)->meta.uid, "uid-of-j");
  EXPECT_TRUE((*found)->suspended);
  EXPECT_THAT(asked(), ElementsAre("/apis/batch/v1/namespaces/ns/jobs/j"));
}

TEST_F(LookupsTest, AServiceAccountIsReadByName) {
  json account = object("robot");
  account["metadata"]["labels"][labels::kAllowWorkflows] = "true";
  will_answer(account);
  const auto found = ask(ServiceAccountOf{"robot"});
  ASSERT_TRUE(found && *found);
  EXPECT_EQ((*found)->meta.labels.at(labels::kAllowWorkflows), "true");
  EXPECT_THAT(asked(), ElementsAre("/api/v1/namespaces/ns/serviceaccounts/robot"));
}

TEST_F(LookupsTest, AClaimIsReadByName) {
  json claim = object("shared");
  claim["metadata"]["deletionTimestamp"] = "2026-01-02T15:04:05Z";
  will_answer(claim);
  const auto found = ask(ClaimOf{"shared"});
  ASSERT_TRUE(found && *found);
  EXPECT_TRUE((*found)->meta.deletion);
  EXPECT_THAT(asked(), ElementsAre("/api/v1/namespaces/ns/persistentvolumeclaims/shared"));
}

TEST_F(LookupsTest, ALockIsReadByItsLeaseAndItsPodsByTheirLabel) {
  json lease = object(lease_name("l"));
  lease["spec"]["holderIdentity"] = "first";
  will_answer(lease);
  const auto found = ask(LockNow{"l"});
  ASSERT_TRUE(found && *found);
  EXPECT_EQ((*found)->holder, "first");
  will_answer(page({"p"}));
  EXPECT_EQ(ask(PodsUnderLock{"l"})->size(), 1U);
  EXPECT_THAT(asked(),
              ElementsAre("/apis/coordination.k8s.io/v1/namespaces/ns/leases/" + lease_name("l"),
                          HasSubstr("/api/v1/namespaces/ns/pods?limit=500&labelSelector=" +
                                    label_of_lock("l"))));
}

TEST_F(LookupsTest, OfStoredPlansThoseAreFoundThatAreOurs) {
  json plans = page({"p1", "p2"});
  plans["items"][0]["metadata"]["ownerReferences"] =
      json::array({{{"controller", true}, {"uid", "uid-w"}}});
  plans["items"][0]["revision"] = 3;
  will_answer(plans);
  const auto found = ask(StoredPlans{});
  ASSERT_TRUE(found);
  ASSERT_EQ(found->size(), 1U);
  EXPECT_EQ(found->at(0).meta.uid, "uid-of-p1");
  EXPECT_EQ(found->at(0).run, 3);
  EXPECT_THAT(asked(), ElementsAre(HasSubstr("/controllerrevisions?limit=500&labelSelector=" +
                                             std::string(labels::kWorkflowUid) + "=uid-w")));
}

TEST_F(LookupsTest, ATemplateAndAChildAreReadByName) {
  json one = object("t");
  one["spec"] = {{"phases", json::array()}};
  will_answer(one);
  const auto found = ask(TemplateOf{"t"});
  ASSERT_TRUE(found && *found);
  EXPECT_EQ((*found)->spec, R"({"phases":[]})");
  json child = object("c");
  child["status"] = {{"state", "Failed"}, {"uid", "uid-of-c"}};
  will_answer(child);
  const auto live = ask(LiveChild{"c"});
  ASSERT_TRUE(live && *live);
  EXPECT_EQ((*live)->status.state, WorkflowState::Failed);
  will_answer(page({"pod"}));
  EXPECT_EQ(ask(PodsOfWorkflow{"u"})->size(), 1U);
  const std::string ours = "/apis/bootstrap.openshift.io/v1alpha1/namespaces/ns/";
  EXPECT_THAT(asked(),
              ElementsAre(ours + "bootstrapworkflowtemplates/t", ours + "bootstrapworkflows/c",
                          ::testing::HasSubstr("labelSelector=within.bootstrap.openshift.io/u")));
}

TEST_F(LookupsTest, WhatDoesNotExistIsAnAnswer) {
  for (int i = 0; i < 4; ++i) transport_.will_answer(refusal(404, "NotFound", "no"));
  const auto job = ask(LiveJob{"j"});
  EXPECT_TRUE(job && !*job);
  const auto account = ask(ServiceAccountOf{"robot"});
  EXPECT_TRUE(account && !*account);
  const auto plan = ask(StoredPlan{"p"});
  EXPECT_TRUE(plan && !*plan);
  const auto claim = ask(ClaimOf{"c"});
  EXPECT_TRUE(claim && !*claim);
}

TEST_F(LookupsTest, Rule7PodsOfAStepAreAskedForByTheWorkflowsUidPhaseAndStep) {
  will_answer(page({"p1", "p2"}));
  const auto found = ask(LivePods{{"one", "a"}});
  ASSERT_TRUE(found);
  EXPECT_EQ(found->size(), 2U);
  EXPECT_THAT(asked(), ElementsAre("/api/v1/namespaces/ns/pods?limit=500&labelSelector="
                                   "bootstrap.openshift.io/workflow-uid=uid-w,"
                                   "bootstrap.openshift.io/phase=one,"
                                   "bootstrap.openshift.io/step=a"))
      << "no resourceVersion: what is stored now";
}

TEST_F(LookupsTest, FormerPodsAreThoseOfTheNameButNotOfTheUid) {
  will_answer(page({}));
  const auto found = ask(FormerPods{});
  ASSERT_TRUE(found);
  EXPECT_TRUE(found->empty());
  EXPECT_THAT(asked(), ElementsAre("/api/v1/namespaces/ns/pods?limit=500&labelSelector="
                                   "bootstrap.openshift.io/root=w,"
                                   "bootstrap.openshift.io/root-uid!=uid-w"))
      << "those of the workflows it ran as well";
}

TEST_F(LookupsTest, EventsAreAskedForByTheObjectsUid) {
  json events = page({"e"});
  events["items"][0]["type"] = "Warning";
  events["items"][0]["reason"] = "FailedCreate";
  events["items"][0]["lastTimestamp"] = "2026-01-02T15:04:05Z";
  will_answer(events);
  const auto found = ask(EventsAbout{"u"});
  ASSERT_TRUE(found);
  ASSERT_EQ(found->size(), 1U);
  EXPECT_EQ((*found)[0].reason, "FailedCreate");
  EXPECT_TRUE((*found)[0].time);
  EXPECT_THAT(asked(), ElementsAre("/api/v1/namespaces/ns/events?limit=500&fieldSelector="
                                   "involvedObject.uid=u"));
}

TEST_F(LookupsTest, AListGoesOnToItsLastPage) {
  will_answer(page({"p1"}, "more"));
  will_answer(page({"p2"}, "still more"));
  will_answer(page({"p3"}));
  const auto found = ask(LivePods{{"one", "a"}});
  ASSERT_TRUE(found);
  EXPECT_EQ(found->size(), 3U);
  ASSERT_EQ(asked().size(), 3U);
  EXPECT_THAT(asked()[1], HasSubstr("&continue=more&labelSelector="));
  EXPECT_THAT(asked()[2], HasSubstr("&continue=still more&"));
}

TEST_F(LookupsTest, Rule7HalfAListIsNoAnswer) {
  will_answer(page({"p1"}, "more"));
  transport_.will_answer(refusal(410, "Expired", "the continue token is too old"));
  EXPECT_FALSE(ask(LivePods{{"one", "a"}}));
}

TEST_F(LookupsTest, AnErrorIsAnAnswerOfItsOwnAndNeverAbsence) {
  const auto fail = [this] { transport_.will_answer(refusal(503, "Unavailable", "etcd is down")); };
  for (int i = 0; i < 6; ++i) fail();
  const auto job = ask(LiveJob{"j"});
  ASSERT_FALSE(job);
  EXPECT_THAT(job.error().why, HasSubstr("etcd is down"));
  EXPECT_FALSE(ask(LivePods{{"one", "a"}}));
  EXPECT_FALSE(ask(FormerPods{}));
  EXPECT_FALSE(ask(ServiceAccountOf{"robot"}));
  EXPECT_FALSE(ask(EventsAbout{"u"}));
  EXPECT_FALSE(ask(StoredPlan{"p"}));
}

TEST_F(LookupsTest, AnAnswerThatIsNoJsonIsAnError) {
  for (int i = 0; i < 2; ++i) transport_.will_answer({.status = 200, .body = "<html>"});
  EXPECT_FALSE(ask(LiveJob{"j"}));
  EXPECT_FALSE(ask(LivePods{{"one", "a"}}));
}

TEST_F(LookupsTest, AStoredPlanCountsOnlyWhenItIsOurs) {
  PlanRecord record;
  record.run = 1;
  record.start = TimePoint(Duration(1'767'312'000'000));
  record.definition = testing::two_steps();
  record.parameters = {{"region", "eu"}};
  will_answer(to_revision(workflow_, record));
  const auto ours = ask(StoredPlan{"p"});
  ASSERT_TRUE(ours && *ours);
  EXPECT_EQ((*ours)->start, record.start);
  EXPECT_EQ((*ours)->parameters, record.parameters);
  EXPECT_EQ((*ours)->definition, record.definition);

  ObjectMeta other = workflow_;
  other.uid = "uid-of-another";
  will_answer(to_revision(other, record));
  const auto foreign = ask(StoredPlan{"p"});
  EXPECT_TRUE(foreign && !*foreign);

  json broken = to_revision(workflow_, record);
  broken["data"]["startTime"] = "yesterday";
  will_answer(broken);
  const auto unreadable = ask(StoredPlan{"p"});
  ASSERT_FALSE(unreadable) << "there, but not readable: not the same as absent";
  EXPECT_TRUE(unreadable.error().for_good);
}

// --- a resource in this moment ---

const ResourceQuery kWidget{{"example.com/v1", "Widget", "x", {}, ResourceRef::Match::All},
                            ConditionTest{"Ready"}};

json kinds(const char* plural) {
  return {{"resources",
           {{{"name", plural},
             {"kind", "Widget"},
             {"namespaced", true},
             {"verbs", {"list", "watch"}}}}}};
}

TEST_F(LookupsTest, AResourceIsListedAsItIsNow) {
  will_answer(kinds("widgets"));
  json list = page({"x"});
  list["items"][0]["status"]["conditions"] = {{{"type", "Ready"}, {"status", "True"}}};
  will_answer(list);
  const auto found = ask(ResourceNow{kWidget});
  ASSERT_TRUE(found);
  EXPECT_TRUE(found->holds);
  EXPECT_THAT(asked(), ElementsAre("/apis/example.com/v1",
                                   "/apis/example.com/v1/namespaces/ns/widgets?limit=500"
                                   "&fieldSelector=metadata.name=x"))
      << "no resourceVersion: what is stored now";
  will_answer(page({}));
  EXPECT_FALSE(ask(ResourceNow{kWidget})->holds);
}

TEST_F(LookupsTest, OfAKindThatIsGoneThereIsNoObject) {
  transport_.will_answer(refusal(404, "NotFound", "no such group"));
  const auto found = ask(ResourceNow{kWidget});
  ASSERT_TRUE(found);
  EXPECT_EQ(found->reading, ResourceFinding::Reading::NoSuchKind);
}

TEST_F(LookupsTest, AKindThatIsAnotherResourceByNowIsAskedForAgain) {
  will_answer(kinds("widgets"));
  transport_.will_answer(refusal(404, "NotFound", "the server could not find it"));
  will_answer(kinds("widgetries"));
  will_answer(page({"x"}));
  const auto found = ask(ResourceNow{kWidget});
  ASSERT_TRUE(found);
  EXPECT_EQ(found->objects, 1U);
}

TEST_F(LookupsTest, WhatMayNotBeListedIsAFindingAndWhatIsNotAnsweredIsNot) {
  will_answer(kinds("widgets"));
  transport_.will_answer(refusal(403, "Forbidden", "no"));
  const auto forbidden = ask(ResourceNow{kWidget});
  ASSERT_TRUE(forbidden);
  EXPECT_EQ(forbidden->reading, ResourceFinding::Reading::Forbidden);
  EXPECT_EQ(forbidden->permission, "widgets.example.com");
  transport_.will_answer(refusal(503, "Unavailable", "etcd is down"));
  const auto unknown = ask(ResourceNow{kWidget});
  ASSERT_FALSE(unknown);
  EXPECT_THAT(unknown.error().why, HasSubstr("etcd is down"));
}

}  // namespace
}  // namespace bootstrap
