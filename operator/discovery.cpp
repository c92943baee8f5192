#include "operator/discovery.h"

#include <algorithm>

#include <fmt/format.h>

#include "controllers/json_fields.h"

namespace bootstrap {
namespace {

using nlohmann::json;

bool has_verb(const json& entry, const char* verb) {
  const json verbs = entry.value("verbs", json::array());
  return std::ranges::find(verbs, json(verb)) != verbs.end();
}

// Objects of it can be listed; subresources ("pods/log") and reviews cannot.
bool can_be_listed(const json& entry) {
  return text_field(entry, "name").find('/') == std::string::npos && has_verb(entry, "list");
}

std::optional<ApiResource> resource_in(const json& list, const std::string& api_version,
                                       const std::string& kind) {
  const auto resources = list.find("resources");
  if (resources == list.end() || !resources->is_array()) return std::nullopt;
  for (const json& entry : *resources) {
    if (!entry.is_object() || text_field(entry, "kind") != kind || !can_be_listed(entry)) continue;
    const auto slash = api_version.find('/');
    ApiResource resource;
    resource.group = slash == std::string::npos ? "" : api_version.substr(0, slash);
    resource.version = slash == std::string::npos ? api_version : api_version.substr(slash + 1);
    resource.plural = text_field(entry, "name");
    resource.namespaced = entry.value("namespaced", false);
    resource.watchable = has_verb(entry, "watch");
    return resource;
  }
  return std::nullopt;
}

}  // namespace

Found<std::optional<ApiResource>> Discovery::find(const std::string& api_version,
                                                  const std::string& kind) {
  const Key key{api_version, kind};
  {
    const std::scoped_lock lock(mutex_);
    if (const auto found = known_.find(key); found != known_.end()) return found->second;
    const auto missing = missing_since_.find(key);
    if (missing != missing_since_.end() && clock_.steady_now() < missing->second + kMissingFor)
      return std::nullopt;
  }
  const auto answer = client_.get_path(
      (api_version.find('/') == std::string::npos ? "/api/" : "/apis/") + api_version);
  if (!answer && answer.error().kind != kube::ApiError::Kind::NotFound)
    return tl::unexpected(Unavailable{fmt::format("the API server does not say what {} has: {}",
                                                  api_version, answer.error().message)});
  const auto list =
      answer ? parse_kept(*answer, FieldFilter({"resources.name", "resources.kind",
                                                "resources.namespaced", "resources.verbs"}))
             : tl::expected<json, std::string>(json::object());
  if (!list) return tl::unexpected(Unavailable{list.error()});
  const auto resource = resource_in(*list, api_version, kind);
  const std::scoped_lock lock(mutex_);
  missing_since_.erase(key);
  if (resource)
    known_.insert_or_assign(key, *resource);
  else
    missing_since_.insert_or_assign(key, clock_.steady_now());
  return resource;
}

void Discovery::forget(const std::string& api_version, const std::string& kind) {
  const std::scoped_lock lock(mutex_);
  known_.erase({api_version, kind});
}

}  // namespace bootstrap
