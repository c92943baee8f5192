#pragma once
// How the API server says no: metav1.Status, with the texts of the real one.
//
// Threads: values.

#include <optional>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>
#include <tl/expected.hpp>

#include "operator/kube/transport.h"
#include "tests/simulation/resource_types.h"

namespace bootstrap::simulation {

using Json = nlohmann::json;

struct ApiStatus {
  int code = 500;
  std::string reason;
  std::string message;
  Json details = Json::object();
  std::optional<int> retry_after = std::nullopt;  // seconds; also the header

  Json to_json() const;
};

// As it is sent.
kube::Response refusal(const ApiStatus&);

template <class T>
using Answer = tl::expected<T, ApiStatus>;

namespace refusals {
ApiStatus not_found(const ResourceType&, std::string_view name);
ApiStatus already_exists(const ResourceType&, std::string_view name);
// Another write came first: the resourceVersion sent is not the newest.
ApiStatus conflict(const ResourceType&, std::string_view name, std::string_view why = "");
ApiStatus invalid(const ResourceType&, std::string_view name, std::string_view why);
ApiStatus bad_request(std::string_view why);
ApiStatus forbidden(const ResourceType&, std::string_view name, std::string_view why);
ApiStatus expired(std::string_view why);
ApiStatus too_large_version(std::uint64_t asked, std::uint64_t current);
ApiStatus too_many_requests();
ApiStatus internal_error(std::string_view why);
ApiStatus unavailable();
ApiStatus method_not_allowed();
}  // namespace refusals

}  // namespace bootstrap::simulation
