#pragma once
// Programs run by tests: kubectl, scripts, the operator itself.
//
//   const Completed done = run({"kubectl", "get", "pods"}, {.input = "", .limit = 60s});
//   Child op({binary, "--http-port=0"});   // killed at the end of its scope at the latest
//
// Threads: each call from one thread. Errors: a program that cannot be started ends with code 127;
// one that takes longer than `limit` is killed, and its code is 137.

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include <sys/types.h>

namespace bootstrap::testing {

struct Completed {
  int code = 0;  // 128 + signal when a signal ended it
  std::string out{};
  std::string err{};
};

struct RunOptions {
  std::string input{};
  std::chrono::milliseconds limit{60'000};
};

Completed run(const std::vector<std::string>& command, const RunOptions& options = {});

// A process beside the test. Its output goes to a file, for when the test fails.
class Child {
 public:
  Child(const std::vector<std::string>& command, const std::string& output_file);
  ~Child();  // kills it
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  void signal(int number) const;
  // Its exit code; empty when it still runs after `limit`.
  std::optional<int> wait(std::chrono::milliseconds limit);

 private:
  pid_t pid_;
  std::optional<int> code_;
};

}  // namespace bootstrap::testing
