#include "tests/bench/measures.h"

#include <algorithm>
#include <cmath>
#include <optional>

#include <fmt/format.h>

namespace bootstrap::bench {
namespace {

using Requests = std::vector<AuditedRequest>;

// One workflow's way through the log.
struct Trace {
  std::optional<Micros> created;
  std::vector<Micros> jobs;   // CREATEs, in order
  std::vector<Micros> ended;  // of the pod of each Job
  std::optional<Micros> done;
};

Requests in_namespace(const AuditLog& log, const std::string& ns) {
  Requests out;
  std::ranges::copy_if(log.requests, std::back_inserter(out),
                       [&](const AuditedRequest& r) { return r.ns == ns; });
  return out;
}

bool succeeded(const AuditedRequest& r) {
  return r.code >= 200 && r.code < 300;
}

std::optional<Micros> end_of_pod(const Requests& requests, const std::string& job) {
  const auto found = std::ranges::find_if(requests, [&](const AuditedRequest& r) {
    return r.all_terminated && r.resource == "pods" && r.subresource == "status" && succeeded(r) &&
           r.name.starts_with(job + "-");
  });
  return found == requests.end() ? std::nullopt : std::optional(found->received);
}

Trace trace(const Requests& requests, const Batch& batch, const std::string& workflow) {
  Trace t;
  for (const AuditedRequest& r : requests) {
    if (!succeeded(r) || !is_write(r)) continue;
    if (r.resource == batch.resource && r.name == workflow) {
      if (r.verb == "create") t.created = r.received;
      if (r.user == batch.user) t.done = r.received;
    } else if (r.resource == "jobs" && r.subresource.empty() && r.verb == "create" &&
               r.user == batch.user && r.name.starts_with(workflow + "-")) {
      t.jobs.push_back(r.received);
      if (const auto end = end_of_pod(requests, r.name)) t.ended.push_back(*end);
    }
  }
  return t;
}

std::string problem_of(const Trace& t, int steps) {
  const auto expected = static_cast<std::size_t>(steps);
  if (!t.created) return "was not created";
  if (t.jobs.size() != expected) return fmt::format("has {} Jobs, not {}", t.jobs.size(), expected);
  if (t.ended.size() != expected)
    return fmt::format("{} of its {} pods were seen to end", t.ended.size(), expected);
  if (!t.done || *t.done < t.ended.back()) return "was not said to have succeeded";
  return "";
}

void add(const Trace& t, Measures& m) {
  for (std::size_t i = 0; i < t.jobs.size(); ++i) {
    m.pods.emplace_back(t.ended[i] - t.jobs[i]);
    if (i > 0) m.hand_offs.emplace_back(t.jobs[i] - t.ended[i - 1]);
  }
  m.starts.emplace_back(t.jobs.front() - *t.created);
  m.ends.emplace_back(*t.done - t.ended.back());
  m.walls.emplace_back(*t.done - *t.created);
  ++m.workflows;
}

// Before the first workflow the namespace itself is set up, which is nobody's cost.
void count_writes(const Requests& requests, const Batch& batch, Micros first, Measures& m) {
  for (const AuditedRequest& r : requests) {
    if (r.received < first) continue;
    const bool own = r.user == batch.user;
    if (is_event(r) && own) ++m.events;
    if (is_event(r) || is_write(r)) ++m.all_writes;
    if (!is_write(r)) continue;
    if (own) ++m.writes;
    if (own && !succeeded(r)) ++m.refused;
  }
}

}  // namespace

tl::expected<Measures, std::string> measure(const AuditLog& log, const Batch& batch, int steps) {
  const Requests requests = in_namespace(log, batch.ns);
  Measures m;
  std::optional<Micros> first;
  std::optional<Micros> last;
  for (const std::string& workflow : batch.workflows) {
    const Trace t = trace(requests, batch, workflow);
    if (const std::string problem = problem_of(t, steps); !problem.empty())
      return tl::make_unexpected(fmt::format("{}/{} {}", batch.ns, workflow, problem));
    add(t, m);
    first = first ? std::min(*first, *t.created) : *t.created;
    last = last ? std::max(*last, *t.done) : *t.done;
  }
  if (!first) return tl::make_unexpected(batch.ns + ": no workflows");
  m.makespan = *last - *first;
  count_writes(requests, batch, *first, m);
  return m;
}

std::size_t writes_between(const AuditLog& log, const std::string& user, Micros from, Micros to) {
  return static_cast<std::size_t>(std::ranges::count_if(log.requests, [&](const AuditedRequest& r) {
    return r.user == user && is_write(r) && r.received >= from && r.received < to;
  }));
}

Seconds percentile(std::vector<Seconds> values, double share) {
  if (values.empty()) return Seconds(0);
  std::ranges::sort(values);
  const double rank = std::ceil(share * static_cast<double>(values.size()) - 1e-9);
  const auto index = static_cast<std::size_t>(std::max(rank, 1.0)) - 1;
  return values[std::min(index, values.size() - 1)];
}

}  // namespace bootstrap::bench
