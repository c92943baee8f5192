#pragma once
// Writes Events about workflows, so that their number stays bounded whatever happens:
//
//   - What was said a short time ago, word for word, is the same Event with a higher count.
//   - A workflow has a budget: a run of the largest definition fits into it; one that is in trouble
//     again and again has few Events in a minute. What a run came to is always told.
//
// What is left out is in the log and in the history of the status all the same.
//
// Threads: safe from any; never for one workflow at the same time. Errors: Events are help for
// people; that one was not written is a problem to report, and nothing more.

#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

#include "controllers/transitions.h"
#include "operator/kube/client.h"
#include "operator/runtime/clock.h"

namespace bootstrap {

class EventRecorder {
 public:
  static constexpr int kAtOnce = 150;          // of one workflow
  static constexpr Duration kBetween{10'000};  // when those are used up
  static constexpr Duration kSeries{360'000};  // so long after the last one it is the same Event
  static constexpr std::size_t kRemembered = 2'000;

  // `instance`: who reports, the pod's name. Both references must outlive the recorder.
  EventRecorder(kube::Client& client, const runtime::Clock& clock, std::string instance)
      : client_(client), clock_(clock), instance_(std::move(instance)) {}

  // `cause` is unique for each Event of a workflow. Error: why it could not be written.
  kube::ApiResult<void> record(const ObjectMeta& workflow, const Transition&,
                               const std::string& cause);

 private:
  struct Said {
    std::string name;  // of the Event
    int count = 1;
    runtime::SteadyPoint last;
  };
  using Key = std::pair<std::string, std::string>;  // the workflow's UID, and what is said

  std::optional<Said> said_before(const Key&, runtime::SteadyPoint now);
  bool is_within_budget(const std::string& uid, runtime::SteadyPoint now);
  kube::ApiResult<void> create(const ObjectMeta&, const Transition&, const std::string& cause);
  kube::ApiResult<void> count_up(const ObjectMeta&, const Said&);
  void remember(const Key&, Said);

  kube::Client& client_;
  const runtime::Clock& clock_;
  const std::string instance_;
  std::mutex mutex_;
  std::map<Key, Said> said_;
  std::map<std::string, runtime::SteadyPoint> paid_until_;  // by UID: each Event moves it on
};

}  // namespace bootstrap
