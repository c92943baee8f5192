#pragma once
// The schemas of our kinds, as the CustomResourceDefinitions have them that belong to this build.
//
// What a CRD leaves to the API server, metadata, is added: names and labels that are no texts are
// refused there too.
//
// Safe from any thread.

#include <string_view>

#include <nlohmann/json_fwd.hpp>

namespace bootstrap::cli {

// The files of crds/ as they are.
extern const std::string_view kWorkflowCrd;
extern const std::string_view kTemplateCrd;

inline constexpr const char* kTemplateKind = "BootstrapWorkflowTemplate";

// The openAPIV3Schema of a kind. Null: it is none of ours.
const nlohmann::json* schema_of(std::string_view kind);

}  // namespace bootstrap::cli
