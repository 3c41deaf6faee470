// The worker killed at its durable points: the n-th call of a kind in each of its threads, for every n until nobody makes so many.
// strace(1) kills it as it enters the call, so the seam of the tests is not trusted, and neither is a clock. After each kill the
// job is ended by a worker that lives: what it paid for is billed once.
//
//   DURABLE_POINTS_STRIDE (12; 1 with REELSPOOL_LONG=1): one n in so many.
#include <gtest/gtest.h>

#include <cstdio>

#include "tests/e2e/till.hpp"

namespace reelspool::testing {
namespace {

/// A job of one picture for each point, one after the other in one data directory.
class DurablePoints : public PaidWork {
 protected:
  explicit DurablePoints(const std::string& with_plugin) : PaidWork(with_plugin, job_of(1)) {
    environment["PAID_PATIENCE_MS"] = environment["QUEUED_PATIENCE_MS"] = "20000";
  }

  static bool can_trace() { return std::system("strace -qq -o /dev/null true >/dev/null 2>&1") == 0; }

  void kill_at_each() {
    if (!can_trace()) GTEST_SKIP() << "strace cannot trace here";
    till.behave();
    serve([this](const Received& request) { return till.serve(request); });
    const int stride = from_environment("DURABLE_POINTS_STRIDE", std::getenv("REELSPOOL_LONG") ? 1 : 12);
    // fdatasync: the journal. fsync: folders and published files. rename: whatever is replaced at once.
    for (const char* call : {"fdatasync", "fsync", "rename", "renameat2"}) {
      int n = 1;
      for (;; n += stride) {
        bool was_killed = false;
        ASSERT_NO_FATAL_FAILURE(kill_at(call, n, was_killed));
        if (!was_killed) break;
        ++points;
      }
      std::printf("%s: killed until the %dth of a thread\n", call, n - stride);
    }
    std::printf("%d kills, %d jobs, %zu requests, %d looked up, %d unknown\n", points, jobs, till.requests(),
                till.looked_up(), unknown);
    EXPECT_GT(points, 4);
  }

  void kill_at(const std::string& call, int n, bool& was_killed) {
    SCOPED_TRACE(call + " number " + std::to_string(n));
    // -D: the worker is our child, and strace its grandchild.
    worker =
        start({"worker"}, {"strace", "-D", "-f", "-qq", "-e", "trace=" + call, "-e",
                           "inject=" + call + ":signal=KILL:when=" + std::to_string(n), "-o", "/dev/null"});
    int status = 0;
    ASSERT_TRUE(comes_true(
        [&] {
          was_killed = waitpid(worker, &status, WNOHANG) == worker;
          return was_killed || has_ended();
        },
        10ms))
        << read(log());
    if (was_killed) {
      worker = 0;
      ASSERT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL) << status << read(log());
    } else {
      end_worker(SIGKILL);
    }
    int times_unknown = 0;
    while (job()["status"] != "done") ASSERT_NO_FATAL_FAILURE(go_on(times_unknown));
    const auto bills = till.bills();
    const auto bill = bills.find("paper boat " + std::to_string(jobs));
    ASSERT_NE(bill, bills.end());
    EXPECT_LE(bill->second, 1 + times_unknown);
    unknown += times_unknown;
    ++jobs;
    submit("ad-" + std::to_string(jobs), job_of(1, jobs));
  }

  /// A worker that lives until the job ends; a person retries what nobody can know of.
  void go_on(int& times_unknown) {
    start_worker();
    ASSERT_TRUE(comes_true([this] { return has_ended(); })) << read(log());
    end_worker(SIGKILL);
    if (job()["status"] == "done") return;
    ASSERT_EQ(job()["errorInfo"]["code"], "unknown_submit") << job().dump(1) << read(log());
    ++times_unknown;
    ASSERT_EQ(wait_for_end(start({"retry", job_id})), 0) << read(log());
  }

  Till till{1};
  int jobs = 1, points = 0;
  int unknown = 0;  ///< how often nobody could know
};

class WithoutKeys : public DurablePoints {
 protected:
  WithoutKeys() : DurablePoints("paid") {}
};
class WithKeys : public DurablePoints {
 protected:
  WithKeys() : DurablePoints("paid") { environment["PAID_KEYED"] = "yes"; }
};
class WithALookUp : public DurablePoints {
 protected:
  WithALookUp() : DurablePoints("queued") {}
};

TEST_F(WithoutKeys, NothingIsBilledTwiceButWhereNobodyCouldKnowAndAPersonRetried) {
  kill_at_each();
}

TEST_F(WithKeys, EveryPictureIsBilledOnce) {
  kill_at_each();
  EXPECT_EQ(unknown, 0);
  for (const auto& [prompt, times] : till.bills()) EXPECT_EQ(times, 1) << prompt;
}

TEST_F(WithALookUp, EveryPictureIsBilledOnce) {
  kill_at_each();
  EXPECT_EQ(unknown, 0);
  for (const auto& [prompt, times] : till.bills()) EXPECT_EQ(times, 1) << prompt;
}

}  // namespace
}  // namespace reelspool::testing
