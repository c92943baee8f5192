# How our own code is compiled. Every target of ours links bootstrap_own_code privately; what we
# depend on is never held to our warnings.

# For a build from nothing that is done once: libraries compile a quarter faster with precompiled
# headers, tests three times as fast when several files are one (tests/CMakeLists.txt). Whoever works
# on the code has ccache, which does better and notices an include that is missing.
set(BOOTSTRAP_BUILD_ONCE "$ENV{BOOTSTRAP_BUILD_ONCE}" CACHE BOOL
  "Compile everything in the least time, once, and do without ccache")
find_program(CCACHE ccache)
if(CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER AND NOT BOOTSTRAP_BUILD_ONCE)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CCACHE})
endif()

add_library(bootstrap_own_code INTERFACE)
target_include_directories(bootstrap_own_code INTERFACE ${PROJECT_SOURCE_DIR})
target_compile_options(bootstrap_own_code INTERFACE -Wall -Wextra -Wconversion -Wshadow -Werror)
# What is shipped says functions and lines, in a profile or a stack; variables are for the debug build.
# They are a third of the time that a library takes to compile.
target_compile_options(bootstrap_own_code INTERFACE $<$<CONFIG:RelWithDebInfo>:-g1>)

if(BOOTSTRAP_BUILD_ONCE)
  target_precompile_headers(bootstrap_own_code INTERFACE
    <algorithm> <chrono> <functional> <map> <memory> <optional> <string> <variant> <vector>
    <nlohmann/json.hpp>)
endif()

if(BOOTSTRAP_SANITIZE)
  add_compile_options(-fsanitize=${BOOTSTRAP_SANITIZE} -fno-omit-frame-pointer)
  add_link_options(-fsanitize=${BOOTSTRAP_SANITIZE})
  if(BOOTSTRAP_SANITIZE MATCHES thread)
    # Boost has fences, which the sanitizer cannot see, and GCC says so. What it then misses are
    # orders, so at worst it reports a race that is none.
    add_compile_options(-Wno-tsan)
  endif()
  if(BOOTSTRAP_SANITIZE MATCHES undefined)
    add_compile_options(-fno-sanitize-recover=undefined)
  endif()
endif()
