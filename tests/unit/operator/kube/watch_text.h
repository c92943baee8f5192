#pragma once
// For tests of the watcher: what goes in and what comes out, as short text.

#include <string>
#include <utility>
#include <variant>
#include <vector>

#include <nlohmann/json.hpp>

#include "operator/kube/watcher.h"

namespace bootstrap::kube::watch_text {

inline std::string event(const std::string& type, const std::string& name, int version) {
  return R"({"type":")" + type + R"(","object":{"metadata":{"name":")" + name +
         R"(","resourceVersion":")" + std::to_string(version) + R"("},"skipped":{"x":1}}})" + "\n";
}
inline std::string bookmark(int version, bool initial_end = false) {
  const std::string note =
      initial_end ? R"(,"annotations":{"k8s.io/initial-events-end":"true"})" : "";
  return R"({"type":"BOOKMARK","object":{"metadata":{"resourceVersion":")" +
         std::to_string(version) + '"' + note + "}}}\n";
}
inline std::string error_event(int code, const std::string& message = "m") {
  return R"({"type":"ERROR","object":{"kind":"Status","code":)" + std::to_string(code) +
         R"(,"message":")" + message + R"(","details":{"retryAfterSeconds":7}}})" + "\n";
}
inline std::string page(const std::vector<std::string>& names,
                        const std::string& continue_token = "") {
  std::string items;
  for (const std::string& name : names)
    items += (items.empty() ? "" : ",") + std::string(R"({"metadata":{"name":")") + name +
             R"(","resourceVersion":"3"}})";
  return R"({"metadata":{"resourceVersion":"50","continue":")" + continue_token +
         R"("},"items":[)" + items + "]}";
}
inline ApiError api_error(ApiError::Kind kind, int code, std::string message = "why") {
  ApiError error;
  error.kind = kind;
  error.code = code;
  error.message = std::move(message);
  return error;
}

struct Short {
  std::string operator()(const ops::Begin&) const { return "begin"; }
  std::string operator()(const ops::Apply& op) const { return "+" + name(op.object); }
  std::string operator()(const ops::Delete& op) const { return "-" + name(op.object); }
  std::string operator()(const ops::Complete& op) const {
    return "complete@" + std::to_string(op.version);
  }
  std::string operator()(const ops::Bookmark& op) const { return "@" + std::to_string(op.version); }
  static std::string name(const nlohmann::json& object) { return object["metadata"]["name"]; }
};
inline std::string text(const Watcher::Output& out) {
  std::string all;
  for (const StoreOp& op : out.ops) all += (all.empty() ? "" : " ") + std::visit(Short{}, op);
  return all;
}
inline std::string text(const Watcher::Next& next) {
  if (const auto* watch = std::get_if<Watcher::OpenWatch>(&next))
    return watch->options.send_initial_events ? "stream"
                                              : "watch@" + watch->options.resource_version;
  if (const auto* get = std::get_if<Watcher::GetPage>(&next))
    return "page(" + get->options.continue_token + ")";
  return "pause " + std::to_string(std::get<Watcher::Pause>(next).length.count());
}

inline Watcher::Options options() {
  return {.fields = FieldFilter{"metadata"}, .label_selector = "l=v"};
}

// A watcher that has listed by stream and runs its watch.
inline Watcher watching(Watcher::Options with = options()) {
  Watcher watcher(std::move(with));
  watcher.next(0);
  watcher.on_bytes(event("ADDED", "a", 7) + bookmark(10, true));
  return watcher;
}

}  // namespace bootstrap::kube::watch_text
