#include "tests/bench/report.h"

#include <algorithm>
#include <map>
#include <utility>

#include <fmt/format.h>

#include "tests/bench/measures.h"

namespace bootstrap::bench {
namespace {

using nlohmann::json;

constexpr Seconds kBusy{0.015};          // the ideal chain's own hand-off, p50
constexpr Seconds kHandOffSlack{0.002};  // p50
constexpr Seconds kTailSlack{0.010};     // p95
constexpr double kWallRatio = 1.02;
constexpr double kWrites = 10;
constexpr double kEvents = 6;
constexpr double kCpuSeconds = 0.02;
constexpr double kRssMiB = 15;
constexpr double kThroughputRatio = 0.95;  // on fake nodes

struct Side {
  Measures m;
  double cpu_seconds = 0;
  double per_workflow(std::size_t count) const {
    return static_cast<double>(count) / static_cast<double>(m.workflows);
  }
  double cpu_per_workflow() const { return cpu_seconds / static_cast<double>(m.workflows); }
};
using Sides = std::map<std::pair<std::string, std::string>, Side>;  // (kind, engine)

std::string ms(Seconds s) {
  return fmt::format("{:.1f} ms", s.count() * 1e3);
}
std::string s(Seconds s) {
  return fmt::format("{:.3f} s", s.count());
}
std::string one(double value) {
  return fmt::format("{:.1f}", value);
}
double mib(long kib) {
  return static_cast<double>(kib) / 1024;
}

class Rows {
 public:
  void add(std::string figure, std::string ours, std::string ideal) {
    rows_.push_back({std::move(figure), std::move(ours), std::move(ideal), "", {}});
  }
  void add(std::string figure, std::string ours, std::string ideal, std::string aim, bool met) {
    rows_.push_back({std::move(figure), std::move(ours), std::move(ideal), std::move(aim), met});
  }
  // Compared with the ideal chain's own value.
  void at_most(std::string figure, Seconds ours, Seconds ideal, Seconds limit) {
    add(std::move(figure), ms(ours), ms(ideal), "<= " + ms(limit), ours <= limit);
  }
  std::vector<Row> take() { return std::move(rows_); }

 private:
  std::vector<Row> rows_;
};

void add_hand_offs(Rows& rows, const std::string& kind, const Measures& ours, const Measures& ideal,
                   bool aims) {
  const auto p50 = percentile(ideal.hand_offs, 0.5);
  const auto p95 = percentile(ideal.hand_offs, 0.95);
  const std::string name = kind + ": hand-off ";
  if (aims) {
    rows.at_most(name + "p50", percentile(ours.hand_offs, 0.5), p50, p50 + kHandOffSlack);
    rows.at_most(name + "p95", percentile(ours.hand_offs, 0.95), p95, p95 + kTailSlack);
  } else {
    rows.add(name + "p50", ms(percentile(ours.hand_offs, 0.5)), ms(p50));
    rows.add(name + "p95", ms(percentile(ours.hand_offs, 0.95)), ms(p95));
  }
}

void add_serial(Rows& rows, const Side& ours, const Side& ideal) {
  add_hand_offs(rows, "serial", ours.m, ideal.m, true);
  const Seconds wall = percentile(ours.m.walls, 0.5);
  const Seconds limit = percentile(ideal.m.walls, 0.5) * kWallRatio;
  rows.add("serial: wall p50", s(wall), s(percentile(ideal.m.walls, 0.5)), "<= " + s(limit),
           wall <= limit);
  const auto part = [&](const char* name, const std::vector<Seconds> Measures::*values) {
    rows.add(name, ms(percentile(ours.m.*values, 0.5)), ms(percentile(ideal.m.*values, 0.5)));
  };
  part("  created -> first Job, p50", &Measures::starts);
  part("  Job -> its pod has ended, p50", &Measures::pods);
  part("  last pod ended -> success, p50", &Measures::ends);
  const double writes = ours.per_workflow(ours.m.writes);
  const double events = ours.per_workflow(ours.m.events);
  rows.add("writes per workflow", one(writes), one(ideal.per_workflow(ideal.m.writes)), "<= 10",
           writes <= kWrites);
  rows.add("  of them refused", one(ours.per_workflow(ours.m.refused)),
           one(ideal.per_workflow(ideal.m.refused)));
  rows.add("Events per workflow", one(events), one(ideal.per_workflow(ideal.m.events)), "<= 6",
           events <= kEvents);
  rows.add("all writes on the server, Events too", one(ours.per_workflow(ours.m.all_writes)),
           one(ideal.per_workflow(ideal.m.all_writes)));
  rows.add("CPU per workflow", fmt::format("{:.4f} s", ours.cpu_per_workflow()),
           fmt::format("{:.4f} s", ideal.cpu_per_workflow()), "<= 0.02 s",
           ours.cpu_per_workflow() <= kCpuSeconds);
}

double per_minute(const Measures& m) {
  return static_cast<double>(m.workflows) * 60 / m.makespan.count();
}

void add_throughput(Rows& rows, const Side& ours, const Side& ideal) {
  const double limit = per_minute(ideal.m) * kThroughputRatio;
  rows.add("fake nodes: workflows a minute", one(per_minute(ours.m)), one(per_minute(ideal.m)),
           ">= " + one(limit), per_minute(ours.m) >= limit);
}

void add_batch(Rows& rows, const Side& ours, const Side& ideal) {
  const std::string kind = fmt::format("{} at once", ours.m.workflows);
  rows.add(kind + ": makespan", s(ours.m.makespan), s(ideal.m.makespan));
  add_hand_offs(rows, kind, ours.m, ideal.m, false);
  rows.add(kind + ": writes per workflow", one(ours.per_workflow(ours.m.writes)),
           one(ideal.per_workflow(ideal.m.writes)));
  rows.add(kind + ": CPU per workflow", fmt::format("{:.4f} s", ours.cpu_per_workflow()),
           fmt::format("{:.4f} s", ideal.cpu_per_workflow()));
}

// Of all starts together; the operator's user is that of its batches.
std::size_t idle_writes(const RunDescription& run, const AuditLog& log) {
  const auto ours = std::ranges::find(run.batches, "operator", &Batch::engine);
  std::size_t writes = 0;
  for (const IdleStart& start : run.idle_starts) {
    const auto from = micros_from(start.from);
    const auto to = micros_from(start.to);
    if (from && to && ours != run.batches.end())
      writes += writes_between(log, ours->user, *from, *to);
  }
  return writes;
}

void add_idle(Rows& rows, const RunDescription& run, std::size_t writes) {
  if (run.idle_starts.empty()) return;
  const IdleStart& largest = *std::ranges::max_element(run.idle_starts, {}, &IdleStart::rss_kib);
  rows.add(fmt::format("RSS empty, largest of {}", run.idle_starts.size()),
           fmt::format("{:.1f} MiB", mib(largest.rss_kib)), "-", "<= 15 MiB",
           mib(largest.rss_kib) <= kRssMiB);
  rows.add("  heap and stacks / program and libraries",
           fmt::format("{:.1f} / {:.1f} MiB", mib(largest.anonymous_kib), mib(largest.file_kib)),
           "-");
  rows.add("writes while nothing happens", std::to_string(writes), "-", "0", writes == 0);
  rows.add("CPU while nothing happens", fmt::format("{:.2f} s", largest.cpu_seconds), "-");
}

json values(const std::vector<Seconds>& all) {
  json each = json::array();
  for (const Seconds& one : all) each.push_back(one.count());
  return {{"p50", percentile(all, 0.5).count()},
          {"p95", percentile(all, 0.95).count()},
          {"max", percentile(all, 1).count()},
          {"each", each}};
}

json to_json(const Side& side) {
  return {{"workflows", side.m.workflows},
          {"handOffSeconds", values(side.m.hand_offs)},
          {"wallSeconds", values(side.m.walls)},
          {"createdToFirstJobSeconds", values(side.m.starts)},
          {"jobToPodEndedSeconds", values(side.m.pods)},
          {"lastPodEndedToSuccessSeconds", values(side.m.ends)},
          {"makespanSeconds", side.m.makespan.count()},
          {"writesPerWorkflow", side.per_workflow(side.m.writes)},
          {"refusedPerWorkflow", side.per_workflow(side.m.refused)},
          {"eventsPerWorkflow", side.per_workflow(side.m.events)},
          {"allWritesPerWorkflow", side.per_workflow(side.m.all_writes)},
          {"cpuSecondsPerWorkflow", side.cpu_per_workflow()}};
}

json to_json(const std::vector<Row>& rows) {
  json all = json::array();
  for (const Row& row : rows)
    all.push_back({{"figure", row.figure},
                   {"operator", row.ours},
                   {"ideal", row.ideal},
                   {"aim", row.aim},
                   {"met", row.met ? json(*row.met) : json()}});
  return all;
}

}  // namespace

tl::expected<Report, std::string> report(const RunDescription& run, const AuditLog& log) {
  Sides sides;
  json measured;
  for (const Batch& batch : run.batches) {
    auto m = measure(log, batch, run.steps);
    if (!m) return tl::make_unexpected(m.error());
    const Side& side = sides[{batch.kind, batch.engine}] = {std::move(*m), batch.cpu_seconds};
    measured[batch.kind][batch.engine] = to_json(side);
  }
  const auto both = [&](const char* kind) {
    return sides.contains({kind, "operator"}) && sides.contains({kind, "ideal"});
  };
  Report out;
  Rows rows;
  const auto add = [&](const char* kind, auto&& rows_of) {
    if (both(kind)) rows_of(rows, sides.at({kind, "operator"}), sides.at({kind, "ideal"}));
  };
  add("serial", add_serial);
  const std::size_t idle = idle_writes(run, log);
  add_idle(rows, run, idle);
  add("batch", add_batch);
  add("fake-nodes", add_throughput);
  add("fake-nodes", add_batch);
  out.rows = rows.take();
  if (out.rows.empty()) return tl::make_unexpected(std::string("nothing was run by both engines"));
  out.too_busy =
      both("serial") && percentile(sides.at({"serial", "ideal"}).m.hand_offs, 0.5) > kBusy;
  out.json = {{"tooBusy", out.too_busy}, {"rows", to_json(out.rows)},
              {"measured", measured},    {"run", json::parse(to_text(run))},
              {"idleWrites", idle},      {"unreadableAuditLines", log.unreadable}};
  return out;
}

std::string table(const Report& report) {
  std::string out;
  const auto line = [&](const std::string& figure, const std::string& ours,
                        const std::string& ideal, const std::string& aim, const char* verdict) {
    out += fmt::format("{:<43}{:>16}{:>14}{:>14}  {}\n", figure, ours, ideal, aim, verdict);
  };
  line("figure", "operator", "ideal chain", "aim", "");
  for (const Row& row : report.rows)
    line(row.figure, row.ours, row.ideal, row.aim, !row.met ? "" : *row.met ? "ok" : "MISSED");
  if (report.too_busy)
    out += fmt::format(
        "\nTHE MACHINE IS TOO BUSY TO MEASURE: the ideal chain itself needs more than {} for a "
        "hand-off.\nNothing above says anything about the operator. Run it again on a quiet "
        "machine.\n",
        ms(kBusy));
  return out;
}

}  // namespace bootstrap::bench
