#include <sys/wait.h>

#include <csignal>

#include "jobstore/open.hpp"
#include "tests/window/harness.hpp"

namespace reelspool::testing_window {
namespace {

/// Another process that serves the window of a data directory.
class Server {
 public:
  Server(const fs::path& data, const char* name) {
    std::array<int, 2> input, output;
    if (pipe2(input.data(), O_CLOEXEC) != 0 || pipe2(output.data(), O_CLOEXEC) != 0) return;
    pid_ = fork();
    if (pid_ == 0) {
      dup2(input[0], 0);
      dup2(output[1], 1);
      execl(SERVER_PROGRAM, SERVER_PROGRAM, data.c_str(), name, nullptr);
      _exit(127);
    }
    ::close(input[0]);
    ::close(output[1]);
    input_ = Fd(input[1]);
    output_ = Fd(output[0]);
  }
  ~Server() { kill_it(); }

  bool wait_until_it_serves() {
    std::array<char, 16> text{};
    return read(output_.number(), text.data(), text.size()) > 0;
  }
  void kill_it() {
    if (pid_ <= 0) return;
    ::kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
    pid_ = -1;
  }
  void end_it() {
    input_ = Fd();
    int status = 0;
    waitpid(pid_, &status, 0);
    pid_ = -1;
    EXPECT_EQ(status, 0);
  }

 private:
  pid_t pid_ = -1;
  Fd input_, output_;
};

class TakeOver : public WindowTest {
 protected:
  /// As open(), but another process serves.
  void stand_in_line() {
    store_ = store_of("second");
    ASSERT_NE(store_, nullptr);
    Result<std::unique_ptr<Window>> window = Window::open(*store_, options_);
    ASSERT_TRUE(window) << window.error().message;
    window_ = *std::move(window);
  }
};

TEST_F(TakeOver, OneProcessServesAndAnotherTakesOverAtItsDeath) {
  Server first(data_, "first");
  ASSERT_TRUE(first.wait_until_it_serves());
  stand_in_line();
  ASSERT_TRUE(window_->flush());
  EXPECT_FALSE(window_->serves());
  write_beside(jobs_file(), R"([{"id":"a","type":"clip"}])");
  ASSERT_TRUE(wait_for(data_, [&] { return entry("a").is_object() && entry("a").contains("rev"); }));

  first.kill_it();
  put(R"([{"id":"b","type":"clip"}])");
  EXPECT_TRUE(window_->serves());
  EXPECT_EQ(status("a"), "pending");
  EXPECT_EQ(status("b"), "pending");
}

TEST_F(TakeOver, AnOrderlyEndHandsOverToo) {
  Server first(data_, "first");
  ASSERT_TRUE(first.wait_until_it_serves());
  stand_in_line();
  first.end_it();
  put(R"([{"id":"a","type":"clip"}])");
  EXPECT_EQ(status("a"), "pending");
}

TEST_F(TakeOver, WhatOneProcessDoesTheOtherShows) {
  Server first(data_, "first");
  ASSERT_TRUE(first.wait_until_it_serves());
  stand_in_line();
  ASSERT_TRUE(store_->submit(R"({"id":"a","type":"clip"})"));
  EXPECT_TRUE(wait_for(data_, [&] { return status("a") == "pending"; }));
  const Claim mine = claim("a");
  EXPECT_TRUE(wait_for(data_, [&] { return status("a") == "running"; }));
  ASSERT_TRUE(store_->progress(mine, {33, "rendering", 1, 3, ""}));
  EXPECT_TRUE(wait_for(data_, [&] { return entry("a")["progress"] == 33; }));
}

TEST_F(TakeOver, OneThatLeavesTheLineDoesNotGetInTheWay) {
  Server first(data_, "first");
  ASSERT_TRUE(first.wait_until_it_serves());
  stand_in_line();
  close();
  first.kill_it();
  open();
  EXPECT_TRUE(window_->serves());
}

TEST_F(TakeOver, AClientsStoreShowsWhatItDidWhenNoWorkerLives) {
  {
    JobStoreOptions options;
    options.store.data = data_;
    Result<std::shared_ptr<FileJobStore>> store = open_file_job_store(options);
    ASSERT_TRUE(store) << store.error().message;
    ASSERT_TRUE((*store)->submit(R"({"id":"a","type":"clip"})"));
  }
  EXPECT_EQ(status("a"), "pending");
}

TEST_F(TakeOver, AWorkersStoreHasALivingWindow) {
  JobStoreOptions options;
  options.store.data = data_;
  options.store.role = FileStoreOptions::Role::worker;
  options.store.worker = "w";
  Result<std::shared_ptr<FileJobStore>> store = open_file_job_store(options);
  ASSERT_TRUE(store) << store.error().message;
  write_beside(jobs_file(), R"([{"id":"a","type":"clip"}])");
  EXPECT_TRUE(wait_for(data_, [&] {
    const Result<Job> job = (*store)->find("a");
    return job && job->status == Status::pending;
  }));
}

}  // namespace
}  // namespace reelspool::testing_window
