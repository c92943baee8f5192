#pragma once
// Which build this is; the build system sets it.

namespace bootstrap::cli {

#ifdef BOOTSTRAP_VERSION
inline constexpr const char* kVersion = BOOTSTRAP_VERSION;
#else
inline constexpr const char* kVersion = "development";
#endif

}  // namespace bootstrap::cli
