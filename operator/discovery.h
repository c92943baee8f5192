#pragma once
// Which resource of the API a kind is, as the API server says: "Deployment" of apps/v1 is
// "deployments", with namespaces.
//
// What there is is remembered until somebody says that it is gone; what there is not, for a moment
// only, because a CustomResourceDefinition may be about to come.
//
// Threads: safe from any; may block for a request. Errors: values.

#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

#include "controllers/questions.h"
#include "operator/kube/client.h"
#include "operator/runtime/clock.h"

namespace bootstrap {

// A kube::Resource that owns its names.
struct ApiResource {
  std::string group;
  std::string version;
  std::string plural;
  bool namespaced = true;
  bool watchable = true;
  auto operator<=>(const ApiResource&) const = default;

  kube::Resource resource() const { return {group, version, plural}; }
  // "deployments.apps", "pods": as RBAC messages name it.
  std::string qualified() const { return group.empty() ? plural : plural + "." + group; }
};

class Discovery {
 public:
  // How long it is believed that a kind does not exist: so that many who ask at once make one
  // request. Shorter than any step that could have made it takes, because a step after that may be
  // skipped by this answer.
  static constexpr Duration kMissingFor{250};

  Discovery(kube::Client& client, const runtime::Clock& clock) : client_(client), clock_(clock) {}

  // Empty: there is no such kind that could be listed.
  Found<std::optional<ApiResource>> find(const std::string& api_version, const std::string& kind);
  // It is not there any more.
  void forget(const std::string& api_version, const std::string& kind);

 private:
  using Key = std::pair<std::string, std::string>;

  kube::Client& client_;
  const runtime::Clock& clock_;
  std::mutex mutex_;
  std::map<Key, ApiResource> known_;
  std::map<Key, runtime::SteadyPoint> missing_since_;
};

}  // namespace bootstrap
