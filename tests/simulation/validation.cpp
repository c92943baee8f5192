#include "tests/simulation/validation.h"

#include <algorithm>
#include <cctype>
#include <string_view>

#include <fmt/format.h>

namespace bootstrap::simulation {
namespace {

using Json = nlohmann::json;
using Why = std::optional<std::string>;

bool is_lower_alnum(char c) {
  return std::islower(static_cast<unsigned char>(c)) || std::isdigit(static_cast<unsigned char>(c));
}

bool is_alnum(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0;
}

bool is_dns_subdomain(std::string_view text) {
  return !text.empty() && text.size() <= 253 && is_lower_alnum(text.front()) &&
         is_lower_alnum(text.back()) && std::all_of(text.begin(), text.end(), [](char c) {
           return is_lower_alnum(c) || c == '-' || c == '.';
         });
}

bool is_label_value(std::string_view text) {
  if (text.empty()) return true;
  return text.size() <= 63 && is_alnum(text.front()) && is_alnum(text.back()) &&
         std::all_of(text.begin(), text.end(),
                     [](char c) { return is_alnum(c) || c == '-' || c == '_' || c == '.'; });
}

Why bad_metadata(const Json& metadata, const std::string& path) {
  const Json labels = metadata.value("labels", Json::object());
  for (const auto& [key, value] : labels.items()) {
    if (!value.is_string()) return fmt::format("{}.labels: must be strings", path);
    if (!is_label_value(value.get<std::string>()))
      return fmt::format(
          "{}.labels: Invalid value: {}: a valid label must be an empty string or consist of "
          "alphanumeric characters, '-', '_' or '.', and must be no more than 63 characters",
          path, value.dump());
    const auto name = key.substr(key.find('/') == std::string::npos ? 0 : key.find('/') + 1);
    if (name.empty() || !is_label_value(name))
      return fmt::format("{}.labels: Invalid value: \"{}\": name part", path, key);
  }
  const Json annotations = metadata.value("annotations", Json::object());
  for (const auto& [key, value] : annotations.items())
    if (!value.is_string()) return fmt::format("{}.annotations.{}: must be a string", path, key);
  for (const auto& owner : metadata.value("ownerReferences", Json::array()))
    for (const char* field : {"apiVersion", "kind", "name", "uid"})
      if (owner.value(field, "").empty())
        return fmt::format("{}.ownerReferences.{}: must not be empty", path, field);
  return std::nullopt;
}

Why bad_pod_spec(const Json& spec, const std::string& path) {
  const Json containers = spec.value("containers", Json::array());
  if (containers.empty()) return path + ".containers: Required value";
  for (const char* list : {"containers", "initContainers"})
    for (const auto& c : spec.value(list, Json::array())) {
      if (c.value("name", "").empty()) return fmt::format("{}.{}.name: Required value", path, list);
      if (c.value("image", "").empty())
        return fmt::format("{}.{}.image: Required value", path, list);
    }
  if (spec.contains("activeDeadlineSeconds") && spec["activeDeadlineSeconds"].get<int>() < 1)
    return path + ".activeDeadlineSeconds: Invalid value: must be greater than 0";
  return std::nullopt;
}

Why bad_job(const Json& job) {
  const std::string name = job["metadata"].value("name", "");
  if (name.size() > 63)
    return "metadata.name: Invalid value: must be no more than 63 characters: it is the value of "
           "the label batch.kubernetes.io/job-name of its pods";
  const Json spec = job.value("spec", Json::object());
  const Json pod = spec.value("/template/spec"_json_pointer, Json::object());
  if (auto why = bad_metadata(spec.value("/template/metadata"_json_pointer, Json::object()),
                              "spec.template"))
    return why;
  if (auto why = bad_pod_spec(pod, "spec.template.spec")) return why;
  const std::string restart = pod.value("restartPolicy", "Always");
  if (restart != "Never" && restart != "OnFailure")
    return "spec.template.spec.restartPolicy: Required value: valid values: \"OnFailure\", "
           "\"Never\"";
  if (!spec.contains("podFailurePolicy")) return std::nullopt;
  if (restart != "Never")
    return "spec.template.spec.restartPolicy: Invalid value: only \"Never\" is supported when "
           "podFailurePolicy is specified";
  if (spec.value("podReplacementPolicy", "Failed") != "Failed")
    return "spec.podReplacementPolicy: Unsupported value: only Failed with podFailurePolicy";
  for (const auto& rule : spec["podFailurePolicy"].value("rules", Json::array()))
    if (rule.contains("onExitCodes") == rule.contains("onPodConditions"))
      return "spec.podFailurePolicy.rules: exactly one of onExitCodes and onPodConditions";
  return std::nullopt;
}

}  // namespace

Why why_not_valid(const ResourceType& type, const Json& object) {
  const auto& metadata = object["metadata"];
  if (!is_dns_subdomain(metadata.value("name", "")))
    return fmt::format(
        "metadata.name: Invalid value: \"{}\": a lowercase RFC 1123 subdomain must "
        "consist of lower case alphanumeric characters, '-' or '.'",
        metadata.value("name", ""));
  if (auto why = bad_metadata(metadata, "metadata")) return why;
  if (type.plural == "jobs") return bad_job(object);
  if (type.plural == "pods") return bad_pod_spec(object.value("spec", Json::object()), "spec");
  return std::nullopt;
}

Why why_not_allowed(const ResourceType& type, const Json& before, const Json& after) {
  for (const char* field : {"uid", "name", "namespace", "creationTimestamp"})
    if (before["metadata"].value(field, "") != after["metadata"].value(field, ""))
      return fmt::format("metadata.{}: Invalid value: field is immutable", field);
  if (auto why = bad_metadata(after["metadata"], "metadata")) return why;
  if (type.plural == "controllerrevisions" &&
      before.value("data", Json()) != after.value("data", Json()))
    return "data: Invalid value: field is immutable";
  if (type.plural != "jobs") return std::nullopt;
  for (const char* field :
       {"template", "selector", "completions", "podFailurePolicy", "backoffLimitPerIndex"})
    if (before["spec"].value(field, Json()) != after["spec"].value(field, Json()))
      return fmt::format("spec.{}: Invalid value: field is immutable", field);
  return std::nullopt;
}

void fill_in(const ResourceType& type, Json& object, const std::string& uid) {
  if (type.plural == "pods") object["status"] = {{"phase", "Pending"}};
  if (type.plural != "jobs") return;
  const std::string name = object["metadata"]["name"];
  auto& spec = object["spec"];
  auto& labels = spec["template"]["metadata"]["labels"];
  for (const char* prefix : {"", "batch.kubernetes.io/"}) {
    labels[std::string(prefix) + "controller-uid"] = uid;
    labels[std::string(prefix) + "job-name"] = name;
  }
  if (!object["metadata"].contains("labels")) object["metadata"]["labels"] = labels;
  spec["selector"] = {{"matchLabels", {{"batch.kubernetes.io/controller-uid", uid}}}};
  const Json defaults{{"parallelism", 1},
                      {"completions", 1},
                      {"backoffLimit", 6},
                      {"suspend", false},
                      {"completionMode", "NonIndexed"}};
  for (const auto& [key, value] : defaults.items())
    if (!spec.contains(key)) spec[key] = value;
  if (!spec.contains("podReplacementPolicy"))
    spec["podReplacementPolicy"] =
        spec.contains("podFailurePolicy") ? "Failed" : "TerminatingOrFailed";
  object["status"] = Json::object();
}

}  // namespace bootstrap::simulation
