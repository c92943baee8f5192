#pragma once
// Templates as the watch of all of them has them, and who looks at which: a change of a template
// wakes every workflow that asks for it. Whoever stops asking is not woken any more.
//
// Threads: safe from any; `wake` is called outside the lock.

#include <functional>
#include <map>
#include <mutex>
#include <set>

#include "controllers/questions.h"
#include "operator/kube/store.h"

namespace bootstrap {

class WatchedTemplates {
 public:
  // The store must outlive it.
  WatchedTemplates(const kube::Store<TemplateView>& store,
                   std::function<void(const ObjectKey& workflow)> wake)
      : store_(store), wake_(std::move(wake)) {}

  // From now on a change of this template wakes the workflow.
  Found<WatchedTemplate::Answer> ask(const ObjectKey& workflow, const WatchedTemplate&);
  void keep_only(const ObjectKey& workflow, const std::set<Question>& asked);

  void changed(const ObjectKey& name) const;

 private:
  const kube::Store<TemplateView>& store_;
  const std::function<void(const ObjectKey&)> wake_;

  mutable std::mutex mutex_;
  std::map<ObjectKey, std::set<ObjectKey>> askers_;    // by template
  std::map<ObjectKey, std::set<ObjectKey>> asked_by_;  // by workflow
};

}  // namespace bootstrap
