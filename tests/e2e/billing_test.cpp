// A provider that counts what it would bill and behaves badly, and a worker that is killed at random moments around its requests:
// no picture is paid for twice, unless nobody could know and a person said so.
//
//   BILLING_KILLS (8; 200 with REELSPOOL_LONG=1) kills in each test; BILLING_SEED.
#include <gtest/gtest.h>

#include <array>
#include <csignal>
#include <cstdio>
#include <random>

#include "tests/e2e/till.hpp"

namespace reelspool::testing {
namespace {

/// Jobs of ten pictures each, one after the other, and a worker that is killed.
class Billing : public PaidWork {
 protected:
  static constexpr int scenes = 10;
  explicit Billing(const std::string& with_plugin) : PaidWork(with_plugin, job_of(scenes)) {
    environment["PAID_PATIENCE_MS"] = environment["QUEUED_PATIENCE_MS"] = "2000";
  }

  void open_till() {
    const unsigned seed = static_cast<unsigned>(
        from_environment("BILLING_SEED", static_cast<int>(std::random_device{}() >> 1)));
    const bool is_long = std::getenv("REELSPOOL_LONG") != nullptr;
    kills = from_environment("BILLING_KILLS", is_long ? 200 : 8);
    RecordProperty("seed", static_cast<int>(seed));
    std::printf("%d kills, seed %u\n", kills, seed);
    chance.seed(seed);
    till = std::make_unique<Till>(seed);
    serve([this](const Received& request) { return till->serve(request); });
  }

  /// Kills the worker a random moment after a random number of requests, again and again; begins the next job when one is done,
  /// retries one whose provider gave no answer as a person would, and lets the last one end.
  void kill_at_random() {
    for (int done = 0; done < kills;) {
      start_worker();
      const std::size_t enough = till->requests() + random(3);
      const auto patience = std::chrono::steady_clock::now() + 5s;
      const auto have_come = [&] { return till->requests() >= enough; };
      comes_true([&] { return have_come() || has_ended() || std::chrono::steady_clock::now() > patience; },
                 2ms);
      if (have_come())
        std::this_thread::sleep_for(std::chrono::milliseconds(random(120)));
      else  // all pictures are there: what is left is not paid for
        ASSERT_TRUE(comes_true([this] { return has_ended(); })) << read(log());
      const bool was_over = has_ended();
      end_worker(SIGKILL);
      if (!was_over) ++done;
      if (was_over) {
        ASSERT_NO_FATAL_FAILURE(settle());
      }
    }
    till->behave();
    for (bool is_done = false; !is_done;) {
      start_worker();
      ASSERT_TRUE(comes_true([this] { return has_ended(); })) << read(log());
      end_worker(SIGKILL);
      is_done = job()["status"] == "done";
      if (!is_done) {
        ASSERT_NO_FATAL_FAILURE(settle());
      }
    }
    std::printf("%d jobs, %zu requests, %d answers that were none, %d looked up, %zu unknown\n", jobs,
                till->requests(), till->misdeeds(), till->looked_up(), unknown.size());
    EXPECT_GT(till->misdeeds(), 0);
  }

  /// What a person does about a job that has ended.
  void settle() {
    if (job()["status"] == "done") {
      ++jobs;
      submit("ad-" + std::to_string(jobs), job_of(scenes, first_prompt()));
      return;
    }
    ASSERT_EQ(job()["errorInfo"]["code"], "unknown_submit") << job().dump(1) << read(log());
    note_the_unknown();
    ASSERT_EQ(wait_for_end(start({"retry", job_id})), 0) << read(log());
  }

  int bills_of(int prompt) const {
    const auto bills = till->bills();
    const auto found = bills.find("paper boat " + std::to_string(prompt));
    return found == bills.end() ? 0 : found->second;
  }
  /// The record of the step that paid for it.
  std::string what_is_kept_of(int prompt) const {
    const std::string key = "scene-" + std::to_string((prompt - 1) % scenes + 1) + "/keyframe";
    const int job = (prompt - 1) / scenes;
    const std::string id = job == 0 ? "ad" : "ad-" + std::to_string(job + 1);
    for (const json& step : output_of("show " + id + " --json").value("steps", json::array()))
      if (step["key"] == key) return step.dump();
    return "nothing";
  }
  int prompts() const { return jobs * scenes; }

  std::unique_ptr<Till> till;
  std::mt19937 chance;
  int kills = 0;
  int jobs = 1;
  std::map<int, int> unknown;  ///< by prompt: how often nobody knew

 private:
  std::size_t random(std::size_t most) { return std::uniform_int_distribution<std::size_t>(0, most)(chance); }
  int first_prompt() const { return (jobs - 1) * scenes + 1; }

  /// Of the steps of the failed job, those of which nobody knows whether they were paid for.
  void note_the_unknown() {
    const json shown = output_of("show " + job_id + " --json");
    ASSERT_TRUE(shown.contains("steps")) << shown.dump();
    for (const json& step : shown["steps"])
      if (step["phase"] == "failed" && step["body"]["error"].value("code", "") == "unknown_submit")
        ++unknown[first_prompt() + std::atoi(step["key"].get<std::string>().c_str() + 6) - 1];
  }
};

class WithoutKeys : public Billing {
 protected:
  WithoutKeys() : Billing("paid") {}
};
class WithKeys : public Billing {
 protected:
  WithKeys() : Billing("paid") { environment["PAID_KEYED"] = "yes"; }
};
class WithALookUp : public Billing {
 protected:
  WithALookUp() : Billing("queued") {}
};

TEST_F(WithoutKeys, NothingIsBilledTwiceButWhereNobodyCouldKnowAndAPersonRetried) {
  ASSERT_NO_FATAL_FAILURE(open_till());
  ASSERT_NO_FATAL_FAILURE(kill_at_random());
  EXPECT_GT(unknown.size(), 0u);
  for (int prompt = 1; prompt <= prompts(); ++prompt) {
    EXPECT_GE(bills_of(prompt), 1) << prompt;
    EXPECT_LE(bills_of(prompt), 1 + unknown[prompt]) << prompt << ": " << what_is_kept_of(prompt);
  }
}

TEST_F(WithKeys, EveryPictureIsBilledOnce) {
  ASSERT_NO_FATAL_FAILURE(open_till());
  ASSERT_NO_FATAL_FAILURE(kill_at_random());
  EXPECT_TRUE(unknown.empty());
  for (int prompt = 1; prompt <= prompts(); ++prompt) EXPECT_EQ(bills_of(prompt), 1) << prompt;
}

TEST_F(WithALookUp, EveryPictureIsBilledOnce) {
  ASSERT_NO_FATAL_FAILURE(open_till());
  ASSERT_NO_FATAL_FAILURE(kill_at_random());
  EXPECT_TRUE(unknown.empty());
  EXPECT_GT(till->looked_up(), 0);
  for (int prompt = 1; prompt <= prompts(); ++prompt) EXPECT_EQ(bills_of(prompt), 1) << prompt;
}

}  // namespace
}  // namespace reelspool::testing
