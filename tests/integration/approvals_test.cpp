// The policy that guards spec.approvals, as it is shipped, on a real API server: who may add,
// change and remove entries, and that it is in nobody's way else.

#include <algorithm>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/integration/approvals_files.h"
#include "tests/integration/played_cluster.h"
#include "tests/integration/waiting.h"

namespace bootstrap::testing {
namespace {

using nlohmann::json;
using namespace std::chrono_literals;
using ::testing::HasSubstr;
using Arguments = std::vector<std::string>;

constexpr const char* kOverlay = SOURCE_DIR "/deploy/overlays/approvals";
constexpr const char* kPolicy = "bootstrap-approvals";

// Who is who. The roles are those that are shipped.
constexpr const char* kAdmin = "";                // of the cluster
constexpr const char* kAuthor = "bob";            // edits workflows
constexpr const char* kApprover = "alice";        // approves
constexpr const char* kSecondApprover = "carol";  // approves
constexpr const char* kFormer = "henry";          // edits workflows, has approved, may not any more
constexpr const char* kElsewhere = "erin";        // edits workflows, approves in another namespace
constexpr const char* kOfOne = "frank";           // edits workflows, approves the one named gated
constexpr const char* kBoth = "gina";             // edits workflows and approves
constexpr const char* kStatusWriter = "olga";     // as the operator, whose requests others count
constexpr const char* kRelease = "system:serviceaccount:ci:release";  // approves
const std::string kOfLongName(253, 'x');                              // approves
constexpr const char* kGitOps = "system:serviceaccount:argocd:application-controller";

json entry(const std::string& by, int run, const std::string& comment = "",
           const std::string& decision = "Approve") {
  json one{{"step", "cluster/confirm"}, {"run", run}, {"decision", decision}, {"by", by}};
  if (!comment.empty()) one["comment"] = comment;
  return one;
}

json workflow(const std::string& name, const json& approvals = {}) {
  const json step{{"name", "confirm"}, {"approve", json::object()}};
  json one{
      {"apiVersion", "bootstrap.openshift.io/v1alpha1"},
      {"kind", "BootstrapWorkflow"},
      {"metadata", {{"name", name}}},
      {"spec", {{"phases", json::array({{{"name", "cluster"}, {"steps", json::array({step})}}})}}}};
  if (!approvals.is_null()) one["spec"]["approvals"] = approvals;
  return one;
}

// What an approver applies of it.
json only_approvals(const std::string& name, const json& approvals) {
  json one = workflow(name, approvals);
  one["spec"].erase("phases");
  return one;
}

json described(json workflow) {
  workflow["spec"]["description"] = "edited";
  return workflow;
}

// What is there before most attempts: three people have approved the first run.
const json kThree =
    json::array({entry(kApprover, 1, "fine"), entry(kSecondApprover, 1), entry(kFormer, 1)});

json role(const std::string& name, const std::string& resource, const Arguments& verbs,
          const Arguments& names = {}) {
  return {{"apiVersion", "rbac.authorization.k8s.io/v1"},
          {"kind", "Role"},
          {"metadata", {{"name", name}}},
          {"rules", json::array({{{"apiGroups", json::array({"bootstrap.openshift.io"})},
                                  {"resources", json::array({resource})},
                                  {"resourceNames", names},
                                  {"verbs", verbs}}})}};
}

// Named as the role is.
json binding(const std::string& kind, const std::string& name, const Arguments& users) {
  json one{{"apiVersion", "rbac.authorization.k8s.io/v1"},
           {"kind", "RoleBinding"},
           {"metadata", {{"name", name}}},
           {"roleRef", {{"apiGroup", "rbac.authorization.k8s.io"}, {"kind", kind}, {"name", name}}},
           {"subjects", json::array()}};
  for (const std::string& user : users)
    one["subjects"].push_back(
        {{"apiGroup", "rbac.authorization.k8s.io"}, {"kind", "User"}, {"name", user}});
  return one;
}

// Ways to write.
struct UserWrite {
  Arguments kubectl{};
  std::string input{};
};
UserWrite merge(const json& patch, const std::string& name = "gated") {
  return {{"patch", "bwf", name, "--type=merge", "-p", patch.dump()}};
}
UserWrite approvals(const json& all, const std::string& name = "gated") {
  return merge({{"spec", {{"approvals", all}}}}, name);
}
UserWrite json_patch(const json& operations) {
  return {{"patch", "bwf", "gated", "--type=json", "-p", operations.dump()}};
}
UserWrite append(const json& one) {
  return json_patch(json::array({{{"op", "add"}, {"path", "/spec/approvals/-"}, {"value", one}}}));
}
UserWrite take_out(const char* path) {
  return json_patch(json::array({{{"op", "remove"}, {"path", path}}}));
}
UserWrite apply(const json& object) {
  return {{"apply", "-f", "-"}, object.dump()};
}
// Not of "gated": there kubectl takes over first what was applied without --server-side.
UserWrite apply_on_server(const std::string& manager, const json& object) {
  return {{"apply", "--server-side", "--field-manager=" + manager, "-f", "-"}, object.dump()};
}
UserWrite replace(const json& object) {
  return {{"replace", "-f", "-"}, object.dump()};
}
UserWrite create(const json& object) {
  return {{"create", "-f", "-"}, object.dump()};
}

struct Attempt {
  const char* what;
  std::string user;
  UserWrite request;
  std::string refused{};  // part of the answer; empty: it is let through
  json approvals{};       // what there is then; null: not looked at
};

class Approvals : public ::testing::Test {
 protected:
  Approvals() : cluster_(install(Cluster::of_test())), ns_(cluster_, "it-approvals") {
    const json objects = json::array({
        binding("ClusterRole", "bootstrapworkflows-edit",
                {kAuthor, kFormer, kElsewhere, kOfOne, kBoth, kGitOps}),
        binding("ClusterRole", "bootstrap-approver",
                {kApprover, kSecondApprover, kBoth, kRelease, kOfLongName}),
        binding("ClusterRole", "bootstrap-approver-for-others", {kGitOps}),
        role("approves-one", "bootstrapworkflows", {"approve"}, {"gated"}),
        binding("Role", "approves-one", {kOfOne}),
        role("writes-status", "bootstrapworkflows/status", {"get", "patch"}),
        binding("Role", "writes-status", {kStatusWriter}),
        workflow("gated"),
        workflow("other"),
    });
    write(kAdmin, apply({{"apiVersion", "v1"}, {"kind", "List"}, {"items", objects}}));
    write(kAdmin, apply_on_server(kAuthor, workflow("on-server")));
    cluster_.kubectl_output({"apply", "-f", kPolicyFile, "-f", kRolesFile});
    // It is in force a moment later, and so are the roles.
    EXPECT_TRUE(eventually(30s, [&] { return guarded() && approvable(); }));
  }
  // As other tests expect it, and the next of these, which must not take the old one for its own.
  void TearDown() override {
    cluster_.kubectl({"delete", "-f", kPolicyFile, "-f", kRolesFile, "--ignore-not-found"});
    EXPECT_TRUE(eventually(30s, [&] { return !guarded(); }));
  }

  Completed send(const std::string& user, const UserWrite& request, const Arguments& more = {}) {
    Arguments command = request.kubectl;
    command.insert(command.end(), {"-n", ns_});
    if (!user.empty()) command.push_back("--as=" + user);
    command.insert(command.end(), more.begin(), more.end());
    return cluster_.kubectl(command, {.input = request.input});
  }
  void write(const std::string& user, const UserWrite& request) {
    const Completed done = send(user, request);
    if (done.code != 0) throw std::runtime_error(done.err);
  }
  // Whether what must be refused is.
  bool guarded() { return approve(kAuthor).err.find(kPolicy) != std::string::npos; }
  // And what must be let through.
  bool approvable() { return approve(kApprover).code == 0; }
  Completed approve(const std::string& user) {
    return send(user, approvals(json::array({entry(user, 1)})), {"--dry-run=server"});
  }

  void approved_by_three() {
    for (const char* name : {"gated", "on-server"}) write(kAdmin, approvals(kThree, name));
  }

  // Each from where things are: the API server does all but store it.
  void expect(const std::vector<Attempt>& attempts) {
    for (const Attempt& attempt : attempts) {
      SCOPED_TRACE(attempt.user + ": " + attempt.what);
      Arguments more{"--dry-run=server"};
      if (!attempt.approvals.is_null()) more.insert(more.end(), {"-o", "json"});
      const Completed done = send(attempt.user, attempt.request, more);
      if (!attempt.refused.empty()) {
        EXPECT_EQ(done.code, 1);
        EXPECT_THAT(done.err, HasSubstr(attempt.refused));
        continue;
      }
      EXPECT_EQ(done.code, 0) << done.err;
      if (done.code != 0 || attempt.approvals.is_null()) continue;
      EXPECT_EQ(json::parse(done.out).at("spec").value("approvals", json::array()),
                attempt.approvals);
    }
  }

  Cluster& cluster_;
  TestNamespace ns_;
};

const std::string kNoVerb =
    "takes the verb approve on bootstrapworkflows in namespace it-approvals-";
std::string not_of(const std::string& owner) {
  return "spec.approvals: the entry of " + owner +
         " for cluster/confirm, run 1, may be changed or removed by " + owner + " only";
}
std::string by_must_be(const std::string& user, const std::string& other) {
  return "spec.approvals: by must be " + user + ", which is your own name, not " + other;
}
json with(json all, const json& one) {
  all.push_back(one);
  return all;
}
json without(json all, int index) {
  all.erase(all.begin() + index);
  return all;
}
json set(json all, int index, const char* field, const json& value) {
  all[static_cast<std::size_t>(index)][field] = value;
  return all;
}
json reversed(json all) {
  std::reverse(all.begin(), all.end());
  return all;
}

TEST_F(Approvals, AuthorsEditEverythingElse) {
  approved_by_three();
  const json whole = cluster_.workflow(ns_, "gated");
  expect({
      {"patches another field", kAuthor, merge({{"spec", {{"description", "x"}}}}), "", kThree},
      {"patches a label", kAuthor, merge({{"metadata", {{"labels", {{"a", "b"}}}}}}), "", kThree},
      {"applies a manifest without approvals", kAuthor, apply(described(workflow("gated"))), "",
       kThree},
      {"the same on the server", kAuthor,
       apply_on_server(kAuthor, described(workflow("on-server"))), "", kThree},
      {"replaces the whole, approvals as they are", kAuthor, replace(described(whole)), "", kThree},
      {"puts them into another order", kAuthor, approvals(reversed(kThree)), "", reversed(kThree)},
      {"deletes the workflow", kAuthor, {{"delete", "bwf", "gated"}}},
  });
}

TEST_F(Approvals, AuthorsApproveNothingAndTakeNothingBack) {
  approved_by_three();
  json emptied = cluster_.workflow(ns_, "gated");
  emptied["spec"].erase("approvals");
  const json mine = entry(kAuthor, 1);
  expect({
      {"approves", kAuthor, append(mine), "bob may not add or change entries: that " + kNoVerb},
      {"approves on the server", kAuthor,
       apply_on_server(kAuthor, workflow("on-server", json::array({mine}))), kNoVerb},
      {"is the first to approve", kAuthor, approvals(json::array({mine}), "other"), kNoVerb},
      {"approves as somebody who may", kAuthor, append(entry(kApprover, 2)), kNoVerb},
      {"adds while reordering", kAuthor, approvals(with(reversed(kThree), mine)), kNoVerb},
      {"makes a refusal of an approval", kAuthor, approvals(set(kThree, 0, "decision", "Reject")),
       not_of(kApprover)},
      {"moves an approval to the next run", kAuthor, approvals(set(kThree, 0, "run", 2)),
       not_of(kApprover)},
      {"takes one out", kAuthor, take_out("/spec/approvals/1"), not_of(kSecondApprover)},
      {"takes all out", kAuthor, approvals(nullptr), not_of(kApprover)},
      {"replaces the whole without them", kAuthor, replace(emptied), not_of(kApprover)},
  });
}

TEST_F(Approvals, TheVerbIsAskedForWhereItIsGiven) {
  approved_by_three();
  cluster_.kubectl_output({"create", "rolebinding", ns_.name(), "-n", "default",
                           "--clusterrole=bootstrap-approver",
                           std::string("--user=") + kElsewhere});
  expect({
      {"approves, may do so elsewhere", kElsewhere, append(entry(kElsewhere, 1)), kNoVerb},
      {"approves, may do so by name", kOfOne, append(entry(kOfOne, 1))},
      {"approves one of another name", kOfOne, approvals(json::array({entry(kOfOne, 1)}), "other"),
       kNoVerb},
      {"withdraws without the verb", kFormer, approvals(without(kThree, 2)), "",
       without(kThree, 2)},
      {"changes without the verb", kFormer, approvals(set(kThree, 2, "comment", "x")), kNoVerb},
  });
  cluster_.kubectl({"delete", "rolebinding", ns_.name(), "-n", "default"});
}

TEST_F(Approvals, ApproversSpeakForThemselves) {
  approved_by_three();
  const json own = entry(kApprover, 2, "go on");
  expect({
      {"approves", kApprover, append(own), "", with(kThree, own)},
      {"approves in a later run", kApprover, append(entry(kApprover, 7))},
      {"is the first to approve", kApprover, approvals(json::array({own}), "other"), "",
       json::array({own})},
      {"approves as an account", kRelease, append(entry(kRelease, 1))},
      {"rejects", kApprover, append(entry(kApprover, 2, "", "Reject"))},
      {"approves on the server, beside others", kApprover,
       apply_on_server(kApprover, only_approvals("on-server", json::array({own}))), "",
       with(kThree, own)},
      {"says more", kApprover, approvals(set(kThree, 0, "comment", "very fine")), "",
       set(kThree, 0, "comment", "very fine")},
      {"says no more", kApprover, take_out("/spec/approvals/0/comment")},
      {"thinks better of it", kApprover, approvals(set(kThree, 0, "decision", "Reject"))},
      {"withdraws", kApprover, approvals(without(kThree, 0)), "", without(kThree, 0)},
      {"withdraws, adds and reorders at once", kApprover,
       approvals(with(reversed(without(kThree, 0)), own))},
  });
}

TEST_F(Approvals, ApproversSpeakForNobodyElse) {
  approved_by_three();
  const json own = entry(kApprover, 2);
  expect({
      {"approves as somebody else", kApprover, append(entry(kAuthor, 1)),
       by_must_be(kApprover, kAuthor)},
      {"approves as somebody who may", kApprover, append(entry(kSecondApprover, 2)),
       by_must_be(kApprover, kSecondApprover)},
      {"and as oneself", kApprover, approvals(with(with(kThree, own), entry(kAuthor, 1))),
       by_must_be(kApprover, kAuthor)},
      {"writes the name in another way", kApprover, append(entry("Alice", 1)),
       by_must_be(kApprover, "Alice")},
      {"as an account, by its short name", kRelease, append(entry("release", 1)),
       by_must_be(kRelease, "release")},
      {"as somebody else, on the server", kApprover,
       apply_on_server(kApprover, only_approvals("on-server", json::array({entry(kAuthor, 1)}))),
       by_must_be(kApprover, kAuthor)},

      {"changes another's comment", kSecondApprover, approvals(set(kThree, 0, "comment", "x")),
       not_of(kApprover)},
      {"changes another's decision", kSecondApprover,
       approvals(set(kThree, 0, "decision", "Reject")), not_of(kApprover)},
      {"removes another's", kSecondApprover, approvals(without(kThree, 0)), not_of(kApprover)},
      {"removes another's and one's own", kSecondApprover, approvals(json::array({kThree[2]})),
       not_of(kApprover)},
      {"makes another's one's own", kSecondApprover,
       approvals(set(without(kThree, 1), 0, "by", kSecondApprover)), not_of(kApprover)},

      // Refused before the policy is asked.
      {"approves twice", kApprover, append(entry(kApprover, 1, "", "Reject")), "Duplicate value"},
      {"names nobody", kApprover,
       append({{"step", "cluster/confirm"}, {"run", 2}, {"decision", "Approve"}}),
       "by: Required value"},
      {"names nobody by an empty text", kApprover, append(entry("", 2)), "at least 1 chars long"},
  });
}

TEST_F(Approvals, AnAccountThatAppliesWhatWasReviewedBringsThoseOfOthers) {
  approved_by_three();
  const json more = with(kThree, entry(kElsewhere, 1));
  expect({
      {"adds another's", kGitOps, append(entry(kElsewhere, 1)), "", more},
      {"adds its own", kGitOps, append(entry(kGitOps, 1))},
      {"applies all", kGitOps, apply(workflow("gated", more)), "", more},
      {"applies all on the server", kGitOps, apply_on_server("argocd", workflow("on-server", more)),
       "", more},
      {"changes another's", kGitOps, approvals(set(kThree, 0, "decision", "Reject"))},
      {"takes all out", kGitOps, approvals(nullptr), "", json::array()},
      {"makes a workflow that is approved", kGitOps, create(workflow("new", kThree)), "", kThree},
      // Who may do everything may do this.
      {"adds another's", kAdmin, append(entry(kElsewhere, 1)), "", more},
  });
}

TEST_F(Approvals, AWorkflowIsNotMadeApproved) {
  json named_by_server = workflow("", json::array({entry(kBoth, 1)}));
  named_by_server["metadata"] = {{"generateName", "new-"}};
  expect({
      {"makes one", kAuthor, create(workflow("new"))},
      {"makes one with an empty list", kAuthor, create(workflow("new", json::array()))},
      {"makes one that is approved", kAuthor,
       create(workflow("new", json::array({entry(kAuthor, 1)}))),
       "bob may not add or change entries: that " + kNoVerb},
      {"applies one that is approved", kAuthor, apply(workflow("new", kThree)), kNoVerb},
      {"applies one on the server", kAuthor, apply_on_server(kAuthor, workflow("new", kThree)),
       kNoVerb},
      {"makes one and approves it", kBoth, create(workflow("new", json::array({entry(kBoth, 1)})))},
      {"the same, named by the server", kBoth, create(named_by_server)},
      {"makes one that others approved", kBoth, create(workflow("new", kThree)),
       by_must_be(kBoth, kApprover)},
      {"makes one, approves another", kOfOne,
       create(workflow("new", json::array({entry(kOfOne, 1)}))), kNoVerb},
      {"may make none", kApprover, create(workflow("new")), "cannot create resource"},
  });
}

// What the policy has no say in.
TEST_F(Approvals, TheStatusOfWhatIsApprovedIsWritten) {
  approved_by_three();
  // Whatever is in the body beside the status is not written.
  const UserWrite status{
      {"patch", "bwf", "gated", "--subresource=status", "--type=merge", "-p",
       json{{"status", {{"state", "Waiting"}}}, {"spec", {{"approvals", nullptr}}}}.dump()}};
  expect({{"writes the status", kStatusWriter, status, "", kThree}});
}

// Nobody gives up the entries of others with server-side apply, and everybody their own.
TEST_F(Approvals, ServerSideAppliesMergeTheEntriesOfSeveralPeople) {
  const auto of = [](const char* user, const json& all) {
    return apply_on_server(user, only_approvals("on-server", all));
  };
  const json first = entry(kApprover, 1);
  const json second = entry(kSecondApprover, 1);
  write(kApprover, of(kApprover, json::array({first})));
  write(kSecondApprover, of(kSecondApprover, json::array({second})));
  EXPECT_EQ(cluster_.workflow(ns_, "on-server").at("spec").at("approvals"),
            json::array({first, second}));
  expect({{"applies none any more", kApprover, of(kApprover, json::array()), "",
           json::array({second})},
          {"gives up what another manages", kAuthor, of(kApprover, json::array()),
           not_of(kApprover)}});
}

// As many and as large as the schema lets them be: within what the API server grants a policy.
TEST_F(Approvals, AsManyAsThereMayBeCanBeWorkedWith) {
  json all = json::array();
  json others = json::array();
  for (int run = 1; run <= 256; ++run) {
    all.push_back(entry(kOfLongName, run, std::string(512, 'a')));
    others.push_back(entry(kOfLongName, run, std::string(512, 'b')));
  }
  json whole = workflow("full", all);
  write(kAdmin, create(whole));
  const auto replaced_by = [&](const json& approvals) {
    json object = cluster_.workflow(ns_, "full");
    object["spec"]["approvals"] = approvals;
    return replace(object);
  };
  const json one_more = with(all, entry(kOfLongName, 257));
  expect({
      {"edits another field", kAuthor, merge({{"spec", {{"description", "x"}}}}, "full"), "", all},
      {"reorders", kAuthor, replaced_by(reversed(all)), "", reversed(all)},
      {"changes all, in another order", kOfLongName, replaced_by(reversed(others)), "",
       reversed(others)},
      {"brings all others", kGitOps, replaced_by(reversed(others))},
      {"changes all", kAuthor, replaced_by(others), "may be changed or removed by"},
      {"removes the last", kAuthor, replaced_by(without(all, 255)), "run 256, may be changed"},
      {"adds one too many", kOfLongName, replaced_by(one_more), "must have at most 256 items"},
  });
}

// What the API server's own look at the expressions, with the CRD's schema beside them, has to say
// to `policy`; nothing without a controller that looks.
std::optional<json> type_check(Cluster& cluster, const std::string& policy) {
  return first(60s, [&]() -> std::optional<json> {
    const json seen = json::parse(
        cluster.kubectl_output({"get", "validatingadmissionpolicy", policy, "-o", "json"}));
    const json status = seen.value("status", json::object());
    if (status.value("observedGeneration", 0) != seen.at("metadata").at("generation"))
      return std::nullopt;
    return status.value("/typeChecking/expressionWarnings"_json_pointer, json::array());
  });
}

TEST_F(Approvals, ThePolicySuitsTheSchema) {
  json mistaken = json::parse(
      cluster_.kubectl_output({"get", "validatingadmissionpolicy", kPolicy, "-o", "json"}));
  mistaken["metadata"] = {{"name", ns_.name()}};
  mistaken["spec"]["variables"][1]["expression"] = "object.spec.?aprovals.orValue([])";
  mistaken["spec"]["validations"][0]["expression"] = "object.spec.aprovals.size() == 0";
  cluster_.kubectl_output({"create", "-f", "-"}, {.input = mistaken.dump()});

  const std::string kubectl = Cluster::variable("KUBECTL");
  const std::string log = Cluster::variable("CLUSTER_STATE") + "/log/policy-status.log";
  const Child controller({kubectl.substr(0, kubectl.rfind('/')) + "/kube-controller-manager",
                          "--kubeconfig=" + Cluster::variable("KUBECONFIG"),
                          "--controllers=validatingadmissionpolicy-status-controller",
                          "--leader-elect=false", "--secure-port=0"},
                         log);
  const auto ours = type_check(cluster_, kPolicy);
  const auto theirs = type_check(cluster_, ns_);
  cluster_.kubectl({"delete", "validatingadmissionpolicy", ns_});
  ASSERT_TRUE(ours && theirs) << "nobody looked; see " << log;
  EXPECT_EQ(*ours, json::array());
  EXPECT_THAT(theirs->dump(), HasSubstr("undefined field 'aprovals'"));
}

// The base with the policy, and an operator that knows of it.
TEST(ApprovalsOverlay, AddsThePolicyAndTellsTheOperator) {
  Cluster& cluster = Cluster::of_test();
  const std::string all = cluster.kubectl_output({"kustomize", kOverlay});
  for (const char* part :
       {"kind: CustomResourceDefinition", "kind: Deployment", "kind: ValidatingAdmissionPolicy",
        "policyName: bootstrap-approvals", "name: bootstrap-approver", "- --verified-approvals\n"})
    EXPECT_THAT(all, HasSubstr(part));
  EXPECT_THAT(run({OPERATOR_BINARY, "--help"}).out, HasSubstr("--verified-approvals"));
}

}  // namespace
}  // namespace bootstrap::testing
