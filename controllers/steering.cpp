#include "controllers/steering.h"

#include <cstdint>

#include "controllers/json_fields.h"

namespace bootstrap {
namespace {

using nlohmann::json;

constexpr std::int64_t kLargestRun = 1'000'000;  // the CRD says the same

bool flag_in(const json& from, const char* key) {
  const json& flag = field(from, key);
  return flag.is_boolean() && flag.get<bool>();
}

ResumeRequest read_resume(const json& spec) {
  const auto resume = spec.find("resume");
  if (resume == spec.end() || !resume->is_object()) return {};
  const auto run = resume->find("run");
  if (run == resume->end() || !run->is_number_integer()) return {};
  const auto number = run->get<std::int64_t>();
  if (number < 1 || number > kLargestRun) return {};
  return {static_cast<int>(number), text_field(*resume, "from")};
}

Duration retention_in(const json& spec) {
  const auto wanted = duration_from_text(text_field(spec, "jobRetention"));
  return wanted ? *wanted : limits::kDefaultJobRetention;
}

}  // namespace

Steering read_steering(const json& spec) {
  if (!spec.is_object()) return {};
  return {flag_in(spec, "suspend"), flag_in(spec, "cancel"), read_resume(spec),
          text_field(spec, "resumePolicy") == "OnDefinitionChange"
              ? ResumePolicy::OnDefinitionChange
              : ResumePolicy::Manual,
          retention_in(spec)};
}

}  // namespace bootstrap
