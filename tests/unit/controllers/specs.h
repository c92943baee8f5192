#pragma once
// Specs of workflows for tests of the domain: a valid one to begin with, and ways to change it.

#include <ostream>
#include <random>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "controllers/definition.h"
#include "controllers/plan.h"
#include "controllers/validation.h"

namespace bootstrap {

// For the messages of failed tests.
inline void PrintTo(const Problem& problem, std::ostream* out) {
  *out << problem.field << ": " << problem.message;
}

namespace testing_specs {

using nlohmann::json;

// One phase "p" with one step "s" that runs a command.
inline json small_spec() {
  return json::parse(R"json({
    "tools": {"image": "registry.example/tools:1"},
    "phases": [{"name": "p", "steps": [{"name": "s", "command": ["tool"]}]}]
  })json");
}

// What is wrong with it: with its form, else with what it says.
inline Problems problems_of(const json& spec) {
  const auto definition = read_definition(spec);
  return definition ? validate(*definition) : definition.error();
}

// Everything that a definition may have.
inline json full_spec() {
  return json::parse(R"json({
    "description": "Full setup",
    "parameters": [
      {"name": "region", "default": "us-east-1", "allowed": ["us-east-1", "eu-west-1"]},
      {"name": "cluster-name", "value": "east-1", "required": true, "description": "its name"},
      {"name": "unset"}
    ],
    "notes": {"success": "open $(params.cluster-name)", "failure": "look at $(workflow.name)"},
    "tools": {
      "image": "registry.example/tools:$(params.region)",
      "source": {"configMap": {"name": "bootstrap-tools"}},
      "path": "bin",
      "workingDir": "/work",
      "serviceAccountName": "bootstrap",
      "env": [{"name": "A", "value": "a"}, {"name": "B", "value": "b"}],
      "envFrom": [{"secretRef": {"name": "credentials"}}],
      "resources": {"limits": {"memory": "256Mi", "cpu": 1}},
      "nodeSelector": {"kubernetes.io/os": "linux"},
      "tolerations": [{"key": "infra", "operator": "Exists"}],
      "volumes": [{"name": "cache", "emptyDir": {}}],
      "volumeMounts": [{"name": "cache", "mountPath": "/cache"}],
      "imagePullSecrets": [{"name": "pull"}]
    },
    "phases": [
      {"name": "infra", "title": "Infrastructure", "steps": [
        {"name": "bootstrap", "title": "Bootstrap", "tool": "bootstrap.sh",
         "args": ["--region", "$(params.region)"], "timeout": "30m", "startTimeout": "90s"},
        {"name": "own", "command": ["tool", "$(params.cluster-name)"],
         "tools": {"image": "other:2", "env": [{"name": "B", "value": "own"},
                                               {"name": "C", "value": "$(params.region)"}]}}
      ]},
      {"name": "cluster", "steps": [
        {"name": "create", "script": "#!/bin/bash\necho \"$PARAM_REGION\"\n"}
      ]}
    ]
  })json");
}

// `spec` with a merge patch (RFC 7386) put over the step at phases/0/steps/0.
inline json with_step(json spec, const json& patch) {
  spec["phases"][0]["steps"][0].merge_patch(patch);
  return spec;
}

// All places of a document.
inline void collect(const json& value, const json::json_pointer& at,
                    std::vector<json::json_pointer>& all) {
  all.push_back(at);
  if (value.is_object())
    for (const auto& [key, child] : value.items()) collect(child, at / key, all);
  if (value.is_array())
    for (std::size_t i = 0; i < value.size(); ++i) collect(value[i], at / i, all);
}

// `spec` with up to three things in it changed at random: types, values, parts moved or removed.
inline json mutated(json spec, std::mt19937& random) {
  static const std::vector<json> kValues{nullptr,
                                         true,
                                         0,
                                         -1,
                                         1e300,
                                         "",
                                         "x",
                                         "$(params.x)",
                                         json::array(),
                                         json::object(),
                                         json::array({nullptr}),
                                         json::array({"sh", "-c", "$(params.region)"}),
                                         {{"name", 1}},
                                         {{"name", "x"}},
                                         json::array({json::array()}),
                                         std::string(100, '/'),
                                         "ä\n\t",
                                         {{"name", nullptr}, {"value", 7}}};
  const auto up_to = [&](std::size_t n) { return static_cast<std::size_t>(random()) % n; };
  for (std::size_t changes = 1 + up_to(3); changes > 0; --changes) {
    std::vector<json::json_pointer> places;
    collect(spec, json::json_pointer(), places);
    const json::json_pointer& place = places[up_to(places.size())];
    json& target = spec[place];
    const std::size_t kind = up_to(4);
    if (kind == 0)
      target = spec[places[up_to(places.size())]];  // a part from elsewhere
    else if (kind == 1 && target.is_array())
      target.push_back(kValues[up_to(kValues.size())]);
    else if (kind == 2 && target.is_object() && !target.empty())
      target.erase(target.begin().key());
    else
      target = json(kValues[up_to(kValues.size())]);
  }
  return spec;
}

inline ObjectMeta workflow_meta() {
  ObjectMeta meta;
  meta.ns = "bootstrap";
  meta.name = "full-setup";
  meta.uid = "6f1f0c2e-8d0b-4c2e-9a55-0f6f0f3a1b2c";
  meta.generation = 3;
  return meta;
}

// Of a Job: what its pod is made of, and the container of the tool.
inline const json& pod_of(const json& job) {
  return job["spec"]["template"]["spec"];
}
inline const json& main_of(const json& job) {
  return pod_of(job)["containers"][0];
}

}  // namespace testing_specs
}  // namespace bootstrap
