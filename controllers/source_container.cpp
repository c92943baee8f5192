#include "controllers/source_container.h"

#include <algorithm>
#include <array>

#include "controllers/references.h"

namespace bootstrap {

using nlohmann::json;

namespace {

constexpr std::array<std::string_view, 8> kProxies{"HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY",
                                                   "NO_PROXY",   "http_proxy",  "https_proxy",
                                                   "all_proxy",  "no_proxy"};

}  // namespace

json proxies_among(const json& environment) {
  json all = json::array();
  for (const json& entry : environment)
    if (std::ranges::find(kProxies, entry["name"].get_ref<const std::string&>()) != kProxies.end())
      all.push_back(entry);
  return all;
}

json source_container(const SourceContainer& source) {
  json env = json::array();
  const auto set = [&env](const char* name, const std::string& value) {
    env.push_back({{"name", name}, {"value", quoted_for_kubelet(value)}});
  };
  set("SOURCE_REPOSITORY", source.git.repository);
  set("SOURCE_REVISION", source.git.revision);
  set("SOURCE_COMMIT", source.commit);
  set("SOURCE_FOLDER", source.folder);
  set("SOURCE_CREDENTIALS", source.git.secret.empty() ? "" : source.credentials);
  set("SOURCE_FOR_STEPS", source.git.credentials_for_steps ? "yes" : "no");
  set("SOURCE_MESSAGE", source.message);
  set("BOOTSTRAP_WORKFLOW_NAME", source.workflow);
  set("HOME", source.home);
  for (const json& proxy : source.proxies) env.push_back(proxy);
  return {{"name", kSourceContainer},
          {"image", source.git.image.empty() ? source.image : source.git.image},
          {"command",
           json::array({"/bin/sh", "-c", quoted_for_kubelet(kFetchSource), kSourceContainer})},
          {"env", std::move(env)},
          {"terminationMessagePath", source.message},
          {"terminationMessagePolicy", "FallbackToLogsOnError"}};
}

}  // namespace bootstrap
