#include "tests/simulation/api_status.h"

#include <fmt/format.h>

namespace bootstrap::simulation {

kube::Response refusal(const ApiStatus& status) {
  kube::Response response{
      .status = status.code, .body = status.to_json().dump(), .retry_after = {}};
  if (status.retry_after) response.retry_after = std::chrono::seconds(*status.retry_after);
  return response;
}

Json ApiStatus::to_json() const {
  Json status{{"kind", "Status"},    {"apiVersion", "v1"}, {"metadata", Json::object()},
              {"status", "Failure"}, {"message", message}, {"reason", reason},
              {"code", code}};
  Json all = details;
  if (retry_after) all["retryAfterSeconds"] = *retry_after;
  if (!all.empty()) status["details"] = std::move(all);
  return status;
}

namespace refusals {
namespace {

Json about(const ResourceType& type, std::string_view name) {
  Json details{{"kind", type.plural}, {"name", name}};
  if (!type.group.empty()) details["group"] = type.group;
  return details;
}

ApiStatus plain(int code, std::string_view reason, std::string message) {
  return ApiStatus{.code = code, .reason = std::string(reason), .message = std::move(message)};
}

}  // namespace

ApiStatus not_found(const ResourceType& type, std::string_view name) {
  auto s = plain(404, "NotFound", fmt::format("{} \"{}\" not found", type.qualified(), name));
  s.details = about(type, name);
  return s;
}

ApiStatus already_exists(const ResourceType& type, std::string_view name) {
  auto s =
      plain(409, "AlreadyExists", fmt::format("{} \"{}\" already exists", type.qualified(), name));
  s.details = about(type, name);
  return s;
}

ApiStatus conflict(const ResourceType& type, std::string_view name, std::string_view why) {
  if (why.empty())
    why =
        "the object has been modified; please apply your changes to the latest version and try "
        "again";
  auto s = plain(
      409, "Conflict",
      fmt::format("Operation cannot be fulfilled on {} \"{}\": {}", type.qualified(), name, why));
  s.details = about(type, name);
  return s;
}

ApiStatus invalid(const ResourceType& type, std::string_view name, std::string_view why) {
  const std::string kind = type.group.empty() ? type.kind : type.kind + "." + type.group;
  auto s = plain(422, "Invalid", fmt::format("{} \"{}\" is invalid: {}", kind, name, why));
  s.details = about(type, name);
  s.details["kind"] = type.kind;
  return s;
}

ApiStatus bad_request(std::string_view why) {
  return plain(400, "BadRequest", std::string(why));
}

ApiStatus forbidden(const ResourceType& type, std::string_view name, std::string_view why) {
  auto s = plain(403, "Forbidden",
                 fmt::format("{} \"{}\" is forbidden: {}", type.qualified(), name, why));
  s.details = about(type, name);
  return s;
}

ApiStatus expired(std::string_view why) {
  return plain(410, "Expired", std::string(why));
}

ApiStatus too_large_version(std::uint64_t asked, std::uint64_t current) {
  auto s = plain(504, "Timeout",
                 fmt::format("Too large resource version: {}, current: {}", asked, current));
  s.details["causes"] = Json::array(
      {{{"reason", "ResourceVersionTooLarge"}, {"message", "Too large resource version"}}});
  s.retry_after = 1;
  return s;
}

ApiStatus too_many_requests() {
  auto s = plain(429, "TooManyRequests",
                 "the server has received too many requests and has asked us to try again later");
  s.retry_after = 1;
  return s;
}

ApiStatus internal_error(std::string_view why) {
  return plain(500, "InternalError", fmt::format("Internal error occurred: {}", why));
}

ApiStatus unavailable() {
  return plain(503, "ServiceUnavailable", "the server is currently unable to handle the request");
}

ApiStatus method_not_allowed() {
  return plain(405, "MethodNotAllowed",
               "the server does not allow this method on the requested "
               "resource");
}

}  // namespace refusals
}  // namespace bootstrap::simulation
