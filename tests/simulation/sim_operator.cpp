#include "tests/simulation/sim_operator.h"

#include <utility>

#include <fmt/format.h>

namespace bootstrap::simulation {
namespace {

constexpr std::size_t kProblems = 200;
// How often an idle worker looks into the queue: a thread would be woken, with such a delay.
constexpr Duration kWakeUp{1};

}  // namespace

SimOperator::SimOperator(SimApiServer& server, Scheduler& scheduler, Random random,
                         Settings settings)
    : scheduler_(scheduler),
      random_(random),
      settings_(std::move(settings)),
      network_(server, scheduler, random_.fork(), settings_.network),
      client_(network_, nullptr, client_options()),
      engine_(client_, scheduler.clock(),
              Engine::Options{.reconciler = {.platform = {}, .instance = "simulated"}, .queue = {}},
              engine_hooks()),
      worker_(
          engine_.queue(), scheduler.clock(),
          [this](const ObjectKey& key) -> runtime::Outcome {
            if (!engine_.synced())
              return runtime::outcomes::WakeAfter{std::chrono::milliseconds(100)};
            return engine_.reconcile(key);
          },
          runtime::Worker::Hooks{
              .heart = nullptr,
              .on_pass = [this](const ObjectKey& key, std::string_view outcome,
                                const std::string& why, std::chrono::microseconds) {
                ++passes_;
                if (outcome == "exception" && !dead())
                  note(fmt::format("exception at {}: {}", key.name, why));
              }}) {
  network_.observer = settings_.on_request;
  for (Engine::Watch& watch : engine_.watches()) {
    // Whatever arrives may have queued a key.
    watch.write = [this, write = std::move(watch.write)](const kube::StoreOp& op) {
      write(op);
      work_soon();
    };
    loops_.emplace_back(network_, scheduler_, random_.fork(), std::move(watch), client_options());
  }
}

SimOperator::~SimOperator() {
  *alive_ = false;
  scheduler_.cancel(next_work_);
  scheduler_.cancel(next_sample_);
}

kube::Client::Options SimOperator::client_options() {
  kube::Client::Options options;
  options.pause = [this](std::chrono::milliseconds length, std::stop_token) {
    network_.pass_time(length);
    return true;
  };
  options.now = [this] { return scheduler_.clock().steady_now(); };
  return options;
}

Engine::Hooks SimOperator::engine_hooks() {
  return {.reconciler = {.on_transition = [](const ObjectMeta&, const Transition&) {},
                         .on_problem =
                             [this](const ObjectKey& key, const std::string& what) {
                               note(fmt::format("{}: {}", key.name, what));
                             }},
          .on_unreadable =
              [this](const kube::Resource& resource, const ObjectKey& key, const std::string& why) {
                note(fmt::format("unreadable {} {}: {}", resource.plural, key.name, why));
              },
          .watches = watch_driver()};
}

WatchDriver SimOperator::watch_driver() {
  return {.open =
              [this](std::shared_ptr<const WatchOrder> order) {
                waits_[order->id] =
                    std::make_unique<SimWatchLoop>(network_, scheduler_, random_.fork(), order,
                                                   client_options(), [this] { work_soon(); });
              },
          .close = [this](std::uint64_t id) { waits_.erase(id); }};
}

void SimOperator::work_soon() {
  work_at(scheduler_.clock().now() + kWakeUp);
}

void SimOperator::note(std::string what) {
  if (problems_.size() == kProblems) problems_.pop_front();
  problems_.push_back(fmt::format("{} {}", to_rfc3339(scheduler_.clock().now()), what));
}

void SimOperator::kill() {
  network_.kill();
  die_when_idle();
}

// What is blocked in a request learns of it when that ends: a watch, too, which tells nobody.
void SimOperator::die_when_idle() {
  if (!busy()) return die();
  scheduler_.after(kWakeUp, [this, alive = alive_] {
    if (*alive) die_when_idle();
  });
}

void SimOperator::die() {
  if (std::exchange(death_told_, true)) return;
  if (settings_.on_death) settings_.on_death();
}

// One key, then again while there are keys.
void SimOperator::work() {
  next_work_ = 0;
  const bool worked = worker_.try_run_one();
  if (dead()) return die();
  sample_nodes_when_due();
  if (worked) return work_at(scheduler_.clock().now());
  const auto due = engine_.queue().next_due();
  if (due)
    work_at(TimePoint(std::chrono::ceil<std::chrono::milliseconds>(due->time_since_epoch())));
}

void SimOperator::sample_nodes() {
  next_sample_ = 0;
  try {
    engine_.nodes().sample_due();
  } catch (const Crash&) {  // the process has died of it
  }
  if (dead()) return die();
  work_soon();
  sample_nodes_when_due();
}

void SimOperator::sample_nodes_when_due() {
  scheduler_.cancel(next_sample_);
  next_sample_ = 0;
  const auto due = engine_.nodes().next_due();
  if (!due) return;
  const TimePoint at(std::chrono::ceil<std::chrono::milliseconds>(due->time_since_epoch()));
  next_sample_ = scheduler_.at(
      at,
      [this, alive = alive_] {
        if (*alive && !dead()) sample_nodes();
      },
      Scheduler::Lane::Operator);
}

void SimOperator::work_at(TimePoint when) {
  if (next_work_ != 0 && next_work_at_ <= when) return;
  scheduler_.cancel(next_work_);
  next_work_at_ = when;
  next_work_ = scheduler_.at(
      when,
      [this, alive = alive_] {
        if (*alive && !dead()) work();
      },
      Scheduler::Lane::Operator);
}

}  // namespace bootstrap::simulation
