#pragma once
// The kinds of objects the simulated API server knows, and how each behaves.
//
// Threads: constants.

#include <string>
#include <string_view>
#include <vector>

namespace bootstrap::simulation {

struct ResourceType {
  std::string group;  // "": core
  std::string version;
  std::string plural;
  std::string kind;
  bool namespaced = true;
  bool status_subresource = false;
  bool generation = false;  // metadata.generation counts changes of what is wanted
  bool custom = false;      // from a CRD: items of a list carry apiVersion and kind

  std::string api_version() const { return group.empty() ? version : group + "/" + version; }
  // "jobs.batch", "pods": as messages name it.
  std::string qualified() const { return group.empty() ? plural : plural + "." + group; }
};

// What the operator and the simulated controllers use.
std::vector<ResourceType> known_types();

}  // namespace bootstrap::simulation
