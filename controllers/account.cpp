#include "controllers/account.h"

#include <fmt/format.h>

#include "controllers/attempt.h"
#include "controllers/names.h"

namespace bootstrap {

MayRead right_to_read(const std::string& account, const ResourceRef& resource) {
  return {account.empty() ? kDefaultAccount : account, resource.api_version, resource.kind,
          resource.name};
}

std::string no_right_text(const std::string& account, const ResourceRef& resource) {
  return fmt::format(
      "ServiceAccount {} may not {} {} ({}); bind it to a Role or ClusterRole that allows it",
      account.empty() ? kDefaultAccount : account, resource.name.empty() ? "list" : "get",
      to_text(resource), resource.api_version);
}

AccountUse use_of(const std::string& account, const std::string& ns, Inquiry& ask) {
  using Kind = AccountUse::Kind;
  if (account.empty()) return {};
  const auto* found = ask(ServiceAccountOf{account});
  if (found == nullptr) return {Kind::NotKnownYet, "", ""};
  if (!*found) return {Kind::NotKnownYet, "", found->error().why};
  if (!found->value())
    return {Kind::Refused, reasons::kServiceAccountNotFound,
            fmt::format("ServiceAccount {} does not exist in namespace {}", account, ns)};
  const auto& labels = found->value()->meta.labels;
  const auto label = labels.find(labels::kAllowWorkflows);
  if (label != labels.end() && label->second == "true") return {};
  return {Kind::Refused, reasons::kServiceAccountNotAllowed,
          fmt::format("ServiceAccount {} may not be used by workflows; to allow it: kubectl label "
                      "serviceaccount -n {} {} {}=true",
                      account, ns, account, labels::kAllowWorkflows)};
}

}  // namespace bootstrap
