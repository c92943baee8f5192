#include "operator/resource_lookup.h"

#include <fmt/format.h>

#include "operator/resource_watch.h"

namespace bootstrap {
namespace {

using nlohmann::json;
using ErrorKind = kube::ApiError::Kind;
using kube::Watcher;

// Feeds all objects of the query to `results`, as a watch would.
tl::expected<void, kube::ApiError> list_into(ResourceWatch& results, kube::Client& client,
                                             const kube::Resource& resource, const std::string& ns,
                                             const ResourceRef& wanted) {
  const Selection selection = selection_of(wanted);
  kube::ListOptions page{.label_selector = selection.label_selector,
                         .field_selector = selection.field_selector};
  const FieldFilter fields =
      results.watcher().fields.below("items").with(FieldFilter({"metadata.continue"}));
  results.write(kube::ops::Begin{});
  do {
    const auto text = client.list(resource, ns, page);
    if (!text) return tl::unexpected(text.error());
    auto kept = parse_kept(*text, fields);
    if (!kept)
      return tl::unexpected(kube::ApiError{.kind = ErrorKind::NoAnswer, .message = kept.error()});
    for (json& item : (*kept)["items"]) results.write(kube::ops::Apply{std::move(item)});
    page.continue_token = kept->value("/metadata/continue"_json_pointer, std::string());
  } while (!page.continue_token.empty());
  results.write(kube::ops::Complete{0});
  return {};
}

}  // namespace

Found<ResourceFinding> look_up(kube::Client& client, Discovery& discovery, const std::string& ns,
                               const ResourceQuery& query) {
  // A kind may be gone, or back as another resource, since the last time: then it is asked again.
  constexpr int kTries = 2;
  for (int i = 0; i < kTries; ++i) {
    const auto found = discovery.find(query.resource.api_version, query.resource.kind);
    if (!found) return tl::unexpected(found.error());
    if (!*found) return finding_without_kind(query);
    const ApiResource& resource = **found;
    ResourceWatch results(resource.qualified(), {query});
    const auto listed = list_into(results, client, resource.resource(),
                                  resource.namespaced ? ns : "", query.resource);
    if (!listed && listed.error().kind == ErrorKind::NotFound) {
      discovery.forget(query.resource.api_version, query.resource.kind);
      continue;
    }
    if (!listed && listed.error().kind == ErrorKind::Forbidden)
      results.refused(Watcher::Restart::Forbidden);
    else if (!listed)
      return tl::unexpected(Unavailable{fmt::format("the API server does not list {}: {}",
                                                    resource.qualified(), listed.error().message)});
    if (auto finding = results.finding(query)) return std::move(*finding);
  }
  return tl::unexpected(Unavailable{
      fmt::format("{} of {} comes and goes", query.resource.kind, query.resource.api_version)});
}

}  // namespace bootstrap
