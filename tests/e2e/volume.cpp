#include "tests/e2e/volume.h"

#include <filesystem>

namespace bootstrap::testing {

using nlohmann::json;

Volume::Volume(Cluster& cluster, std::string name)
    : cluster_(cluster),
      name_(std::move(name)),
      folder_(Cluster::variable("CLUSTER_STATE") + "/" + name_) {
  std::filesystem::create_directories(folder_);
  std::filesystem::permissions(folder_, std::filesystem::perms::all);
  const json volume{{"apiVersion", "v1"},
                    {"kind", "PersistentVolume"},
                    {"metadata", {{"name", name_}}},
                    {"spec",
                     {{"capacity", {{"storage", "100Mi"}}},
                      {"accessModes", {"ReadWriteOnce"}},
                      {"hostPath", {{"path", folder_}}}}}};
  cluster_.kubectl_output({"create", "-f", "-"}, {.input = volume.dump()});
}

Volume::~Volume() {
  cluster_.kubectl({"delete", "pv", name_, "--wait=false"});
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

}  // namespace bootstrap::testing
