#pragma once
// The figures of one run beside what they should be.
//
// Pure functions.

#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>
#include <tl/expected.hpp>

#include "tests/bench/audit_log.h"
#include "tests/bench/run_description.h"

namespace bootstrap::bench {

// One line of the table: what the operator did beside the ideal chain, and the aim.
struct Row {
  std::string figure;
  std::string ours;
  std::string ideal;
  std::string aim;          // "" has none
  std::optional<bool> met;  // empty: no aim, or not measured
};

struct Report {
  std::vector<Row> rows;
  bool too_busy = false;  // the ideal chain itself was slow: the figures say nothing
  nlohmann::json json;    // everything, with every single value
};

// An error names the workflow that did not run as it should.
tl::expected<Report, std::string> report(const RunDescription&, const AuditLog&);

// For a terminal.
std::string table(const Report&);

}  // namespace bootstrap::bench
