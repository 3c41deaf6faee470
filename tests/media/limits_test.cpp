#include "worker/media/limits.hpp"

#include <gtest/gtest.h>

#include "tests/programs/harness.hpp"

namespace reelspool {
namespace {

constexpr std::uint64_t gb = 1'000'000'000;

TEST(ConcurrentRenders, IsTheSmallerOfCoresAndMemoryAndAtLeastOne) {
  EXPECT_EQ(concurrent_renders(16, 100 * gb), 4);
  EXPECT_EQ(concurrent_renders(16, 5 * gb), 2);
  EXPECT_EQ(concurrent_renders(2, 100 * gb), 1);
  EXPECT_EQ(concurrent_renders(0, 0), 1);
  EXPECT_GE(standard_concurrent_renders(), 1);
}

class FreeMemory : public ::testing::Test {
 protected:
  Scratch scratch;
  void file(const std::string& name, const std::string& text) const {
    std::filesystem::create_directories((scratch.path / name).parent_path());
    std::ofstream(scratch.path / name) << text;
  }
  void SetUp() override {
    file("proc/meminfo", "MemTotal: 9000000 kB\nMemAvailable:  8000000 kB\nSwapFree: 0 kB\n");
  }
};

TEST_F(FreeMemory, WithoutGroupsItIsWhatTheMachineCanGive) {
  EXPECT_EQ(free_memory_bytes(scratch.path), 8000000ull * 1024);
}

TEST_F(FreeMemory, AGroupAboveOursLimitsToo) {
  file("proc/self/cgroup", "0::/system.slice/reelspool.service\n");
  file("sys/fs/cgroup/system.slice/memory.max", "3000000000\n");
  file("sys/fs/cgroup/system.slice/memory.current", "2000000000\n");
  file("sys/fs/cgroup/system.slice/memory.stat", "anon 5\ninactive_file 500000000\n");
  file("sys/fs/cgroup/system.slice/reelspool.service/memory.max", "max\n");
  file("sys/fs/cgroup/system.slice/reelspool.service/memory.current", "1\n");
  EXPECT_EQ(free_memory_bytes(scratch.path), 1'500'000'000u);
}

TEST_F(FreeMemory, InAContainerTheMountsRootIsOurs) {
  file("proc/self/cgroup", "0::/../../docker/abc\n");
  file("sys/fs/cgroup/memory.max", "1000000000");
  file("sys/fs/cgroup/memory.current", "2000000000");
  EXPECT_EQ(free_memory_bytes(scratch.path), 0u) << "over its limit, not below zero";
}

TEST_F(FreeMemory, VersionOneIsReadAsWell) {
  file("proc/self/cgroup", "5:cpu,cpuacct:/x\n4:memory:/a\n");
  file("sys/fs/cgroup/memory/a/memory.limit_in_bytes", "4000000000\n");
  file("sys/fs/cgroup/memory/a/memory.usage_in_bytes", "1000000000\n");
  EXPECT_EQ(free_memory_bytes(scratch.path), 3'000'000'000u);
}

}  // namespace
}  // namespace reelspool
