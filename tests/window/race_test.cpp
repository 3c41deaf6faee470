#include <atomic>
#include <thread>

#include "tests/window/harness.hpp"

// DESIGN 1, idea 2: with plain rename 349 of 400 jobs survived one unlocked writer.

namespace reelspool::testing_window {
namespace {

class Race : public WindowTest {
 protected:
  Race() {
    options_.pace.core_share = 0.5;  // far more often than in real life
    options_.pace.bytes_per_second = 1e9;
  }
  /// Reports progress all the time, so that the publisher is always at work.
  void keep_busy(const Claim& claim) {
    busy_ = std::thread([this, claim] {
      for (double percent = 0; !stop_; percent += 0.001) {
        static_cast<void>(store_->progress(claim, {percent, "rendering", 1, 5, ""}));
        std::this_thread::yield();
      }
    });
  }
  void rest() {
    stop_ = true;
    busy_.join();
    flush();
  }
  void expect_all(int submits) {
    int found = 0;
    const Json file = shown();
    for (const Json& job : file["jobs"]) found += job["id"].get<std::string>().starts_with("race-");
    EXPECT_EQ(found, submits);
    const Result<Stats> stats = store_->stats();
    ASSERT_TRUE(stats) << stats.error().message;
    EXPECT_EQ(stats->waiting, static_cast<std::size_t>(submits));
  }
  /// jobs.json as it is now with one more entry, as JSON.parse and JSON.stringify make it.
  std::string with_one_more(int number) {
    const Result<Json> file = parse_json(contents(jobs_file()));
    if (!file) {
      ADD_FAILURE() << "a reader saw a torn file: " << file.error().message;
      return "[]";
    }
    Json changed = *file;
    Json entry;
    entry["id"] = "race-" + std::to_string(number);
    entry["type"] = "clip";
    entry["status"] = "pending";
    changed["jobs"].push_back(std::move(entry));
    return changed.dump();
  }

 private:
  std::atomic<bool> stop_ = false;
  std::thread busy_;
};

TEST_F(Race, EverySubmitOfAnUnlockedWriterSurvivesABusyPublisher) {
  constexpr int submits = 400;
  open();
  put(R"([{"id":"busy","type":"clip"}])");
  keep_busy(claim("busy"));
  for (int i = 0; i < submits; ++i) write_beside(jobs_file(), with_one_more(i));
  rest();
  expect_all(submits);
}

TEST_F(Race, EverySubmitOfAWriterInPlaceThatWaitsToSeeItSurvives) {
  constexpr int submits = 200;
  // Writing in place is not atomic: its own next read can be of half a file of ours only if it does not look. So this writer
  // looks, as a polling front end does; what is shown then is that a write into a file that is just being exchanged counts.
  open();
  put(R"([{"id":"busy","type":"clip"}])");
  keep_busy(claim("busy"));
  for (int i = 0; i < submits; ++i) {
    write_in_place(jobs_file(), R"([{"id":"race-)" + std::to_string(i) + R"(","type":"clip"}])");
    if (i % 20 != 19) continue;
    ASSERT_TRUE(wait_for(data_, [&] {
      const Result<Json> file = parse_json(contents(jobs_file()));
      return file && file->is_object() && !entry("race-" + std::to_string(i)).is_null();
    }));
  }
  rest();
  int found = 0;
  const Json file = shown();
  for (const Json& job : file["jobs"]) found += job["id"].get<std::string>().starts_with("race-");
  EXPECT_GE(found, submits / 20) << "those that were waited for";
}

TEST_F(Race, WritersInTheDropFolderDoNotMeet) {
  constexpr int submits = 400;
  open();
  put(R"([{"id":"busy","type":"clip"}])");
  keep_busy(claim("busy"));
  std::vector<std::thread> writers;
  for (int writer = 0; writer < 4; ++writer)
    writers.emplace_back([&, writer] {
      for (int i = writer; i < submits; i += 4) {
        const std::string id = "race-" + std::to_string(i);
        const fs::path staged = data_ / "inbox" / ("." + id + ".tmp");
        std::ofstream(staged) << R"({"type":"clip"})";
        fs::rename(staged, data_ / "inbox" / (id + ".json"));
      }
    });
  for (std::thread& writer : writers) writer.join();
  rest();
  expect_all(submits);
  EXPECT_EQ(files_in(data_ / "inbox", ""), 1U) << "only the folder rejected";
}

TEST_F(Race, WritersThatHeedTheLockDirectoryLoseNothing) {
  constexpr int submits = 100;
  open();
  put(R"([{"id":"busy","type":"clip"}])");
  keep_busy(claim("busy"));
  const fs::path lock = data_ / "jobs.json.lock";
  std::vector<std::thread> writers;
  for (int writer = 0; writer < 2; ++writer)
    writers.emplace_back([&, writer] {
      for (int i = writer; i < submits; i += 2) {
        while (mkdir(lock.c_str(), 0777) != 0) std::this_thread::yield();
        const fs::path staged = data_ / (".writer-" + std::to_string(writer));
        std::ofstream(staged, std::ios::binary) << with_one_more(i);
        fs::rename(staged, jobs_file());
        rmdir(lock.c_str());
      }
    });
  for (std::thread& writer : writers) writer.join();
  rest();
  expect_all(submits);
}

}  // namespace
}  // namespace reelspool::testing_window
