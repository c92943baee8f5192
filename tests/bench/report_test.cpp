#include "tests/bench/report.h"

#include <algorithm>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace bootstrap::bench {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::Not;

AuditLog recorded() {
  std::ifstream in(BENCH_FIXTURES "/audit.log");
  return read_audit_log(in);
}

RunDescription run() {
  RunDescription run{.steps = 4, .batches = {}, .idle_starts = {}};
  run.batches.push_back({"serial",
                         "operator",
                         "system:serviceaccount:bootstrap-operator:bootstrap-operator",
                         "bootstrapworkflows",
                         "bench-serial-operator",
                         {"w-000"},
                         0.01});
  run.batches.push_back({"serial",
                         "ideal",
                         "system:serviceaccount:bench-engines:ideal-chain",
                         "configmaps",
                         "bench-serial-ideal",
                         {"w-000"},
                         0.01});
  return run;
}

IdleStart start(long rss_kib) {
  return {rss_kib, 2048, rss_kib - 2048, 0, "2026-11-23T17:00:00Z", "2026-11-23T17:01:00Z"};
}

Report made(const RunDescription& description, const AuditLog& log) {
  auto r = report(description, log);
  EXPECT_TRUE(r) << r.error();
  return r.value_or(Report{});
}

const Row& row(const Report& r, const std::string& figure) {
  static const Row none;
  const auto found = std::ranges::find(r.rows, figure, &Row::figure);
  EXPECT_NE(found, r.rows.end()) << figure;
  return found == r.rows.end() ? none : *found;
}

TEST(Report, holds_the_operator_against_the_ideal_chain_of_the_same_run) {
  const Report r = made(run(), recorded());
  const Row& p50 = row(r, "serial: hand-off p50");
  EXPECT_EQ(p50.ours, "8.3 ms");
  EXPECT_EQ(p50.ideal, "8.6 ms");
  EXPECT_EQ(p50.aim, "<= 10.6 ms");
  EXPECT_EQ(p50.met, true);
  EXPECT_EQ(row(r, "serial: hand-off p95").met, false);  // 47.7 ms beside 12.9 ms
  EXPECT_EQ(row(r, "serial: wall p50").met, true);
  EXPECT_EQ(row(r, "writes per workflow").ours, "10.0");
  EXPECT_EQ(row(r, "writes per workflow").met, true);
  EXPECT_FALSE(r.too_busy);
}

TEST(Report, throughput_on_fake_nodes_is_a_ratio) {
  RunDescription fake = run();
  for (Batch& batch : fake.batches) batch.kind = "fake-nodes";
  const Report r = made(fake, recorded());
  const Row& rate = row(r, "fake nodes: workflows a minute");
  const double ours = std::stod(rate.ours), ideal = std::stod(rate.ideal);
  EXPECT_GT(ideal, 0);
  EXPECT_NEAR(std::stod(rate.aim.substr(3)), ideal * 0.95, 0.1);
  EXPECT_EQ(rate.met, ours >= std::stod(rate.aim.substr(3)));
  EXPECT_EQ(row(r, "1 at once: makespan").aim, "");
}

TEST(Report, of_nothing_is_an_error) {
  RunDescription one_side = run();
  one_side.batches.pop_back();
  EXPECT_FALSE(report(one_side, recorded()));
}

TEST(Report, one_write_too_many_is_a_missed_aim) {
  AuditLog log = recorded();
  const auto any = std::ranges::find_if(log.requests, [](const AuditedRequest& r) {
    return r.resource == "bootstrapworkflows" && r.verb == "patch";
  });
  log.requests.insert(any, AuditedRequest(*any));
  EXPECT_EQ(row(made(run(), log), "writes per workflow").met, false);
}

TEST(Report, cpu_beyond_the_aim_is_missed) {
  RunDescription slow = run();
  slow.batches[0].cpu_seconds = 0.021;
  EXPECT_EQ(row(made(run(), recorded()), "CPU per workflow").met, true);
  EXPECT_EQ(row(made(slow, recorded()), "CPU per workflow").met, false);
}

TEST(Report, the_largest_start_counts_and_an_idle_operator_writes_nothing) {
  RunDescription with = run();
  with.idle_starts = {start(14 * 1024), start(15 * 1024 + 1), start(13 * 1024)};
  const AuditLog log = recorded();
  EXPECT_EQ(row(made(with, log), "RSS empty, largest of 3").met, false);
  with.idle_starts = {start(15 * 1024)};
  EXPECT_EQ(row(made(with, log), "RSS empty, largest of 1").met, true);
  EXPECT_EQ(row(made(with, log), "writes while nothing happens").met, true);
  with.idle_starts[0].to = "2026-11-24T00:00:00Z";  // the whole log is within
  EXPECT_EQ(row(made(with, log), "writes while nothing happens").ours, "10");
  EXPECT_EQ(row(made(with, log), "writes while nothing happens").met, false);
}

TEST(Report, an_ideal_chain_that_is_slow_says_that_the_machine_is_busy) {
  AuditLog log = recorded();
  for (AuditedRequest& r : log.requests)
    if (r.resource == "jobs" && r.verb == "create" && r.ns == "bench-serial-ideal")
      r.received += 10ms;
  const Report r = made(run(), log);
  EXPECT_TRUE(r.too_busy);
  EXPECT_THAT(table(r), HasSubstr("TOO BUSY TO MEASURE"));
  EXPECT_THAT(table(made(run(), recorded())), Not(HasSubstr("TOO BUSY")));
}

TEST(Report, the_table_says_what_was_missed) {
  const std::string text = table(made(run(), recorded()));
  EXPECT_THAT(text, HasSubstr("MISSED"));
  EXPECT_THAT(text, HasSubstr("ok"));
}

TEST(Report, a_run_without_serial_workflows_is_an_error) {
  RunDescription empty = run();
  empty.batches.pop_back();
  EXPECT_FALSE(report(empty, recorded()));
}

TEST(RunDescription, survives_writing_and_reading) {
  RunDescription before = run();
  before.idle_starts = {start(1000)};
  const auto after = run_description_from(to_text(before));
  ASSERT_TRUE(after) << after.error();
  EXPECT_EQ(to_text(*after), to_text(before));
  EXPECT_EQ(after->batches[0].workflows, before.batches[0].workflows);
  EXPECT_EQ(after->idle_starts[0].anonymous_kib, 2048);
}

TEST(RunDescription, refuses_what_is_incomplete) {
  EXPECT_FALSE(run_description_from(""));
  EXPECT_FALSE(run_description_from("{}"));
  EXPECT_FALSE(run_description_from(R"({"steps":4,"batches":[{"kind":"serial"}]})"));
}

}  // namespace
}  // namespace bootstrap::bench
