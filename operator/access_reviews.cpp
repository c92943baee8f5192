#include "operator/access_reviews.h"

#include <fmt/format.h>

namespace bootstrap {
namespace {

using nlohmann::json;

json review_of(const std::string& ns, const MayRead& question, const ApiResource& resource) {
  json attributes{{"verb", question.name.empty() ? "list" : "get"},
                  {"group", resource.group},
                  {"version", resource.version},
                  {"resource", resource.plural}};
  if (resource.namespaced) attributes["namespace"] = ns;
  if (!question.name.empty()) attributes["name"] = question.name;
  return {{"apiVersion", "authorization.k8s.io/v1"},
          {"kind", "SubjectAccessReview"},
          {"spec",
           {{"user", fmt::format("system:serviceaccount:{}:{}", ns, question.account)},
            {"groups",
             {"system:serviceaccounts", "system:serviceaccounts:" + ns, "system:authenticated"}},
            {"resourceAttributes", std::move(attributes)}}}};
}

}  // namespace

Found<bool> AccessReviews::ask(const std::string& ns, const MayRead& question) {
  const auto resource = discovery_.find(question.api_version, question.kind);
  if (!resource) return tl::unexpected(resource.error());
  if (!*resource) return true;
  const Key key{ns, question};
  {
    const std::scoped_lock lock(mutex_);
    const auto now = clock_.steady_now();
    std::erase_if(known_, [&](const auto& entry) { return entry.second.until <= now; });
    if (const auto found = known_.find(key); found != known_.end()) return found->second.allowed;
  }
  auto allowed = review(ns, question, **resource);
  if (!allowed) return allowed;
  const std::scoped_lock lock(mutex_);
  known_.insert_or_assign(key,
                          Known{*allowed, clock_.steady_now() + (*allowed ? kYesFor : kNoFor)});
  return allowed;
}

Found<bool> AccessReviews::review(const std::string& ns, const MayRead& question,
                                  const ApiResource& resource) {
  const auto answer = client_.review(kube::resources::kSubjectAccessReviews,
                                     review_of(ns, question, resource).dump());
  if (!answer)
    return tl::unexpected(Unavailable{"rights cannot be asked for: " + answer.error().message});
  const auto kept = parse_kept(*answer, FieldFilter({"status.allowed"}));
  if (!kept) return tl::unexpected(Unavailable{kept.error()});
  return kept->value("/status/allowed"_json_pointer, false);
}

}  // namespace bootstrap
