#pragma once
// Every number a user can meet, in one place, with its unit.

#include <chrono>
#include <cstddef>

#include "controllers/time.h"

namespace bootstrap::limits {

using namespace std::chrono_literals;

// Of a definition; the CRD says the same, and docs/api.md.
inline constexpr std::size_t kPhases = 32;
inline constexpr std::size_t kStepsInPhase = 32;
inline constexpr std::size_t kFinallyPhases = 8;
inline constexpr std::size_t kSteps = 100;  // those of finally included
// Bytes of JSON: with its status it must fit into what etcd takes in one request, 1.5 MiB.
inline constexpr std::size_t kDefinition = 1024 * 1024;
inline constexpr std::size_t kConditions = 8;     // of one `when` or `requiredWhen`
inline constexpr std::size_t kDepth = 4;          // of workflows that run workflows, with the first
inline constexpr std::size_t kWorkflowName = 40;  // characters; leaves room in Job names
inline constexpr std::size_t kAsked = 16;         // parameters that one step asks for
inline constexpr std::size_t kLockName = 253;     // characters
inline constexpr int kApprovers = 16;             // of one step
inline constexpr std::size_t kRevision = 255;     // characters of a branch or tag
inline constexpr Duration kShortestTimeout = 1s;
inline constexpr Duration kLongestTimeout = 168h;
inline constexpr Duration kShortestMonitoring = 15s;  // so often metrics-server asks at best

// Of `retry`.
inline constexpr int kAttempts = 20;
inline constexpr int kLargestFactor = 10;
inline constexpr std::size_t kFatalExitCodes = 32;
inline constexpr int kLargestExitCode = 255;
// Attempts of a step that do not count: lost to disruption, or never started.
inline constexpr int kUncountedAttempts = 10;

// Defaults the operator applies (the CRD has none, so that no apply ever sees a difference).
inline constexpr Duration kDefaultTimeout = 2h;  // of one attempt, pulling the image included
inline constexpr Duration kDefaultStartTimeout = 15min;

// How long Jobs, pods and plans are kept after the end of a workflow.
inline constexpr Duration kDefaultJobRetention = 168h;

// Of a status: it must stay far below what etcd takes in one object. With all of these it has less
// than 256 KiB.
inline constexpr std::size_t kMessage = 512;      // bytes
inline constexpr std::size_t kOverdue = 256;      // bytes: the names of steps that take too long
inline constexpr std::size_t kLastFailure = 256;  // bytes
inline constexpr std::size_t kEventNote =
    1024;                                      // bytes of an Event's message; the API refuses more
inline constexpr std::size_t kLogTail = 2048;  // bytes; the kubelet cuts there too
inline constexpr std::size_t kLogTails = 10;   // of the newest failures, and of the first
inline constexpr std::size_t kOutputs = 1024;  // bytes of a step, keys and line ends included
inline constexpr std::size_t kOutputKeys = 64;
inline constexpr std::size_t kTerminationMessage = 4096;  // bytes; the kubelet cuts there
inline constexpr std::size_t kHistory = 50;               // newest transitions
inline constexpr std::size_t kJobName = 63;  // characters: a Job's name becomes a pod label

}  // namespace bootstrap::limits
