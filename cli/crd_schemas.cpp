#include "cli/crd_schemas.h"

#include <nlohmann/json.hpp>

#include "cli/document.h"
#include "controllers/names.h"

namespace bootstrap::cli {
namespace {

using nlohmann::json;

// As far as people write it. What the API server fills in is of any type: an object that was read
// from a cluster, or printed by a program, is no mistake.
constexpr const char* kMetadata = R"({
  "type": "object",
  "properties": {
    "name": {"type": "string", "maxLength": 253},
    "generateName": {"type": "string", "maxLength": 253},
    "namespace": {"type": "string", "maxLength": 63},
    "labels": {"type": "object", "additionalProperties": {"type": "string", "maxLength": 63}},
    "annotations": {"type": "object", "additionalProperties": {"type": "string"}},
    "finalizers": {"type": "array", "items": {"type": "string"}},
    "ownerReferences": {}, "managedFields": {}, "uid": {}, "resourceVersion": {},
    "generation": {}, "selfLink": {}, "creationTimestamp": {}, "deletionTimestamp": {},
    "deletionGracePeriodSeconds": {}
  }
})";

json schema_in(std::string_view crd) {
  Documents read = read_documents(crd);
  json schema =
      std::move(read.documents.at(0).value["spec"]["versions"][0]["schema"]["openAPIV3Schema"]);
  schema["properties"]["metadata"] = json::parse(kMetadata);
  return schema;
}

}  // namespace

const json* schema_of(std::string_view kind) {
  // Reading one takes longer than all else, so only what is asked for is read.
  if (kind == kWorkflowKind) {
    static const json kSchema = schema_in(kWorkflowCrd);
    return &kSchema;
  }
  if (kind == kTemplateKind) {
    static const json kSchema = schema_in(kTemplateCrd);
    return &kSchema;
  }
  return nullptr;
}

}  // namespace bootstrap::cli
