#pragma once
// Live answers to NodeUsage questions: samples nodes for as long as somebody asks about them.
//
//   monitor.ask(workflow, question);            // the newest sample, if there is one
//   monitor.keep_only(workflow, asked);         // what is not among these is asked no more
//   … on a thread of its own:  monitor.wait(monitor.sample_due(), stop);
//
// A node is sampled at the shortest interval of those who ask. Steps come and go much faster than
// the metrics of a node are renewed: who asks anew gets what is known when that is hardly older
// than those, and a node about which nobody asks any more is remembered for as long. A workflow is
// woken by its first sample and when the level of a node becomes another one for its limits; not by
// others. When a request fails, what is known stands for some minutes.
//
// Threads: ask and keep_only from any, they do not block; sample_due and wait from one. The hooks
// are called with a lock held: they must be quick and must not call back. Errors: a node of which
// nothing is known says why (NodeLoad::unknown).

#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <stop_token>
#include <string>
#include <vector>

#include "controllers/node_load.h"
#include "controllers/questions.h"
#include "operator/kube/client.h"
#include "operator/runtime/clock.h"

namespace bootstrap {

class NodeMonitor {
 public:
  // What the API does not say of a node: how full its disk is. Empty: not known.
  using DiskReader =
      std::function<std::optional<int>(const NodeView&, const std::stop_token& stop)>;

  struct Hooks {
    std::function<void(const ObjectKey& workflow)> wake;
    std::function<void(const std::string& node, const NodeLoad&)> on_sample = {};
    std::function<void(const std::string& node)> on_end = {};  // it is sampled no more
  };

  // The client and the clock must outlive it. `disk` and hooks but `wake` may be empty.
  NodeMonitor(kube::Client& client, const runtime::Clock& clock, DiskReader disk, Hooks hooks)
      : client_(client), clock_(clock), disk_(std::move(disk)), hooks_(std::move(hooks)) {}

  // Empty: no sample yet; the workflow is woken when there is.
  std::optional<Found<NodeUsage::Answer>> ask(const ObjectKey& workflow, const NodeUsage&);
  void keep_only(const ObjectKey& workflow, const std::set<Question>& asked);

  static constexpr Duration kBelievedFor{15'000};  // for those who ask anew
  static constexpr Duration kStandsFor{300'000};   // when requests fail

  // Samples the nodes whose time has come, one after the other. Returns when there is something to
  // do next, if there is.
  std::optional<runtime::SteadyPoint> sample_due(const std::stop_token& stop = {});
  std::optional<runtime::SteadyPoint> next_due() const;
  // Until then, or until somebody asks about another node, or to the stop.
  void wait(std::optional<runtime::SteadyPoint> due, const std::stop_token& stop);

 private:
  struct Asker {
    NodeUsage question;
    bool answered = false;
    std::optional<LoadLevel> level{};  // that it knows
    NodeLoad peak{};
  };
  struct Node {
    std::map<ObjectKey, Asker> askers;
    NodeLoad load;
    std::optional<runtime::SteadyPoint> sampled;  // when that was so
    std::optional<runtime::SteadyPoint> looked;   // the newest try
    bool wanted = false;                          // by somebody who has no answer

    Duration interval() const;
    // When it is to be sampled, or forgotten.
    runtime::SteadyPoint due() const;
    bool is_believed(runtime::SteadyPoint now) const {
      return sampled && *sampled + kBelievedFor > now;
    }
    NodeUsage::Answer answer(Asker&) const;
  };
  // Of requests that may go well the next time.
  enum class Missing { Nothing, Usage, All };
  struct Sample {
    NodeLoad load;
    Missing missing = Missing::Nothing;
  };

  void call_locked();
  std::vector<std::string> take_due();
  Sample sample(const std::string& node, const std::stop_token& stop);
  void take(const std::string& node, Sample);

  kube::Client& client_;
  const runtime::Clock& clock_;
  const DiskReader disk_;
  const Hooks hooks_;

  mutable std::mutex mutex_;
  std::condition_variable_any asked_;
  bool has_news_ = false;  // for wait: somebody asks about another node
  std::map<std::string, Node> nodes_;
};

}  // namespace bootstrap
