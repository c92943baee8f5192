#pragma once
// The decisions of the ideal chain: what an operator without states, stores and queues would do.
//
// A chain is started by a ConfigMap and is a row of equal Jobs; each is created when the one before
// has succeeded, and at the end the ConfigMap says how it went.
//
// Threads: safe from any.

#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <variant>

#include <nlohmann/json.hpp>

#include "controllers/projection.h"

namespace bootstrap::bench {

inline constexpr const char* kChainLabel = "bench.bootstrap.openshift.io/chain";
inline constexpr const char* kStepLabel = "bench.bootstrap.openshift.io/step";

// What says that a step has ended.
enum class Trigger { Containers, PodPhase, JobCondition };

struct ChainStep {
  std::string ns;
  std::string chain;
  int step = 0;  // from 0
};

// Of a pod or Job with the labels above.
struct StepEnd {
  ChainStep step;
  bool succeeded = false;
};

namespace next {
struct Nothing {};
struct Job {
  ChainStep step;
};
struct Finish {
  std::string ns;
  std::string chain;
  std::string state;  // "Succeeded", "Failed"
};
}  // namespace next
using Next = std::variant<next::Nothing, next::Job, next::Finish>;

// The fields that step_end() looks at.
const FieldFilter& trigger_fields(Trigger);

// Empty: the step goes on, or the object is not part of a chain.
std::optional<StepEnd> step_end(const nlohmann::json& pod_or_job, Trigger);

// The Job of a step, from a Job object without names.
nlohmann::json chain_job(const nlohmann::json& job_template, const ChainStep&);

class Chains {
 public:
  explicit Chains(int steps) : steps_(steps) {}

  // Each start and each end acts once, however often it is told.
  Next on_start(const std::string& ns, const std::string& chain);
  Next on_end(const StepEnd&);

 private:
  bool first_time(const std::string& ns, const std::string& chain, int step);

  const int steps_;
  std::mutex mutex_;
  std::set<std::tuple<std::string, std::string, int>> seen_;
};

}  // namespace bootstrap::bench
