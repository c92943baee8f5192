#include "tests/bench/audit_log.h"

#include <algorithm>
#include <array>
#include <charconv>

#include <nlohmann/json.hpp>

#include "controllers/projection.h"

namespace bootstrap::bench {
namespace {

using nlohmann::json;

const FieldFilter& fields() {
  static const FieldFilter filter({"stage", "verb", "user.username", "objectRef",
                                   "responseStatus.code", "requestReceivedTimestamp",
                                   "requestObject.status.containerStatuses.state"});
  return filter;
}

bool all_terminated(const json& event) {
  const json::json_pointer where("/requestObject/status/containerStatuses");
  if (!event.contains(where) || !event.at(where).is_array() || event.at(where).empty())
    return false;
  return std::ranges::all_of(event.at(where), [](const json& container) {
    const auto state = container.find("state");
    return state != container.end() && state->contains("terminated") &&
           !state->at("terminated").is_null();
  });
}

std::string text_at(const json& object, const char* pointer) {
  const json::json_pointer where(pointer);
  return object.contains(where) && object.at(where).is_string() ? object.at(where) : json("");
}

std::optional<AuditedRequest> request_from(const json& event) {
  const auto received = micros_from(text_at(event, "/requestReceivedTimestamp"));
  if (!received) return std::nullopt;
  const json::json_pointer code("/responseStatus/code");
  return AuditedRequest{.received = *received,
                        .user = text_at(event, "/user/username"),
                        .verb = text_at(event, "/verb"),
                        .group = text_at(event, "/objectRef/apiGroup"),
                        .resource = text_at(event, "/objectRef/resource"),
                        .subresource = text_at(event, "/objectRef/subresource"),
                        .ns = text_at(event, "/objectRef/namespace"),
                        .name = text_at(event, "/objectRef/name"),
                        .code = event.contains(code) ? event.at(code).get<int>() : 0,
                        .all_terminated = all_terminated(event)};
}

// A number of exactly so many digits; -1 on anything else.
int number(std::string_view text) {
  int value = -1;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size() && value >= 0 ? value : -1;
}

}  // namespace

AuditLog read_audit_log(std::istream& in) {
  AuditLog log;
  for (std::string line; std::getline(in, line);) {
    if (line.empty()) continue;
    const auto event = parse_kept(line, fields());
    if (event && text_at(*event, "/stage") != "ResponseComplete") continue;
    auto request = event ? request_from(*event) : std::nullopt;
    if (request)
      log.requests.push_back(std::move(*request));
    else
      ++log.unreadable;
  }
  std::ranges::stable_sort(log.requests, {}, &AuditedRequest::received);
  return log;
}

std::optional<Micros> micros_from(std::string_view text) {
  using namespace std::chrono;
  if (text.size() < 20 || text.back() != 'Z' || text[4] != '-' || text[7] != '-' ||
      text[10] != 'T' || text[13] != ':' || text[16] != ':')
    return std::nullopt;
  const std::array parts{number(text.substr(0, 4)),  number(text.substr(5, 2)),
                         number(text.substr(8, 2)),  number(text.substr(11, 2)),
                         number(text.substr(14, 2)), number(text.substr(17, 2))};
  if (std::ranges::find(parts, -1) != parts.end()) return std::nullopt;
  std::string fraction(text.substr(19, text.size() - 20));
  if (!fraction.empty() && (fraction.front() != '.' || fraction.size() > 10)) return std::nullopt;
  fraction = fraction.empty() ? "0" : fraction.substr(1);
  fraction.resize(6, '0');
  const year_month_day day{year(parts[0]), month(static_cast<unsigned>(parts[1])),
                           std::chrono::day(static_cast<unsigned>(parts[2]))};
  const int micro = number(fraction);
  if (!day.ok() || micro < 0) return std::nullopt;
  return sys_days(day) + hours(parts[3]) + minutes(parts[4]) + seconds(parts[5]) +
         microseconds(micro);
}

bool is_event(const AuditedRequest& r) {
  return r.resource == "events" && (r.verb == "create" || r.verb == "patch");
}

bool is_write(const AuditedRequest& r) {
  constexpr std::array<std::string_view, 5> kChanging{"create", "update", "patch", "delete",
                                                      "deletecollection"};
  return std::ranges::find(kChanging, r.verb) != kChanging.end() && r.resource != "events" &&
         r.resource != "leases" && !r.resource.ends_with("reviews");
}

}  // namespace bootstrap::bench
