#pragma once
// What the API server was asked, by whom and when: its audit log, the honest way to count writes
// and to tell what came first.
//
//   const AuditLog log = AuditLog::of_namespace(ns);
//   const auto jobs = log.select([](const Request& r) { return r.creates("jobs"); });
//
// Threads: values. Errors: a log that cannot be read is an exception, which fails the test.

#include <chrono>
#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

namespace bootstrap::testing {

using AuditTime = std::chrono::sys_time<std::chrono::microseconds>;

struct Request {
  std::string verb{};      // "get", "list", "watch", "create", "update", "patch", "delete"
  std::string resource{};  // with the subresource: "pods/status"; "" for a path
  std::string group{};
  std::string ns{};
  std::string name{};  // of a creation: "" unless the API server logs it
  std::string user{};
  std::string path{};
  int code = 0;
  AuditTime received{};
  AuditTime answered{};
  nlohmann::json body{};  // only where the audit policy keeps it: the kubelet's pods/status

  bool is_write() const;
  bool succeeded() const { return code >= 200 && code < 300; }
};

inline constexpr const char* kOperatorUser =
    "system:serviceaccount:bootstrap-operator:bootstrap-operator";

class AuditLog {
 public:
  using Which = std::function<bool(const Request&)>;

  // Requests about objects in a namespace, oldest first. A watch is there when it begins and again
  // when it ends.
  static AuditLog of_namespace(const std::string& ns);
  // Requests of a user.
  static AuditLog of_user(const std::string& user);

  std::vector<Request> select(const Which& which) const;
  // When the kubelet first reported that every container of a pod had terminated, by pod.
  std::map<std::string, AuditTime> ends_of_pods() const;
  std::size_t count(const Which& which) const { return select(which).size(); }
  const std::vector<Request>& all() const& { return requests_; }
  std::vector<Request> all() && { return std::move(requests_); }  // in the head of a loop, say

 private:
  // Of the lines that contain `part`.
  explicit AuditLog(const std::string& part);

  std::vector<Request> requests_;
};

}  // namespace bootstrap::testing
