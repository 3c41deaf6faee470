// The heap of malloc ends in one free block, the top, from which it cuts what has no better place. So a block of that size is
// taken, its pages are asked to be large ones, and it is given back: it is the top then. Source: malloc(3), mallopt(3),
// madvise(2).
#include "jobstore/file/heap_growth.hpp"

#include <malloc.h>
#include <sys/mman.h>

#include <cstdint>
#include <cstdlib>

namespace reelspool {
namespace {

/// Below that the pages that are there already, and one large one too many, count for more.
constexpr std::size_t least_bytes = std::size_t{16} << 20;
constexpr std::uintptr_t page_bytes = 4096;
/// glibc's own, before a program turns any knob.
constexpr int usual_mmaps = 65536;
/// What may stay free at the end of the heap; glibc itself goes up to this.
constexpr int usual_trim_bytes = 64 << 20;

}  // namespace

HeapGrowth::HeapGrowth(std::size_t bytes) : is_worth_it_(bytes >= least_bytes) {
#ifdef __GLIBC__
  if (!is_worth_it_) return;
  ::mallopt(M_MMAP_MAX, 0);         // large blocks come from the heap, too
  ::mallopt(M_TRIM_THRESHOLD, -1);  // and the top is not given back
  if (void* const block = std::malloc(bytes)) {
    const std::uintptr_t begin =
        (reinterpret_cast<std::uintptr_t>(block) + page_bytes - 1) & ~(page_bytes - 1);
    const std::uintptr_t end = (reinterpret_cast<std::uintptr_t>(block) + bytes) & ~(page_bytes - 1);
    // Refused where the kernel has none: then all is as before.
    ::madvise(reinterpret_cast<void*>(begin), end - begin, MADV_HUGEPAGE);
    std::free(block);
  }
  ::mallopt(M_MMAP_MAX, usual_mmaps);
#endif
}

HeapGrowth::~HeapGrowth() {
#ifdef __GLIBC__
  if (is_worth_it_) ::mallopt(M_TRIM_THRESHOLD, usual_trim_bytes);
#endif
}

}  // namespace reelspool
