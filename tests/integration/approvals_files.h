#pragma once
// What deploy/components/approvals adds to a cluster.

namespace bootstrap::testing {

inline constexpr const char* kPolicyFile = SOURCE_DIR "/deploy/components/approvals/policy.yaml";
inline constexpr const char* kRolesFile = SOURCE_DIR "/deploy/components/approvals/user_roles.yaml";

}  // namespace bootstrap::testing
