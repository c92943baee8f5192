#include "operator/resource_watch.h"

#include <algorithm>
#include <array>

namespace bootstrap {

using nlohmann::json;
using Reading = ResourceFinding::Reading;

namespace {

constexpr std::array<std::string_view, 4> kAlwaysKept{
    "metadata.name", "metadata.labels", "metadata.generation", "metadata.resourceVersion"};
constexpr std::array<std::string_view, 1> kNeverKept{"metadata.managedFields"};

// In the value of a field selector these have a meaning of their own.
std::string escaped(const std::string& value) {
  std::string text;
  for (const char c : value) {
    if (c == '\\' || c == ',' || c == '=') text += '\\';
    text += c;
  }
  return text;
}

std::string name_of(const json& object) {
  return object.value("/metadata/name"_json_pointer, std::string());
}

}  // namespace

Selection selection_of(const ResourceRef& resource) {
  if (resource.name.empty()) return {"", selector_text(resource.labels)};
  return {"metadata.name=" + escaped(resource.name), ""};
}

ResourceWatch::ResourceWatch(std::string permission, const Queries& queries)
    : permission_(std::move(permission)) {
  for (const ResourceQuery& query : queries)
    // One that cannot be prepared was refused before the run; it is never answered.
    if (auto test = PreparedTest::prepare(query.test)) entries_.emplace(query, std::move(*test));
}

kube::Watcher::Options ResourceWatch::watcher() const {
  std::vector<std::string> fields;
  for (const auto& [query, entry] : entries_)
    for (std::string& field : entry.test.fields()) fields.push_back(std::move(field));
  kube::Watcher::Options options;
  if (std::ranges::find(fields, "") != fields.end()) {
    options.fields = FieldFilter::everything_but(kNeverKept);
    return options;
  }
  std::vector<std::string_view> kept(kAlwaysKept.begin(), kAlwaysKept.end());
  kept.insert(kept.end(), fields.begin(), fields.end());
  options.fields = FieldFilter(std::span<const std::string_view>(kept));
  return options;
}

ResourceWatch::Queries ResourceWatch::write(const kube::StoreOp& op) {
  std::visit([this](const auto& what) { apply(what); }, op);
  return evaluate();
}

ResourceWatch::Queries ResourceWatch::refused(kube::Watcher::Restart why) {
  if (why == kube::Watcher::Restart::Forbidden) refused_ = Reading::Forbidden;
  if (why == kube::Watcher::Restart::NotFound) refused_ = Reading::NoSuchKind;
  return evaluate();
}

void ResourceWatch::apply(const kube::ops::Begin&) {
  collecting_ = true;
  for (auto& [query, entry] : entries_) entry.collected.clear();
}

void ResourceWatch::apply(const kube::ops::Apply& op) {
  if (!collecting_) refused_.reset();
  const std::string name = name_of(op.object);
  if (name.empty()) return;
  for (auto& [query, entry] : entries_) {
    auto& results = collecting_ ? entry.collected : entry.results;
    if (selects(query.resource, op.object))
      results.insert_or_assign(name, entry.test(op.object));
    else
      results.erase(name);
  }
}

void ResourceWatch::apply(const kube::ops::Delete& op) {
  if (!collecting_) refused_.reset();
  const std::string name = name_of(op.object);
  for (auto& [query, entry] : entries_) (collecting_ ? entry.collected : entry.results).erase(name);
}

void ResourceWatch::apply(const kube::ops::Complete&) {
  for (auto& [query, entry] : entries_) entry.results = std::exchange(entry.collected, {});
  collecting_ = false;
  synced_ = true;
  refused_.reset();
}

void ResourceWatch::apply(const kube::ops::Bookmark&) {
  refused_.reset();
}

ResourceFinding ResourceWatch::finding_now(const ResourceQuery& query, const Entry& entry) const {
  if (refused_ == Reading::NoSuchKind) return finding_without_kind(query);
  if (refused_ == Reading::Forbidden) {
    ResourceFinding finding;
    finding.reading = Reading::Forbidden;
    finding.permission = permission_;
    return finding;
  }
  return finding_of(query, entry.results);
}

ResourceWatch::Queries ResourceWatch::evaluate() {
  Queries changed;
  if (!refused_ && (!synced_ || collecting_)) return changed;
  for (auto& [query, entry] : entries_) {
    ResourceFinding now = finding_now(query, entry);
    if (entry.finding == now) continue;
    entry.finding = std::move(now);
    changed.push_back(query);
  }
  return changed;
}

std::optional<ResourceFinding> ResourceWatch::finding(const ResourceQuery& query) const {
  const auto found = entries_.find(query);
  return found == entries_.end() ? std::nullopt : found->second.finding;
}

ResourceWatch::Queries ResourceWatch::queries() const {
  Queries all;
  for (const auto& [query, entry] : entries_) all.push_back(query);
  return all;
}

void ResourceWatch::inherit(const ResourceWatch& former) {
  for (auto& [query, entry] : entries_) {
    const auto known = former.entries_.find(query);
    if (known != former.entries_.end()) entry.finding = known->second.finding;
  }
}

}  // namespace bootstrap
