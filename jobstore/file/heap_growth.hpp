#pragma once

#include <cstddef>

namespace reelspool {

/// While it lives, the heap grows by up to `bytes` in pages of 2 MB instead of 4 KB, where the kernel has them (transparent huge
/// pages): for loading a large store, of whose time the kernel otherwise takes half to hand out pages one by one. Nothing
/// is taken that is not used, and what is not used goes back.
///
/// One at a time, on the thread that allocates, before others do much: it turns knobs of malloc that all have in common.
class HeapGrowth {
 public:
  explicit HeapGrowth(std::size_t bytes);
  ~HeapGrowth();
  HeapGrowth(const HeapGrowth&) = delete;
  HeapGrowth& operator=(const HeapGrowth&) = delete;

 private:
  const bool is_worth_it_;
};

}  // namespace reelspool
