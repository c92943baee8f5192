#include "operator/subscriptions.h"

namespace bootstrap {

using Reading = ResourceFinding::Reading;

namespace {

ResourceFinding without_reading(Reading reading) {
  ResourceFinding finding;
  finding.reading = reading;
  return finding;
}

}  // namespace

// --- asking ---

std::optional<Found<ResourceFinding>> Subscriptions::ask(const ObjectKey& workflow,
                                                         const ResourceState& question) {
  const ResourceQuery& query = question.query;
  const auto resource = discovery_.find(query.resource.api_version, query.resource.kind);
  if (!resource) return tl::unexpected(resource.error());
  const std::scoped_lock lock(mutex_);
  const Asked asked{workflow.ns, query};
  if (!*resource) return finding_without_kind(query);
  if (!(*resource)->watchable) return without_reading(Reading::Unwatchable);
  const Place place{**resource, (*resource)->namespaced ? workflow.ns : ""};
  auto known = subscriptions_.find(asked);
  // A kind that came back as another resource is another question.
  if (known != subscriptions_.end() && known->second.place != place) {
    const std::set<ObjectKey> askers = known->second.workflows;
    for (const ObjectKey& asker : askers) leave(asker, asked);
    known = subscriptions_.end();
  }
  if (known == subscriptions_.end()) {
    if (!subscribe(place, query)) {
      refused_.insert(workflow);
      return without_reading(Reading::WatchLimit);
    }
    known = subscriptions_.emplace(asked, Subscription{place, {}}).first;
  }
  known->second.workflows.insert(workflow);
  asked_by_[workflow].insert(asked);
  refused_.erase(workflow);
  const Watch* watch = watch_of(place, query);
  auto finding = watch == nullptr ? std::nullopt : watch->results.finding(query);
  if (!finding) return std::nullopt;
  return std::move(*finding);
}

void Subscriptions::keep_only(const ObjectKey& workflow, const std::set<Question>& asked) {
  const std::scoped_lock lock(mutex_);
  bool asks = false;
  std::set<Asked> kept;
  for (const Question& question : asked)
    if (const auto* state = std::get_if<ResourceState>(&question)) {
      kept.emplace(workflow.ns, state->query);
      asks = true;
    }
  if (!asks) refused_.erase(workflow);
  const auto found = asked_by_.find(workflow);
  if (found == asked_by_.end()) return;
  const std::set<Asked> before = found->second;
  for (const Asked& each : before)
    if (!kept.contains(each)) leave(workflow, each);
}

std::size_t Subscriptions::watches() const {
  const std::scoped_lock lock(mutex_);
  return open_.size();
}

// --- who asks what (lock held from here on) ---

void Subscriptions::leave(const ObjectKey& workflow, const Asked& asked) {
  const auto by = asked_by_.find(workflow);
  if (by != asked_by_.end()) {
    by->second.erase(asked);
    if (by->second.empty()) asked_by_.erase(by);
  }
  const auto found = subscriptions_.find(asked);
  if (found == subscriptions_.end()) return;
  found->second.workflows.erase(workflow);
  if (!found->second.workflows.empty()) return;
  const Place place = found->second.place;
  subscriptions_.erase(found);
  unsubscribe(place, asked.second);
}

const Subscriptions::Watch* Subscriptions::watch_of(const Place& place,
                                                    const ResourceQuery& query) const {
  const auto group = groups_.find(place);
  if (group == groups_.end()) return nullptr;
  const auto found = group->second.watches.find(
      group->second.all_in_one ? Selection{} : selection_of(query.resource));
  return found == group->second.watches.end() ? nullptr : &found->second;
}

// --- watches ---

bool Subscriptions::subscribe(const Place& place, const ResourceQuery& query) {
  const auto known = groups_.find(place);
  const Selection wanted = selection_of(query.resource);
  const bool shared = known != groups_.end() &&
                      (known->second.all_in_one || known->second.watches.contains(wanted) ||
                       known->second.watches.size() >= options_.of_one_resource);
  if (!shared && open_.size() >= options_.watches) return false;
  Group& group = groups_[place];
  if (!group.all_in_one && !group.watches.contains(wanted) &&
      group.watches.size() >= options_.of_one_resource)
    merge(group, place);
  join(group, place, group.all_in_one ? Selection{} : wanted, query);
  return true;
}

// The query is answered by this watch from now on; it begins anew with it.
void Subscriptions::join(Group& group, const Place& place, const Selection& selection,
                         const ResourceQuery& query) {
  const auto found = group.watches.find(selection);
  if (found == group.watches.end()) return open(group, place, selection, {query});
  ResourceWatch former = std::move(found->second.results);
  ResourceWatch::Queries queries = former.queries();
  queries.push_back(query);
  close(found->second);
  open(group, place, selection, queries);
  group.watches.at(selection).results.inherit(former);
}

// One watch of everything instead of all of them.
void Subscriptions::merge(Group& group, const Place& place) {
  ResourceWatch::Queries queries;
  std::map<Selection, Watch> former = std::move(group.watches);
  group.watches.clear();
  group.all_in_one = true;
  for (auto& [selection, watch] : former) {
    for (ResourceQuery& query : watch.results.queries()) queries.push_back(std::move(query));
    close(watch);
  }
  open(group, place, {}, queries);
  for (const auto& [selection, watch] : former) group.watches.at({}).results.inherit(watch.results);
  for (const ObjectKey& workflow : refused_) wake_(workflow);
}

void Subscriptions::open(Group& group, const Place& place, const Selection& selection,
                         const ResourceWatch::Queries& queries) {
  const std::uint64_t id = ++last_id_;
  ResourceWatch results(place.resource.qualified(), queries);
  auto order = std::make_shared<WatchOrder>();
  order->id = id;
  order->resource = place.resource;
  order->ns = place.ns;
  order->watcher = results.watcher();
  order->watcher.field_selector = selection.field_selector;
  order->watcher.label_selector = selection.label_selector;
  order->write = [this, id](const kube::StoreOp& op) { write(id, op); };
  order->on_restart = [this, id](kube::Watcher::Restart why) { restarted(id, why); };
  group.watches.insert_or_assign(selection, Watch{id, std::move(results)});
  open_.emplace(id, std::pair{place, selection});
  driver_.open(std::move(order));
}

void Subscriptions::close(Watch& watch) {
  open_.erase(watch.id);
  driver_.close(watch.id);
}

void Subscriptions::unsubscribe(const Place& place, const ResourceQuery& query) {
  const auto group = groups_.find(place);
  if (group == groups_.end()) return;
  auto& watches = group->second.watches;
  const auto found =
      watches.find(group->second.all_in_one ? Selection{} : selection_of(query.resource));
  if (found == watches.end()) return;
  found->second.results.drop(query);
  if (!found->second.results.empty()) return;
  close(found->second);
  watches.erase(found);
  if (watches.empty()) groups_.erase(group);
  for (const ObjectKey& workflow : refused_) wake_(workflow);
}

// --- what the watches say ---

void Subscriptions::write(std::uint64_t id, const kube::StoreOp& op) {
  changed(id, [&op](ResourceWatch& results) { return results.write(op); });
}

void Subscriptions::restarted(std::uint64_t id, kube::Watcher::Restart why) {
  changed(id, [why](ResourceWatch& results) { return results.refused(why); });
}

void Subscriptions::changed(std::uint64_t id,
                            const std::function<ResourceWatch::Queries(ResourceWatch&)>& happen) {
  const std::scoped_lock lock(mutex_);
  const auto open = open_.find(id);
  if (open == open_.end()) return;  // closed meanwhile
  const auto& [place, selection] = open->second;
  Watch& watch = groups_.at(place).watches.at(selection);
  for (const ResourceQuery& query : happen(watch.results)) {
    const auto finding = watch.results.finding(query);
    if (finding && finding->reading == Reading::NoSuchKind)
      discovery_.forget(query.resource.api_version, query.resource.kind);
    for (const auto& [asked, subscription] : subscriptions_)
      if (asked.second == query && subscription.place == place)
        for (const ObjectKey& workflow : subscription.workflows) wake_(workflow);
  }
}

}  // namespace bootstrap
