#pragma once
// The init container that clones a step's source, and what it needs in the pod.
//
// Pure functions.

#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include "controllers/definition.h"

namespace bootstrap {

inline constexpr const char* kSourceContainer = "source";

// The shell script it runs (fetch_source.sh).
extern const std::string_view kFetchSource;

struct SourceContainer {
  GitSource git;       // filled
  std::string image;   // of the step, when the source has none
  std::string commit;  // the one to take; empty: whatever the revision is
  std::string workflow;
  std::string folder;       // where to
  std::string home;         // the step's HOME
  std::string credentials;  // where the Secret is mounted, if there is one
  std::string message;      // where the kubelet reads the result
  nlohmann::json proxies;   // variables of the step that say how to reach the world
};

// Without mounts, resources and securityContext, which are the pod's matter.
nlohmann::json source_container(const SourceContainer&);

// Of the step's own variables those a clone needs: HTTPS_PROXY and the like.
nlohmann::json proxies_among(const nlohmann::json& environment);

}  // namespace bootstrap
