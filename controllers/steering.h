#pragma once
// The live fields of a workflow's spec: how people steer a run while it goes on. Everything else of
// a spec is pinned when a run begins.
//
//   suspend        nothing new starts; what runs goes on to its end
//   cancel         what runs is ended, finally runs; once seen it is carried through
//   resume         acts once, when its number is above that of the run (resume.h)
//   resumePolicy   whether a new definition resumes a failed run by itself
//   jobRetention   how long after its end what it leaves behind is kept (retention.h)
//
// The answers and approvals of gates are read apart from these.
//
// Pure values. Reading never fails: the CRD's schema has seen to the types, and what is of a wrong
// one all the same counts as absent.

#include <array>
#include <string>

#include <nlohmann/json.hpp>

#include "controllers/limits.h"

namespace bootstrap {

inline constexpr std::array<const char*, 7> kLiveFields{
    "answers", "approvals", "suspend", "cancel", "resume", "resumePolicy", "jobRetention"};

struct ResumeRequest {
  int run = 0;       // 0: none
  std::string from;  // "phase" or "phase/step"; empty: from what has failed
  bool operator==(const ResumeRequest&) const = default;
};

enum class ResumePolicy { Manual, OnDefinitionChange };

struct Steering {
  bool suspend = false;
  bool cancel = false;
  ResumeRequest resume;
  ResumePolicy resume_policy = ResumePolicy::Manual;
  Duration job_retention = limits::kDefaultJobRetention;
  bool operator==(const Steering&) const = default;
};

Steering read_steering(const nlohmann::json& spec);

}  // namespace bootstrap
