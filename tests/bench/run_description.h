#pragma once
// What was run, as the driver notes it and the report reads it: which workflows, of which engine,
// where, and what the engine's process used meanwhile.
//
// Everything about time and writes is not here: that is taken from the API server's audit log.
// Pure values; errors as text.

#include <string>
#include <string_view>
#include <vector>

#include <tl/expected.hpp>

namespace bootstrap::bench {

// The workflows one engine ran in one way.
struct Batch {
  std::string kind;      // "serial": one at a time; "batch", "fake-nodes": all at once
  std::string engine;    // "operator" or "ideal"
  std::string user;      // who the engine is to the API server
  std::string resource;  // of the object that starts a workflow and then says how it ended
  std::string ns;        // nothing else happens in it
  // Names of equal length, or that of one could begin the name of another one's Job.
  std::vector<std::string> workflows;
  double cpu_seconds = 0;  // of the engine's process, from the first start to the last end
};

// One start of the operator's process, nothing to do, after a while.
struct IdleStart {
  long rss_kib = 0;
  long anonymous_kib = 0;  // of rss: heap, stacks
  long file_kib = 0;       // of rss: pages of programs and libraries
  double cpu_seconds = 0;  // between `from` and `to`
  std::string from;        // RFC 3339
  std::string to;
};

struct RunDescription {
  int steps = 0;  // of each workflow
  std::vector<Batch> batches;
  std::vector<IdleStart> idle_starts;
};

std::string to_text(const RunDescription&);
tl::expected<RunDescription, std::string> run_description_from(std::string_view text);

}  // namespace bootstrap::bench
