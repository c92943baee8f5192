#pragma once
// How often the cluster's Events are read. Events have no index: the API server reads all of a
// namespace to find those about one object. When a cluster is slow, every pod of every workflow
// is late, and asking about each would make it slower still.
//
// So an answer is believed for some seconds, and there is a limit for all workflows together.
// Whoever is over it gets no answer now, and asks again some seconds later.
//
// Threads: safe from any. Errors: an answer of its own (Unavailable).

#include <functional>
#include <map>
#include <mutex>
#include <string>

#include "controllers/questions.h"
#include "operator/runtime/clock.h"

namespace bootstrap {

class EventLooks {
 public:
  static constexpr Duration kBelievedFor{4'000};  // less than between two looks of one attempt
  static constexpr int kAtOnce = 10;
  static constexpr Duration kBetween{500};  // when those are used up

  explicit EventLooks(const runtime::Clock& clock) : clock_(clock) {}

  // `look` reads; it is called without a lock held, or not at all.
  Found<EventsAbout::Answer> ask(const EventsAbout&,
                                 const std::function<Found<EventsAbout::Answer>()>& look);

 private:
  struct Known {
    EventsAbout::Answer events;
    runtime::SteadyPoint until;
  };

  bool is_allowed(runtime::SteadyPoint now);

  const runtime::Clock& clock_;
  std::mutex mutex_;
  std::map<EventsAbout, Known> known_;
  runtime::SteadyPoint paid_until_{};  // each look moves it on by kBetween
};

}  // namespace bootstrap
