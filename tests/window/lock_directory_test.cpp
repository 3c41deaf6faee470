#include "jobstore/window/lock_directory.hpp"

#include <thread>

#include "tests/window/harness.hpp"

namespace reelspool::testing_window {
namespace {

using window::LockDirectory;

class LockDirectoryTest : public WindowTest {
 protected:
  LockDirectoryTest() : lock_(data_ / "jobs.json.lock") {
    fs::create_directories(data_ / "inbox");
    Result<window::Watch> watch = window::Watch::open(data_, data_ / "inbox", std::chrono::milliseconds(0));
    EXPECT_TRUE(watch);
    watch_.emplace(*std::move(watch));
  }
  fs::path lock_;
  std::optional<window::Watch> watch_;
};

TEST_F(LockDirectoryTest, IsADirectoryWhileHeld) {
  {
    const LockDirectory lock = LockDirectory::take(lock_, *watch_);
    EXPECT_TRUE(lock.held());
    EXPECT_TRUE(fs::is_directory(lock_));
  }
  EXPECT_FALSE(fs::exists(lock_));
}

TEST_F(LockDirectoryTest, SomebodyElsesIsWaitedForAndNotRemoved) {
  fs::create_directory(lock_);
  {
    const LockDirectory lock = LockDirectory::take(lock_, *watch_, std::chrono::milliseconds(20));
    EXPECT_FALSE(lock.held());
  }
  EXPECT_TRUE(fs::exists(lock_));
}

TEST_F(LockDirectoryTest, IsTakenTheMomentItIsFreed) {
  fs::create_directory(lock_);
  std::thread holder([&] { fs::remove(lock_); });
  const LockDirectory lock = LockDirectory::take(lock_, *watch_, std::chrono::seconds(30));
  holder.join();
  EXPECT_TRUE(lock.held());
}

TEST_F(LockDirectoryTest, AStaleOneIsTakenOver) {
  fs::create_directory(lock_);
  fs::last_write_time(lock_, fs::file_time_type::clock::now() - std::chrono::seconds(12));
  const LockDirectory lock = LockDirectory::take(lock_, *watch_, std::chrono::milliseconds(0));
  EXPECT_TRUE(lock.held());
}

TEST_F(LockDirectoryTest, ThePublisherGoesOnWhenItsHolderDoesNotLetGo) {
  open();
  fs::create_directory(lock_);
  put(R"([{"id":"a","type":"clip"}])");
  EXPECT_EQ(status("a"), "pending");
  EXPECT_TRUE(fs::exists(lock_));
}

}  // namespace
}  // namespace reelspool::testing_window
