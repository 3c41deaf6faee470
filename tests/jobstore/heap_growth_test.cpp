#include "jobstore/file/heap_growth.hpp"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <fstream>
#include <memory>
#include <string>
#include <vector>

namespace reelspool {
namespace {

constexpr std::size_t mib = std::size_t{1} << 20;

bool has_large_pages() {
  std::ifstream in("/sys/kernel/mm/transparent_hugepage/enabled");
  std::string words;
  std::getline(in, words);
  return words.find("[never]") == std::string::npos && !words.empty();
}

long faults() {
  struct ::rusage use {};
  ::getrusage(RUSAGE_SELF, &use);
  return use.ru_minflt;
}

/// Page faults of so many small blocks, as jobs are.
long faults_of(std::size_t bytes) {
  const long before = faults();
  std::vector<std::unique_ptr<char[]>> blocks;
  blocks.reserve(bytes / 400);
  for (std::size_t i = 0; i < bytes / 400; ++i) blocks.push_back(std::make_unique<char[]>(400));
  return faults() - before;
}

TEST(HeapGrowth, TakesLargePages) {
#ifdef REELSPOOL_SANITIZED
  GTEST_SKIP() << "a sanitizer's malloc is another one";
#endif
  if (!has_large_pages()) GTEST_SKIP() << "this kernel has none";
  const long small = faults_of(64 * mib);
  long large = 0;
  {
    const HeapGrowth growth(128 * mib);
    large = faults_of(64 * mib);
  }
  EXPECT_LT(large * 4, small);
}

TEST(HeapGrowth, GivesBackWhatIsNotUsed) {
#ifdef REELSPOOL_SANITIZED
  GTEST_SKIP() << "a sanitizer's malloc is another one";
#endif
  const auto address_space = [] {
    std::ifstream in("/proc/self/statm");
    std::size_t pages = 0;
    in >> pages;
    return pages * 4096;
  };
  const std::size_t before = address_space();
  { const HeapGrowth growth(1024 * mib); }
  // Whatever frees a large block next gives back the end of the heap.
  std::make_unique<char[]>(100'000).reset();
  EXPECT_LT(address_space(), before + 200 * mib);
}

}  // namespace
}  // namespace reelspool
