#pragma once
// What a request asks for, read from its path and query.
//
// Threads: pure functions.

#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace bootstrap::simulation {

struct RequestTarget {
  std::string path;
  // Empty group, version and plural: not a path of a resource ("/version").
  std::string group;
  std::string version;
  std::string plural;
  std::string ns;
  std::string name;
  std::string subresource;
  std::map<std::string, std::string> query;

  std::string parameter(const std::string& key) const {
    const auto found = query.find(key);
    return found == query.end() ? "" : found->second;
  }
  bool flag(const std::string& key) const {
    const std::string value = parameter(key);
    return value == "true" || value == "1";
  }
};

// Empty on a broken percent encoding.
std::optional<RequestTarget> parse_target(std::string_view target);
std::string percent_encoded(std::string_view);

}  // namespace bootstrap::simulation
