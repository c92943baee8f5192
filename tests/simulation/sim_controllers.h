#pragma once
// Everything in a cluster that moves Jobs and pods, in one piece: the Job controller, the nodes and
// the garbage collector, each with delays of its own.
//
//   SimControllers controllers(server.verbs(), scheduler, random, oracle);
//   … scheduler.run_until(…) …
//   for (const PodRun& run : controllers.nodes.runs()) …   // what really happened
//
// Threads: one thread.

#include "tests/simulation/garbage_collector.h"
#include "tests/simulation/job_controller.h"
#include "tests/simulation/nodes.h"

namespace bootstrap::simulation {

struct SimControllers {
  SimControllers(Verbs& verbs, Scheduler& scheduler, Random random, Oracle oracle, Lag lag = {})
      : jobs(verbs, scheduler, random.fork(), lag),
        nodes(verbs, scheduler, random.fork(), lag, std::move(oracle)),
        garbage(verbs, scheduler, random.fork(), lag) {}

  JobController jobs;
  Nodes nodes;
  GarbageCollector garbage;
};

}  // namespace bootstrap::simulation
