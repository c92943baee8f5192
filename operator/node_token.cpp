#include "operator/node_token.h"

#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "controllers/projection.h"

namespace bootstrap {

std::string NodeToken::token() {
  const runtime::SteadyPoint now = clock_.steady_now();
  if (!token_.empty() && asked_ && *asked_ + kUsedFor > now) return token_;
  asked_ = now;
  token_.clear();
  const auto answer = client_.request_token(ns_, account_, kLifetime);
  const auto kept = answer ? parse_kept(*answer, FieldFilter({"status.token"}))
                           : tl::unexpected(answer.error().message);
  if (kept) token_ = kept->value("/status/token"_json_pointer, std::string());
  const std::string problem =
      kept ? "" : fmt::format("no token of ServiceAccount {}/{}: {}", ns_, account_, kept.error());
  if (problem != std::exchange(problem_, problem) && !problem.empty()) on_problem_(problem);
  return token_;
}

void NodeToken::rejected(std::string_view token) {
  if (token == token_) token_.clear();
}

}  // namespace bootstrap
