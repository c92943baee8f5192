#include "operator/watched_templates.h"

namespace bootstrap {

Found<WatchedTemplate::Answer> WatchedTemplates::ask(const ObjectKey& workflow,
                                                     const WatchedTemplate& question) {
  const ObjectKey name{workflow.ns, question.name};
  {
    const std::scoped_lock lock(mutex_);
    askers_[name].insert(workflow);
    asked_by_[workflow].insert(name);
  }
  return store_.get(name);  // after that: no change in between is missed
}

void WatchedTemplates::keep_only(const ObjectKey& workflow, const std::set<Question>& asked) {
  const std::scoped_lock lock(mutex_);
  const auto known = asked_by_.find(workflow);
  if (known == asked_by_.end()) return;
  std::erase_if(known->second, [&](const ObjectKey& name) {
    if (asked.contains(WatchedTemplate{name.name})) return false;
    const auto askers = askers_.find(name);
    askers->second.erase(workflow);
    if (askers->second.empty()) askers_.erase(askers);
    return true;
  });
  if (known->second.empty()) asked_by_.erase(known);
}

void WatchedTemplates::changed(const ObjectKey& name) const {
  std::set<ObjectKey> workflows;
  {
    const std::scoped_lock lock(mutex_);
    const auto askers = askers_.find(name);
    if (askers != askers_.end()) workflows = askers->second;
  }
  for (const ObjectKey& workflow : workflows) wake_(workflow);
}

}  // namespace bootstrap
