#pragma once
// Starts workflows, of the operator or as chains of the ideal one, and waits for their end.
//
//   Load load(client, …);
//   threads.spawn("…", …load.watches());
//   load.start(operator_side, ns, name);  load.wait_for(operator_side, ns, {name}, limit);
//
// Threads: safe from any. Errors: text that says what did not happen.

#include <chrono>
#include <condition_variable>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>
#include <tl/expected.hpp>

#include "operator/kube/client.h"
#include "operator/kube/watch_loop.h"

namespace bootstrap::bench {

enum class Engine { Operator, Ideal };
const char* to_text(Engine);
// Of the object that starts a workflow.
const kube::Resource& resource_of(Engine);

// The object that starts a workflow of so many steps, each of them `true`.
nlohmann::json workflow_of(Engine, const std::string& name, const std::string& image, int steps);

class Load {
 public:
  struct Options {
    std::string image;
    int steps = 4;
  };

  // Client and clock must outlive this.
  Load(kube::Client& client, const runtime::Clock& clock, Options options);

  // Each to be stepped by a thread.
  std::vector<kube::WatchLoop>& watches() { return watches_; }

  tl::expected<void, std::string> start(Engine, const std::string& ns, const std::string& name);
  // Until all of them have succeeded; one that failed is an error at once.
  tl::expected<void, std::string> wait_for(Engine, const std::string& ns,
                                           const std::vector<std::string>& names,
                                           std::chrono::seconds limit);

 private:
  kube::WatchLoop watch(Engine, const runtime::Clock&);
  std::string state_of(const std::string& ns, const std::string& name) const;  // lock held

  kube::Client& client_;
  const Options options_;
  std::vector<kube::WatchLoop> watches_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<std::string, std::string> states_;  // by "namespace/name"
};

}  // namespace bootstrap::bench
