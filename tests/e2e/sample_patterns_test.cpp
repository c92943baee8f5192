// Samples of one pattern each: work in parallel, and a tool that is tried again.

#include <algorithm>
#include <map>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/e2e/golden.h"
#include "tests/e2e/samples.h"
#include "tests/e2e/user_view.h"
#include "tests/integration/audit_log.h"
#include "tests/integration/waiting.h"

namespace bootstrap::testing {
namespace {

using nlohmann::json;
using namespace std::chrono_literals;
using ::testing::HasSubstr;

// The sample with the tools it needs, changed by a program of sed. The tools write to one stream:
// the order of two in a log is chance.
void apply_sample(Cluster& cluster, const std::string& ns, const std::string& name,
                  const std::string& change = "") {
  cluster.apply(ns, run({"sed", "s/ >&2//", kSamples + "fullsetup-tools.yaml"}).out);
  cluster.apply(ns, run({"sed", change, kSamples + name + ".yaml"}).out);
}

// From the creation of a Job to the kubelet's word that its pod has ended.
struct Span {
  AuditTime begin;
  AuditTime end;
};

// By the Job's name.
std::map<std::string, Span> spans(Cluster& cluster, const std::string& ns) {
  const AuditLog log = AuditLog::of_namespace(ns);
  const auto ends = log.ends_of_pods();
  std::map<std::string, Span> spans;
  for (const Request& r :
       log.select([](const Request& r) { return r.verb == "create" && r.resource == "jobs"; }))
    spans[r.name].begin = r.received;
  for (const json& pod : cluster.items(kube::resources::kPods, ns)) {
    const json& meta = pod.at("metadata");
    spans[meta.at("ownerReferences").at(0).at("name")].end =
        ends.at(meta.at("name").get<std::string>());
  }
  return spans;
}

std::size_t launches(const std::string& ns) {
  return AuditLog::of_namespace(ns).count(
      [](const Request& r) { return r.verb == "create" && r.resource == "jobs" && r.succeeded(); });
}

TEST(DocsInParallel, StartTogetherAndMeet) {
  Cluster& cluster = Cluster::of_test();
  const TestNamespace ns(cluster, "e2e-docs");
  apply_sample(cluster, ns, "docs-in-parallel");
  const json workflow = cluster.await_state(ns, "docs-in-parallel", "Succeeded", 90s);

  expect_end(cluster, ns, "docs-in-parallel");
  EXPECT_EQ(4U, launches(ns));
  const auto by_job = spans(cluster, ns);
  const auto span = [&](const char* phase, const char* step) {
    return by_job.at(step_of(workflow, phase, step).at("job").get<std::string>());
  };
  const std::vector<Span> together{span("documentation", "generate-docs"),
                                   span("documentation", "update-dynamic-docs"),
                                   span("health", "health-check")};
  const Span last = span("validation", "validate-docs");
  for (const Span& one : together) {
    for (const Span& other : together) EXPECT_LT(one.begin, other.end);
    EXPECT_GT(last.begin, one.end);
  }
  EXPECT_THAT(log_of(cluster, ns, "docs-in-parallel", "validation", "validate-docs"),
              HasSubstr("1 pages and the status page are valid"));
}

TEST(DocsInParallel, AFailedSiblingIsNamedAndTheOthersFinish) {
  Cluster& cluster = Cluster::of_test();
  const TestNamespace ns(cluster, "e2e-docs-fails");
  apply_sample(cluster, ns, "docs-in-parallel",
               "s/tool: update-dynamic-docs/&\\n      args: [--bogus]/");
  const json workflow = cluster.await_state(ns, "docs-in-parallel", "Failed", 90s);

  expect_end(cluster, ns, "docs-in-parallel", "fails");
  EXPECT_EQ(2, step_of(workflow, "documentation", "update-dynamic-docs").at("exitCode"));
  EXPECT_EQ("Succeeded", step_of(workflow, "documentation", "generate-docs").at("state"));
  EXPECT_EQ("Succeeded", step_of(workflow, "health", "health-check").at("state"));
  EXPECT_EQ("Pending", step_of(workflow, "validation", "validate-docs").at("state"));
  EXPECT_EQ(3U, launches(ns));
}

TEST(ReliableHealthCheck, FailsTwiceAndThenSucceeds) {
  Cluster& cluster = Cluster::of_test();
  const TestNamespace ns(cluster, "e2e-reliable");
  apply_sample(cluster, ns, "reliable-health-check");
  cluster.await_reason(ns, "reliable-health-check", "StepRetrying", 60s);
  expect_golden("reliable-health-check-waits", user_view(cluster, ns, "reliable-health-check"),
                {ns, "reliable-health-check"});

  const json workflow = cluster.await_state(ns, "reliable-health-check", "Succeeded", 120s);
  expect_end(cluster, ns, "reliable-health-check");
  EXPECT_EQ(3, step_of(workflow, "validation", "health-check").at("attempts"));
  EXPECT_EQ(1, step_of(workflow, "validation", "update-dynamic-docs").at("attempts"));
  EXPECT_EQ(4U, launches(ns));
  // Each attempt waits out the delay after the end of the one before: 5 s, then 10 s.
  std::vector<Span> attempts;
  for (const auto& [job, span] : spans(cluster, ns)) attempts.push_back(span);
  std::ranges::sort(attempts, {}, &Span::begin);
  ASSERT_EQ(4U, attempts.size());
  EXPECT_GE(attempts[1].begin - attempts[0].end, 4s);  // times in status are whole seconds
  EXPECT_GE(attempts[2].begin - attempts[1].end, 9s);
  EXPECT_LT(attempts[3].begin - attempts[2].end, 4s);
}

}  // namespace
}  // namespace bootstrap::testing
