#pragma once
// What one engine did with its workflows, from the audit log.
//
//   hand-off    receipt of the first change of a pod's status in which all containers are
//               terminated → receipt of the CREATE of the workflow's next Job
//   wall        receipt of the CREATE of the object that starts the workflow → receipt of the
//               engine's last write to that object, which says that it succeeded
//   makespan    the first such CREATE → the last such write of a batch
//   writes      all that the engine's user asked to change in the batch's namespace, also what was
//               refused; Events, leases and reviews left out
//
// Pure functions; what a log does not show is an error that names the workflow.

#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

#include <tl/expected.hpp>

#include "tests/bench/audit_log.h"
#include "tests/bench/run_description.h"

namespace bootstrap::bench {

using Seconds = std::chrono::duration<double>;

struct Measures {
  std::vector<Seconds> hand_offs;
  std::vector<Seconds> walls;
  // What a wall is made of, beside the hand-offs:
  std::vector<Seconds> starts;  // CREATE of the workflow → CREATE of its first Job
  std::vector<Seconds> pods;    // CREATE of a Job → its pod's containers are terminated
  std::vector<Seconds> ends;    // the last pod's containers are terminated → the engine says so
  Seconds makespan{0};
  std::size_t workflows = 0;
  std::size_t writes = 0;      // of the engine
  std::size_t refused = 0;     // of them: answered with 4xx or 5xx
  std::size_t events = 0;      // of the engine
  std::size_t all_writes = 0;  // of everybody, in the batch's namespace
  std::size_t others_events = 0;
};

tl::expected<Measures, std::string> measure(const AuditLog&, const Batch&, int steps);

// Writes of `user`, wherever, with from <= received < to.
std::size_t writes_between(const AuditLog&, const std::string& user, Micros from, Micros to);

// The smallest value that at least `share` of all are not above (nearest rank); 0 of none.
Seconds percentile(std::vector<Seconds> values, double share);

}  // namespace bootstrap::bench
