#pragma once
// Why is there no running container? What the API knows is spread over the Job's Events (quota,
// admission), the pod's conditions (scheduling), the containers' waiting reasons (images, missing
// configuration) and the pod's Events (volumes). This puts it into one reason and one sentence.
//
// Pure functions.

#include <optional>
#include <string>
#include <vector>

#include "controllers/questions.h"
#include "controllers/time.h"
#include "controllers/views.h"

namespace bootstrap {

struct Trouble {
  std::string reason;  // one of reasons
  std::string message;
};

// From the pod itself, without asking anybody. Empty: nothing is wrong that the pod says.
std::optional<Trouble> trouble_of(const PodView&);

// From the Events about a Job that has no pod, or about a pod that says nothing. The newest warning
// counts. Empty: no warning.
std::optional<Trouble> trouble_in(const std::vector<EventView>&);

// When to look again at something that waits since `since` and tells nobody when it is over: after
// 5, 10, 20, 40 s …, at last every `longest`.
struct LookSchedule {
  bool due = false;  // the first look has come
  TimePoint next;
};
LookSchedule look_schedule(TimePoint since, TimePoint now, Duration longest);

}  // namespace bootstrap
