#pragma once
// A volume for a claim of a test. There is no provisioner in the local cluster: it is a folder of
// the node that is there already and belongs to nobody. Deleted at the end, without waiting for it.

#include <string>

#include "tests/integration/cluster.h"

namespace bootstrap::testing {

class Volume {
 public:
  Volume(Cluster& cluster, std::string name);
  ~Volume();
  Volume(const Volume&) = delete;
  Volume& operator=(const Volume&) = delete;

 private:
  Cluster& cluster_;
  std::string name_;
  std::string folder_;
};

}  // namespace bootstrap::testing
