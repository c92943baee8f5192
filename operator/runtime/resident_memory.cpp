#include "operator/runtime/resident_memory.h"

#include <cstddef>
#include <cstdint>

#include <link.h>
#include <malloc.h>
#include <sys/mman.h>
#include <unistd.h>

namespace bootstrap::runtime {
namespace {

// Segments that cannot be written are as they are in the file; what relocation has changed lies in
// writable ones.
int release_segments(dl_phdr_info* object, std::size_t, void* page_size) {
  const auto page = *static_cast<const std::uintptr_t*>(page_size);
  for (int i = 0; i < object->dlpi_phnum; ++i) {
    const auto& segment = object->dlpi_phdr[i];
    if (segment.p_type != PT_LOAD || (segment.p_flags & PF_W) != 0) continue;
    const std::uintptr_t begin = object->dlpi_addr + segment.p_vaddr;
    const std::uintptr_t first = begin / page * page;
    const std::uintptr_t size = begin + segment.p_memsz - first;
    (void)madvise(reinterpret_cast<void*>(first), size, MADV_DONTNEED);
  }
  return 0;
}

}  // namespace

void release_unused_memory() {
  malloc_trim(0);
  auto page = static_cast<std::uintptr_t>(sysconf(_SC_PAGESIZE));
  dl_iterate_phdr(release_segments, &page);
}

}  // namespace bootstrap::runtime
