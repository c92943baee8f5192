#pragma once
// The process: connects to the cluster, drives the engine with threads, answers probes, ends in
// time.
//
// Threads: run() blocks the caller until SIGTERM or SIGINT. Errors: logged; the exit code says
// whether the process ended as it should.

#include "operator/options.h"

namespace bootstrap {

int run_operator(const ProcessOptions&);

}  // namespace bootstrap
