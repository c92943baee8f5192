#include "tests/integration/audit_log.h"

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <stdexcept>

#include <fmt/format.h>

#include "tests/integration/cluster.h"

namespace bootstrap::testing {
namespace {

using nlohmann::json;

// "2026-01-02T15:04:05.123456Z"; the log always has all six digits.
AuditTime time_of(const json& event, const char* key) {
  const std::string text = event.value(key, "");
  int year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0, micro = 0;
  if (std::sscanf(text.c_str(), "%d-%d-%dT%d:%d:%d.%6dZ", &year, &month, &day, &hour, &minute,
                  &second, &micro) != 7)
    throw std::runtime_error("no time in the audit log: " + event.dump());
  const std::chrono::sys_days date = std::chrono::year(year) / month / day;
  return AuditTime(date) + std::chrono::hours(hour) + std::chrono::minutes(minute) +
         std::chrono::seconds(second) + std::chrono::microseconds(micro);
}

Request request_of(const json& event) {
  const json object = event.value("objectRef", json::object());
  Request request;
  request.verb = event.value("verb", "");
  request.resource = object.value("resource", "");
  if (object.contains("subresource"))
    request.resource += "/" + object.at("subresource").get<std::string>();
  request.group = object.value("apiGroup", "");
  request.ns = object.value("namespace", "");
  request.name = object.value("name", "");
  request.user = event.value("/user/username"_json_pointer, "");
  request.path = event.value("requestURI", "");
  request.code = event.value("/responseStatus/code"_json_pointer, 0);
  request.received = time_of(event, "requestReceivedTimestamp");
  request.answered = time_of(event, "stageTimestamp");
  request.body = event.value("requestObject", json());
  return request;
}

}  // namespace

bool Request::is_write() const {
  return verb == "create" || verb == "update" || verb == "patch" || verb == "delete" ||
         verb == "deletecollection";
}

AuditLog::AuditLog(const std::string& part) {
  const std::string file = Cluster::variable("AUDIT_LOG");
  std::ifstream log(file);
  if (!log) throw std::runtime_error("cannot read " + file);
  for (std::string line; std::getline(log, line);) {
    if (line.find(part) == std::string::npos) continue;
    const json event = json::parse(line, nullptr, false);
    if (event.is_discarded()) continue;  // being written
    requests_.push_back(request_of(event));
  }
  std::ranges::stable_sort(requests_, {}, &Request::received);
}

AuditLog AuditLog::of_namespace(const std::string& ns) {
  return AuditLog(fmt::format("\"namespace\":\"{}\"", ns));
}

AuditLog AuditLog::of_user(const std::string& user) {
  return AuditLog(fmt::format("\"username\":\"{}\"", user));
}

std::vector<Request> AuditLog::select(const Which& which) const {
  std::vector<Request> some;
  std::ranges::copy_if(requests_, std::back_inserter(some), which);
  return some;
}

std::map<std::string, AuditTime> AuditLog::ends_of_pods() const {
  const auto terminated = [](const json& container) {
    return container.value("state", json::object()).contains("terminated");
  };
  std::map<std::string, AuditTime> ends;
  for (const Request& r : requests_) {
    if (r.resource != "pods/status" || r.verb != "patch") continue;
    const json containers = r.body.value("/status/containerStatuses"_json_pointer, json::array());
    if (!containers.empty() && std::ranges::all_of(containers, terminated))
      ends.emplace(r.name, r.received);
  }
  return ends;
}

}  // namespace bootstrap::testing
