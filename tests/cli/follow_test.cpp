#include "worker/cli/follow.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>
#include <thread>

namespace reelspool {
namespace {

namespace fs = std::filesystem;

class FollowTest : public testing::Test {
 protected:
  FollowTest() {
    folder_ = fs::temp_directory_path() / ("follow-test-" + std::to_string(getpid())) / "jobs" / "j";
  }
  ~FollowTest() override { fs::remove_all(folder_.parent_path().parent_path()); }

  void replace(std::string_view name, std::string_view text) {
    const fs::path beside = folder_ / "beside";
    std::ofstream(beside) << text;
    fs::rename(beside, folder_ / name);
  }

  fs::path folder_;
  std::atomic<bool> end_{false};
};

TEST_F(FollowTest, SeesEachChangeAndReturnsAtTheEndOfTheJob) {
  fs::create_directories(folder_);
  replace("status.json", R"({"status": "pending", "progress": 0})");
  std::vector<std::string> seen;
  const auto followed = follow_job(folder_, 0, end_, [&](const Sighting& sighting) {
    seen.push_back(sighting.status["status"]);
    // The next state is written once this one was seen: no sleeping, no guessing.
    if (seen.size() == 1) replace("status.json", R"({"status": "running", "progress": 40})");
    if (seen.size() == 2) replace("status.json", R"({"status": "done", "progress": 100})");
    return true;
  });
  ASSERT_TRUE(followed) << followed.error().message;
  EXPECT_EQ(seen, (std::vector<std::string>{"pending", "running", "done"}));
}

// `retry X && watch X` said "pending; a worker will go on with it" and ended: it had read the failure from before.
TEST_F(FollowTest, AnEndFromBeforeTheJobWasRetriedIsNone) {
  fs::create_directories(folder_);
  replace("status.json", R"({"status": "failed", "rev": 3})");
  replace("scenes.json", "{}");
  std::vector<std::string> seen;
  std::thread worker([this] { replace("status.json", R"({"status": "done", "rev": 6})"); });
  EXPECT_TRUE(follow_job(folder_, 4, end_, [&](const Sighting& sighting) {
    seen.push_back(sighting.status["status"]);
    return true;
  }));
  worker.join();
  EXPECT_EQ(seen, std::vector<std::string>{"done"});
}

TEST_F(FollowTest, AJobThatIsRemovedIsNotFollowedForEver) {
  fs::create_directories(folder_);
  replace("status.json", R"({"status": "running"})");
  EXPECT_TRUE(follow_job(folder_, 0, end_, [&](const Sighting&) {
    fs::remove_all(folder_);
    return true;
  }));
}

TEST_F(FollowTest, AFolderThatIsNotThereYetIsWaitedFor) {
  end_ = true;
  EXPECT_TRUE(follow_job(folder_, 0, end_, [](const Sighting&) { return true; }));
  EXPECT_TRUE(fs::is_directory(folder_));
}

TEST_F(FollowTest, StopsWhenTheOnlookerHasSeenEnough) {
  fs::create_directories(folder_);
  replace("status.json", R"({"status": "running"})");
  int times = 0;
  EXPECT_TRUE(follow_job(folder_, 0, end_, [&](const Sighting&) { return ++times < 1; }));
  EXPECT_EQ(times, 1);
}

}  // namespace
}  // namespace reelspool
