#pragma once
// The API server's audit log, as far as measuring needs it: who asked for what, when, and whether a
// kubelet said that a pod is over.
//
// The time is the server's receipt of the request, in microseconds: the same clock for everybody.
//
// Pure functions. Lines that cannot be read (the newest may be half written) are counted.

#include <chrono>
#include <cstddef>
#include <istream>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace bootstrap::bench {

using Micros = std::chrono::sys_time<std::chrono::microseconds>;

struct AuditedRequest {
  Micros received;
  std::string user;
  std::string verb;         // "create", "update", "patch", "delete", "get", …
  std::string group;        // "" is core
  std::string resource;     // "pods"
  std::string subresource;  // "status"; mostly ""
  std::string ns;
  std::string name;  // "" where the server gives the name
  int code = 0;      // of the answer
  // A change of a pod's status in which every container has terminated.
  bool all_terminated = false;
};

struct AuditLog {
  std::vector<AuditedRequest> requests;  // in the order of `received`
  std::size_t unreadable = 0;
};

AuditLog read_audit_log(std::istream&);

// "2026-01-02T15:04:05.123456Z"; fractions may be missing. Empty on anything else.
std::optional<Micros> micros_from(std::string_view);

// Changes something: create, update, patch, delete, deletecollection. Not: Events (counted apart),
// leases, and reviews, which store nothing.
bool is_write(const AuditedRequest&);
bool is_event(const AuditedRequest&);

}  // namespace bootstrap::bench
