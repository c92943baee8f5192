#pragma once
// The samples that are shipped, as the tests apply them.

#include <string>

namespace bootstrap::testing {

inline const std::string kSamples = SOURCE_DIR "/deploy/samples/";
// The workflow of cluster-lifecycle.yaml.
inline constexpr const char* kLifecycle = "cluster-lifecycle";

}  // namespace bootstrap::testing
