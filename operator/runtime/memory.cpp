#include "operator/runtime/memory.h"

#include <cstddef>
#include <cstdint>

#include <link.h>
#include <malloc.h>
#include <sys/mman.h>
#include <unistd.h>

namespace bootstrap::runtime {
namespace {

// Segments that are never written hold nothing that is not in the file. What is written (data,
// relocated pointers) stays.
int release_segments(dl_phdr_info* object, std::size_t, void*) {
  const auto page = static_cast<std::uintptr_t>(sysconf(_SC_PAGESIZE));
  for (int i = 0; i < object->dlpi_phnum; ++i) {
    const auto& segment = object->dlpi_phdr[i];
    if (segment.p_type != PT_LOAD || (segment.p_flags & PF_W) != 0) continue;
    const std::uintptr_t address = object->dlpi_addr + segment.p_vaddr;
    const std::uintptr_t begin = (address + page - 1) / page * page;
    const std::uintptr_t end = (address + segment.p_memsz) / page * page;
    // NOLINTNEXTLINE(performance-no-int-to-ptr): the loader describes memory in numbers
    if (begin < end) madvise(reinterpret_cast<void*>(begin), end - begin, MADV_DONTNEED);
  }
  return 0;
}

}  // namespace

void release_startup_memory() {
  malloc_trim(0);
  dl_iterate_phdr(release_segments, nullptr);
}

}  // namespace bootstrap::runtime
