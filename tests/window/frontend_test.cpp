#include <gmock/gmock.h>

#include <cstdio>

#include "tests/window/harness.hpp"

// The program that the documentation shows, run as it is.

namespace reelspool::testing_window {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

class FrontEnd : public WindowTest {
 protected:
  void SetUp() override {
    if (std::system("node --version >/dev/null 2>&1") != 0) GTEST_SKIP() << "node is not installed";
    write_in_place(data_ / "job.json",
                   R"({"id":"ad-7","type":"clip","params":{"prompt":"a \"quoted\" prompt"}})");
  }
  void start() {
    const std::string command =
        "node '" FRONTEND_SCRIPT "' '" + jobs_file().string() + "' '" + (data_ / "job.json").string() + "'";
    program_ = popen(command.c_str(), "r");
    ASSERT_NE(program_, nullptr);
  }
  /// The next line that it prints; each is one state it saw.
  std::string line() {
    std::array<char, 1000> text{};
    if (std::fgets(text.data(), text.size(), program_) == nullptr) return "";
    return text.data();
  }
  /// Works on the job at the front end's pace: the next thing happens when it has seen the last.
  void work_until_done() {
    const Claim mine = claim("ad-7");
    ASSERT_TRUE(store_->progress(mine, {20, "generating_video", 1, 2, ""}));
    std::string seen = line();
    while (seen.starts_with("pending") || seen.starts_with("running 0")) seen = line();
    EXPECT_THAT(seen, StartsWith("running 20 generating_video"));
    ASSERT_TRUE(store_->progress(mine, {70, "finishing", 2, 2, ""}));
    EXPECT_THAT(line(), StartsWith("running 70 finishing"));
    ASSERT_TRUE(
        store_->finish(mine, {Ending::Kind::done, R"({"videoUrl":"jobs/ad-7/final.mp4"})", std::nullopt}));
    EXPECT_THAT(line(), StartsWith("done 100 jobs/ad-7/final.mp4"));
    EXPECT_EQ(pclose(program_), 0);
  }
  FILE* program_ = nullptr;
};

TEST_F(FrontEnd, SubmitsAndSeesItsJobGoFromPendingToDone) {
  open();
  start();
  EXPECT_THAT(line(), StartsWith("pending"));
  ASSERT_TRUE(wait_for(data_, [&] { return entry("ad-7").contains("rev"); }));
  work_until_done();
}

TEST_F(FrontEnd, MayComeBeforeTheWorker) {
  start();
  EXPECT_THAT(line(), StartsWith("pending 0"));
  open();
  work_until_done();
}

}  // namespace
}  // namespace reelspool::testing_window
