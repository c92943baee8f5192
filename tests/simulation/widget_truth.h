#pragma once
// What Widgets, which waits and `when` of stories are about, have been like, and when.
//
// Threads: one thread.

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "tests/simulation/object_store.h"

namespace bootstrap::simulation {

struct WidgetState {
  bool exists = false;
  bool ready = false;
};

class WidgetTruth {
 public:
  using Test = std::function<bool(const WidgetState&)>;

  void note(const Change&);
  // Whether it was so at any time from one to the other, both included.
  bool was(const std::string& name, const Test&, TimePoint from, TimePoint to) const;
  bool was_ever_ready(const std::string& name) const;

 private:
  std::map<std::string, std::vector<std::pair<TimePoint, WidgetState>>> states_;  // oldest first
};

}  // namespace bootstrap::simulation
