#include "operator/runtime/workers.h"

#include <exception>
#include <utility>

namespace bootstrap::runtime {

namespace {

struct Result {
  Outcome outcome;
  bool threw = false;
};

Result reconcile_or_retry(const Reconcile& reconcile, const ObjectKey& key) {
  try {
    return {reconcile(key)};
  } catch (const std::exception& error) {
    return {outcomes::Retry{error.what()}, true};
  } catch (...) {
    return {outcomes::Retry{"an exception of unknown type"}, true};
  }
}

// What an outcome asks of the queue, and how it is called.
class Apply {
 public:
  Apply(WorkQueue& queue, const ObjectKey& key) : queue_(queue), key_(key) {}

  std::string_view operator()(const outcomes::Done&) const {
    queue_.forget(key_);
    return "done";
  }
  std::string_view operator()(const outcomes::WakeAfter& wake) const {
    queue_.forget(key_);
    queue_.add_after(key_, wake.delay);
    return "wake";
  }
  std::string_view operator()(const outcomes::Retry&) const {
    queue_.add_after_failure(key_);
    return "retry";
  }
  // Not a failure: back-off would delay the key far beyond the event it waits for.
  std::string_view operator()(const outcomes::Stale&) const {
    queue_.add_after(key_, kStaleWake);
    return "stale";
  }

 private:
  WorkQueue& queue_;
  const ObjectKey& key_;
};

}  // namespace

Worker::Worker(WorkQueue& queue, const Clock& clock, Reconcile reconcile, Hooks hooks)
    : queue_(&queue), clock_(&clock), reconcile_(std::move(reconcile)), hooks_(std::move(hooks)) {}

bool Worker::run_one(std::stop_token stop) {
  const auto key = queue_->get(stop);
  if (!key) return false;
  work(*key);
  return true;
}

bool Worker::try_run_one() {
  const auto key = queue_->try_get(clock_->steady_now());
  if (!key) return false;
  work(*key);
  return true;
}

void Worker::work(const ObjectKey& key) {
  if (hooks_.heart != nullptr) hooks_.heart->beat();
  const SteadyPoint begin = clock_->steady_now();
  const Result result = reconcile_or_retry(reconcile_, key);
  const auto took =
      std::chrono::duration_cast<std::chrono::microseconds>(clock_->steady_now() - begin);
  const std::string_view name = std::visit(Apply(*queue_, key), result.outcome);
  queue_->done(key);
  if (hooks_.heart != nullptr) hooks_.heart->rest();
  if (!hooks_.on_pass) return;
  const auto* retry = std::get_if<outcomes::Retry>(&result.outcome);
  hooks_.on_pass(key, result.threw ? "exception" : name, retry != nullptr ? retry->why : "", took);
}

}  // namespace bootstrap::runtime
