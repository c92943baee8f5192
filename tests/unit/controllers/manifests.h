#pragma once
// Manifests in YAML files as the operator gets them: as JSON, with the types that kubectl gives
// plain scalars (3, 0644, true and yes are none of them text).

#include <filesystem>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

namespace bootstrap::testing {

struct Manifest {
  std::filesystem::path file;
  nlohmann::json object;

  std::string kind() const { return object.value("kind", ""); }
  std::string name() const { return object["metadata"]["name"]; }
};

// Every document of every *.yaml file in a folder, by file name. Throws what yaml-cpp throws.
std::vector<Manifest> manifests_in(const std::filesystem::path& folder);

// What the lines "# expect: <text>" at the top of a file say.
std::vector<std::string> expectations_of(const std::filesystem::path& file);

}  // namespace bootstrap::testing
