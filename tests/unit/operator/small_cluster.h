#pragma once
// The reconciler with a real client before an API server that does little more than store: for
// tests of what is written, in which order, and what happens when an answer is an error or is lost.
//
//   SmallCluster c;                                  // holds one workflow "w" of two steps
//   c.see();                                         // the watches catch up
//   c.reconcile();
//   EXPECT_THAT(c.take(), ElementsAre("POST jobs", …));
//
// Threads: one.

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "operator/reconciler.h"
#include "tests/fakes/fake_transport.h"
#include "tests/fakes/manual_clock.h"

namespace bootstrap::testing {

// Phase "one" with steps "a" and "b", each `command: [true]`.
nlohmann::json two_steps();

// {"kind":"Status", …} as the API server answers errors.
kube::Response refusal(int code, const std::string& reason, const std::string& message);

// What is asked to write the status of "w".
inline constexpr const char* kStatusPatch = "PATCH bootstrapworkflows/w/status";

class SmallCluster {
 public:
  using Answer = fakes::FakeTransport::Answer;

  explicit SmallCluster(nlohmann::json spec = two_steps(), std::uint64_t version = 100);

  // --- the server ---
  std::map<std::string, nlohmann::json> objects;  // "jobs/x" → the object
  std::uint64_t version;                          // of the newest write
  // By request, e.g. "POST jobs": answered with this and not handled.
  std::map<std::string, kube::Response> refuse;
  // By request: handled, but the answer does not arrive.
  std::map<std::string, bool> lose;
  // Somebody else changes an object.
  void touch(const std::string& path);
  void remove(const std::string& path);
  // The kubelet reports the pod of a step's first attempt, as it is now.
  void pod(const std::string& step, const std::string& phase, const nlohmann::json& state);
  void succeed(const std::string& step);
  void fail(const std::string& step, int exit_code);

  // --- the watches catch up ---
  void see();
  void see_workflows();
  void see_jobs();
  void see_pods();
  void see_templates();
  kube::Store<Workflow> workflows;
  kube::Store<JobView> jobs;
  kube::Store<PodView> pods;
  kube::Store<TemplateView> templates;

  // --- the operator ---
  // The first pass is over and everybody has seen it.
  SmallCluster& started();
  // The outcome as text: "done", "wake 15000", "retry <why>", "stale".
  std::string reconcile(const std::string& workflow = "w");
  void restart();  // loses its memory
  fakes::ManualClock clock;
  std::vector<std::string> told;      // reasons of transitions
  std::vector<std::string> problems;  // what no status can say

  // What was asked of the server since the last call, e.g. "POST jobs", "LIST
  // pods?labelSelector=x".
  std::vector<std::string> take();
  // The same without reads.
  std::vector<std::string> take_writes();
  // The newest body of a request, e.g. of "POST jobs".
  nlohmann::json sent(const std::string& request) const;

  static std::string job(const std::string& step, int attempt = 1);
  // What the status on the server says of a step, e.g. "state".
  nlohmann::json step(const std::string& name) const;
  nlohmann::json status() const;

 private:
  Answer handle(const kube::Request&);
  Answer answer(const kube::Request&, const std::string& text);
  Answer create(const std::string& plural, nlohmann::json object);
  Answer patch(const std::string& path, const nlohmann::json& body, bool status_only);
  Answer list(const std::string& query) const;

  fakes::FakeTransport transport_;
  kube::Client client_;
  Discovery discovery_{client_, clock};
  AccessReviews access_{client_, clock, discovery_};
  EventLooks event_looks_{clock};
  Subscriptions subscriptions_{discovery_, {}, {}, [](const ObjectKey&) {}};
  WatchedTemplates watched_templates_{templates, [](const ObjectKey&) {}};
  LockClaims locks_{[](const ObjectKey&) {}};
  FamilyTimes times_{[this](const ObjectKey& workflow) { return workflows.get(workflow); }};
  HandOffs hand_offs_{clock};
  NodeMonitor nodes_{client_, clock, {}, {.wake = [](const ObjectKey&) {}}};
  std::unique_ptr<Reconciler> reconciler_;
  std::vector<std::string> asked_;
  std::map<std::string, nlohmann::json> sent_;
};

}  // namespace bootstrap::testing
