#include "tests/bench/measures.h"

#include <algorithm>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace bootstrap::bench {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;

const std::string kOperator = "system:serviceaccount:bootstrap-operator:bootstrap-operator";

AuditLog recorded() {
  std::ifstream in(BENCH_FIXTURES "/audit.log");
  return read_audit_log(in);
}

Batch ours() {
  return {.kind = "serial",
          .engine = "operator",
          .user = kOperator,
          .resource = "bootstrapworkflows",
          .ns = "bench-serial-operator",
          .workflows = {"w-000"}};
}

Batch ideal() {
  return {.kind = "serial",
          .engine = "ideal",
          .user = "system:serviceaccount:bench-engines:ideal-chain",
          .resource = "configmaps",
          .ns = "bench-serial-ideal",
          .workflows = {"w-000"}};
}

Measures measured(const AuditLog& log, const Batch& batch) {
  auto m = measure(log, batch, 4);
  EXPECT_TRUE(m) << m.error();
  return m.value_or(Measures{});
}

// As whole microseconds, which is what a log has.
std::vector<std::chrono::microseconds> micros(const std::vector<Seconds>& values) {
  std::vector<std::chrono::microseconds> out;
  for (const Seconds& value : values)
    out.push_back(std::chrono::round<std::chrono::microseconds>(value));
  return out;
}

// What is removed as if it had never been logged.
template <class Predicate>
AuditLog without(AuditLog log, Predicate which) {
  std::erase_if(log.requests, which);
  return log;
}

TEST(Measure, a_recorded_workflow_of_the_operator) {
  const Measures m = measured(recorded(), ours());
  EXPECT_THAT(micros(m.hand_offs), ElementsAre(47654us, 7761us, 8272us));
  EXPECT_THAT(micros(m.walls), ElementsAre(4066221us));
  EXPECT_THAT(micros(m.starts), ElementsAre(17701us));
  EXPECT_THAT(micros(m.ends), ElementsAre(13471us));
  EXPECT_EQ(micros(m.pods).front(), 1005513us);
  EXPECT_THAT(micros({m.makespan}), ElementsAre(4066221us));
  EXPECT_EQ(m.writes, 10u);
  EXPECT_EQ(m.events, 6u);
  EXPECT_EQ(m.refused, 0u);
}

TEST(Measure, a_recorded_ideal_chain) {
  const Measures m = measured(recorded(), ideal());
  EXPECT_THAT(micros(m.hand_offs), ElementsAre(8623us, 12844us, 6523us));
  EXPECT_THAT(micros(m.walls), ElementsAre(4013431us));
  EXPECT_EQ(m.writes, 5u);
  EXPECT_EQ(m.events, 0u);
}

TEST(Measure, a_refused_write_counts_but_is_no_step) {
  AuditLog log = recorded();
  auto job = *std::ranges::find_if(log.requests, [](const AuditedRequest& r) {
    return r.resource == "jobs" && r.verb == "create" && r.user == kOperator;
  });
  job.code = 409;
  log.requests.push_back(job);
  const Measures m = measured(log, ours());
  EXPECT_EQ(m.writes, 11u);
  EXPECT_EQ(m.refused, 1u);
  EXPECT_EQ(m.hand_offs.size(), 3u);
}

TEST(Measure, what_was_written_before_the_first_workflow_is_not_counted) {
  AuditLog log = recorded();
  const std::size_t before = measured(log, ours()).all_writes;
  AuditedRequest setup = log.requests.front();
  setup.ns = ours().ns;
  setup.verb = "create";
  setup.resource = "serviceaccounts";
  setup.name = "default";
  setup.received -= 1s;
  log.requests.insert(log.requests.begin(), setup);
  EXPECT_EQ(measured(log, ours()).all_writes, before);
}

TEST(Measure, names_the_workflow_that_has_not_run_as_it_should) {
  const AuditLog log = recorded();
  const auto is_job = [](const AuditedRequest& r) {
    return r.resource == "jobs" && r.verb == "create" && r.name.starts_with("w-000-step-3");
  };
  const auto ended = [](const AuditedRequest& r) { return r.all_terminated; };
  const auto said = [](const AuditedRequest& r) {
    return r.resource == "bootstrapworkflows" && r.verb == "patch";
  };
  EXPECT_THAT(measure(without(log, is_job), ours(), 4).error(),
              HasSubstr("bench-serial-operator/w-000 has 3 Jobs, not 4"));
  EXPECT_THAT(measure(without(log, ended), ours(), 4).error(), HasSubstr("0 of its 4 pods"));
  EXPECT_THAT(measure(without(log, said), ours(), 4).error(), HasSubstr("not said"));
  Batch other = ours();
  other.workflows = {"w-999"};
  EXPECT_THAT(measure(log, other, 4).error(), HasSubstr("was not created"));
  other.workflows = {};
  EXPECT_FALSE(measure(log, other, 4));
}

TEST(Measure, a_success_that_was_said_before_the_end_is_none) {
  AuditLog log = recorded();
  std::optional<Micros> last;
  for (const AuditedRequest& r : log.requests)
    if (r.resource == "bootstrapworkflows" && r.verb == "patch") last = r.received;
  log = without(log, [&](const AuditedRequest& r) {
    return r.resource == "bootstrapworkflows" && r.received == *last;
  });
  EXPECT_THAT(measure(log, ours(), 4).error(), HasSubstr("not said"));
}

TEST(WritesBetween, counts_one_user_in_a_half_open_time) {
  const AuditLog log = recorded();
  const Micros first = log.requests.front().received;
  const Micros last = log.requests.back().received;
  EXPECT_EQ(writes_between(log, kOperator, first, last + 1us), 10u);
  EXPECT_EQ(writes_between(log, kOperator, last + 1us, last + 10s), 0u);
  EXPECT_EQ(writes_between(log, "nobody", first, last), 0u);
}

TEST(Percentile, is_the_nearest_rank) {
  const std::vector<Seconds> values{5s, 1s, 4s, 2s, 3s};
  EXPECT_EQ(percentile(values, 0.5), 3s);
  EXPECT_EQ(percentile(values, 0.95), 5s);
  EXPECT_EQ(percentile(values, 0.2), 1s);
  EXPECT_EQ(percentile(values, 1), 5s);
  EXPECT_EQ(percentile(values, 0), 1s);
  EXPECT_EQ(percentile({}, 0.5), 0s);
  std::vector<Seconds> twenty;
  for (int i = 1; i <= 20; ++i) twenty.emplace_back(i);
  EXPECT_EQ(percentile(twenty, 0.95), 19s);
  EXPECT_EQ(percentile(twenty, 0.5), 10s);
}

}  // namespace
}  // namespace bootstrap::bench
