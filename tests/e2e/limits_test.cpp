// Two real workers on one data directory, and a provider with limits: neither its own nor the operator's are broken, in any window.
#include <gtest/gtest.h>

#include <atomic>
#include <csignal>
#include <mutex>
#include <vector>

#include "tests/e2e/paid_job.hpp"

namespace reelspool::testing {
namespace {

using Clock = std::chrono::steady_clock;

class TwoWorkers : public PaidWork {
 protected:
  TwoWorkers() : PaidWork("paid", job_of(4)) { environment["MAX_CONCURRENT_JOBS"] = "1"; }
  ~TwoWorkers() override {
    if (second_ > 0) end_second();
  }
  void start_both() {
    submit("ad-2", job_of(4, 5));
    start_worker();
    second_ = start({"worker"});
  }
  void end_both() {
    end_worker(SIGTERM);
    end_second();
  }
  bool has_ended(const std::string& id) {
    job_id = id;
    return PaidWork::has_ended();
  }
  bool have_ended() { return has_ended("ad") && has_ended("ad-2"); }

  /// When each paid request came.
  void note() {
    const std::lock_guard lock(mutex_);
    calls_.push_back(Clock::now());
  }
  std::vector<Clock::time_point> calls() const {
    const std::lock_guard lock(mutex_);
    return calls_;
  }

 private:
  void end_second() {
    kill(second_, SIGTERM);
    wait_for_end(second_);
    second_ = 0;
  }
  pid_t second_ = 0;
  mutable std::mutex mutex_;
  std::vector<Clock::time_point> calls_;
};

TEST_F(TwoWorkers, SendNoMoreInAnyWindowThanALimitAllows) {
  environment["PROVIDER_LIMITS"] = "paid=2/1s";
  serve([this](const Received&) {
    note();
    return made();
  });
  start_both();
  ASSERT_TRUE(comes_true([this] { return have_ended(); })) << read(log());
  end_both();
  const auto all = calls();
  ASSERT_EQ(all.size(), 8u);
  for (std::size_t i = 0; i + 2 < all.size(); ++i) EXPECT_GE(all[i + 2] - all[i], 1s) << i;
}

TEST_F(TwoWorkers, LeaveAProviderAloneThatAskedOneOfThemToWait) {
  std::atomic<int> asked = 0;
  Clock::time_point refused;
  serve([&](const Received&) {
    note();
    if (++asked > 1) return made();
    refused = Clock::now();
    return Reply{.status = 429, .headers = {{"Retry-After", "3"}}, .body = "{}"};
  });
  start_both();
  ASSERT_TRUE(comes_true([this] { return have_ended(); })) << read(log());
  end_both();
  const auto all = calls();
  ASSERT_GE(all.size(), 2u);
  std::size_t sooner = 0;  // on their way when it was said
  for (std::size_t i = 1; i < all.size(); ++i)
    if (all[i] - refused < 200ms)
      ++sooner;
    else
      EXPECT_GE(all[i] - refused, 2900ms) << i;
  EXPECT_LE(sooner, 3u) << "two workers ask for two pictures at once";
}

}  // namespace
}  // namespace reelspool::testing
