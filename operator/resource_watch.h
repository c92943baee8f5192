#pragma once
// Answers queries from what one watch says. Of the objects only results are kept: whether each test
// holds for it, and the value that was compared.
//
//   ResourceWatch watch("deployments.apps", {query, other_query});
//   for (const ResourceQuery& changed : watch.write(op)) …      // its finding is another one now
//
// Threads: one at a time. Errors: none; an object that cannot be read has no name and is skipped.

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "controllers/projection.h"
#include "controllers/resource_finding.h"
#include "controllers/resource_test.h"
#include "operator/kube/watcher.h"

namespace bootstrap {

// What of a resource a list or watch shows; both empty: everything.
struct Selection {
  std::string field_selector;
  std::string label_selector;
  auto operator<=>(const Selection&) const = default;
};
Selection selection_of(const ResourceRef&);

class ResourceWatch {
 public:
  using Queries = std::vector<ResourceQuery>;

  // `permission` is what a message about a missing right names.
  ResourceWatch(std::string permission, const Queries&);

  // What must be kept of the objects to answer all of them.
  kube::Watcher::Options watcher() const;

  // Those whose finding has changed.
  Queries write(const kube::StoreOp&);
  Queries refused(kube::Watcher::Restart);

  // Empty: not known yet.
  std::optional<ResourceFinding> finding(const ResourceQuery&) const;
  Queries queries() const;
  bool empty() const { return entries_.empty(); }
  void drop(const ResourceQuery& query) { entries_.erase(query); }
  // Takes over what another watch has found, until this one knows.
  void inherit(const ResourceWatch& former);

 private:
  struct Entry {
    explicit Entry(PreparedTest t) : test(std::move(t)) {}
    PreparedTest test;
    std::map<std::string, TestResult> results;    // by name, of the objects it selects
    std::map<std::string, TestResult> collected;  // of the list that is being read
    std::optional<ResourceFinding> finding;
  };

  void apply(const kube::ops::Begin&);
  void apply(const kube::ops::Apply&);
  void apply(const kube::ops::Delete&);
  void apply(const kube::ops::Complete&);
  void apply(const kube::ops::Bookmark&);
  Queries evaluate();
  ResourceFinding finding_now(const ResourceQuery&, const Entry&) const;

  std::string permission_;
  std::map<ResourceQuery, Entry> entries_;
  bool collecting_ = false;
  bool synced_ = false;
  std::optional<ResourceFinding::Reading> refused_;
};

}  // namespace bootstrap
