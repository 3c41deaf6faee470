#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "jobstore/json.hpp"
#include "tests/jobstore/scratch.hpp"

namespace reelspool {

/// A wall clock that can be set, beside one that only runs.
class SetClock final : public Clock {
 public:
  Time now() const override { return wall_.load(); }
  std::chrono::milliseconds running() const override { return running_.load(); }
  void run(std::chrono::milliseconds by) {
    wall_ = wall_.load() + by;
    running_ = running_.load() + by;
  }
  void set(std::chrono::milliseconds by) { wall_ = wall_.load() + by; }

 private:
  std::atomic<Time> wall_{Time(std::chrono::milliseconds(1'800'000'000'000))};
  std::atomic<std::chrono::milliseconds> running_{std::chrono::milliseconds(1000)};
};

/// One worker's store, w1, with a clock that stands and files that can be told to fail.
class FileStoreTest : public testing::Test {
 protected:
  FileStoreTest() {
    options_ = options_for(scratch_, "w1");
    options_.clock = &clock_;
    options_.files = &files_;
    store_ = open_store(options_);
  }

  void submit(const std::string& id, const std::string& more = {}) {
    EXPECT_TRUE(must(store_->submit(entry_text(id, more))).is_new);
  }
  Claimed claim() {
    auto claimed = must(store_->claim());
    EXPECT_TRUE(claimed);
    return claimed.value_or(Claimed{});
  }
  std::string claimed_id() {
    const auto claimed = must(store_->claim());
    return claimed ? claimed->job.id : "none";
  }
  Job find(const std::string& id) { return must(store_->find(id)); }
  Json fields(const std::string& id) { return must(parse_json(find(id).fields)); }
  Job finish(const Claim& claim, Ending::Kind kind, const std::string& more = "{}") {
    Ending ending;
    ending.kind = kind;
    ending.fields = more;
    return must(store_->finish(claim, ending));
  }
  /// The same store, as another process would find it now.
  void reopen() {
    store_.reset();
    store_ = open_store(options_);
  }

  Scratch scratch_;
  StandingClock clock_;
  SetClock set_clock_;  // for tests that set it
  FailingFiles files_;
  FileStoreOptions options_;
  std::unique_ptr<FileJobStore> store_;
};

}  // namespace reelspool
