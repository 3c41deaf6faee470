#pragma once

#include <gtest/gtest.h>
#include <stdlib.h>

#include <atomic>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "jobstore/file/file_job_store.hpp"
#include "jobstore/json.hpp"
#include "worker/steps/steps.hpp"

namespace reelspool::testing {

namespace asio = boost::asio;

/// Prints the error's text where a test expected none.
template <class T>
::testing::AssertionResult is_ok(const Result<T>& result) {
  if (result) return ::testing::AssertionSuccess();
  const Error& error = result.error();
  return ::testing::AssertionFailure()
         << to_string(error.cls) << ": " << error.message << " " << error.details;
}

/// Runs a coroutine on a loop of its own until nothing is left to do.
template <class Body>
void on_loop(asio::io_context& loop, Body body) {
  bool ended = false;
  asio::co_spawn(loop, std::move(body), [&](const std::exception_ptr& thrown) {
    ended = true;
    if (thrown) std::rethrow_exception(thrown);
  });
  loop.restart();
  loop.run();
  EXPECT_TRUE(ended) << "the loop had nothing to do, but the test was not over";
}

/// A clock that moves only when told to. Any thread.
class SetClock : public Clock {
 public:
  Time now() const override { return now_.load(); }
  void advance(std::chrono::milliseconds by) { now_ = now_.load() + by; }

 private:
  std::atomic<Time> now_{Time(std::chrono::milliseconds(1'795'000'000'000))};
};

/// Passes everything on to a store, and lets a test look at it or refuse it on the way.
class WatchedStore : public JobStore {
 public:
  explicit WatchedStore(JobStore& store) : store_(store) {}

  /// Called with the function's name before each call of a claim's; an error is given instead of the call. Any thread.
  using Gate = std::function<std::optional<Error>(std::string_view call)>;
  void set_gate(Gate gate) {
    const std::lock_guard lock(mutex_);
    gate_ = std::move(gate);
  }
  /// The records appended so far, as "key phase".
  std::vector<std::string> records() const {
    const std::lock_guard lock(mutex_);
    return records_;
  }
  /// The progress shown so far.
  std::vector<Progress> shown() const {
    const std::lock_guard lock(mutex_);
    return shown_;
  }

  Result<Submitted> submit(std::string_view entry) override { return store_.submit(entry); }
  Result<std::optional<Claimed>> claim() override {
    if (auto refused = at_gate("claim")) return *refused;
    return store_.claim();
  }
  Result<std::optional<Claimed>> claim_job(std::string_view id) override {
    if (auto refused = at_gate("claim_job")) return *refused;
    return store_.claim_job(id);
  }
  Result<> progress(const Claim& claim, const Progress& progress) override {
    if (auto refused = at_gate("progress")) return *refused;
    {
      const std::lock_guard lock(mutex_);
      shown_.push_back(progress);
    }
    return store_.progress(claim, progress);
  }
  Result<> update(const Claim& claim, std::string_view fields) override {
    return store_.update(claim, fields);
  }
  Result<> append_step(const Claim& claim, const StepRecord& record) override {
    if (auto refused = at_gate("append_step " + std::string(to_string(record.phase)))) return *refused;
    auto appended = store_.append_step(claim, record);
    const std::lock_guard lock(mutex_);
    if (appended) records_.push_back(record.key + " " + std::string(to_string(record.phase)));
    return appended;
  }
  Result<std::vector<StepRecord>> steps(std::string_view id) override { return store_.steps(id); }
  Result<> publish_files(
      const Claim& claim,
      const std::vector<std::pair<std::filesystem::path, std::filesystem::path>>& files) override {
    if (auto refused = at_gate("publish_files")) return *refused;
    return store_.publish_files(claim, files);
  }
  Result<Job> finish(const Claim& claim, const Ending& ending) override {
    if (auto refused = at_gate("finish")) return *refused;
    return store_.finish(claim, ending);
  }
  Result<Job> cancel(std::string_view id) override { return store_.cancel(id); }
  Result<Job> retry(std::string_view id) override { return store_.retry(id); }
  Result<> remove(std::string_view id, bool with_outputs) override { return store_.remove(id, with_outputs); }
  Result<std::vector<std::string>> retry_failed() override { return store_.retry_failed(); }
  Result<std::vector<std::string>> remove_failed(bool with_outputs) override {
    return store_.remove_failed(with_outputs);
  }
  Result<Job> find(std::string_view id) override { return store_.find(id); }
  Result<std::vector<Job>> list(const Listing& listing) override { return store_.list(listing); }
  Result<Stats> stats() override { return store_.stats(); }
  Result<std::vector<Job>> last_failures(std::size_t limit) override { return store_.last_failures(limit); }
  Result<> set_paused(bool paused) override { return store_.set_paused(paused); }
  Result<std::vector<std::string>> recover() override { return store_.recover(); }
  Result<std::vector<std::string>> recover_from(std::string_view worker) override {
    return store_.recover_from(worker);
  }
  void on_change(std::function<void()> listener) override { store_.on_change(std::move(listener)); }

 private:
  std::optional<Error> at_gate(std::string_view call) {
    Gate gate;
    {
      const std::lock_guard lock(mutex_);
      gate = gate_;
    }
    return gate ? gate(call) : std::nullopt;
  }

  JobStore& store_;
  mutable std::mutex mutex_;
  Gate gate_;
  std::vector<std::string> records_;
  std::vector<Progress> shown_;
};

/// A data directory with a real store in it, and a loop, a pool and permits beside.
class World : public ::testing::Test {
 protected:
  World() {
    std::string name = (std::filesystem::temp_directory_path() / "reelspool-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) ADD_FAILURE() << "no scratch directory";
    data_ = std::filesystem::canonical(name);
    open_store();
  }
  ~World() override {
    pool_.join();
    watched_.reset();
    store_.reset();
    std::error_code ignored;
    std::filesystem::remove_all(data_, ignored);
  }

  /// The worker dies and comes back: all it knew is gone, what it ran is claimable again.
  void die_and_come_back() {
    watched_.reset();
    store_.reset();
    open_store();
  }
  void open_store() {
    FileStoreOptions options;
    options.data = data_;
    options.role = FileStoreOptions::Role::worker;
    options.worker = "tester";
    options.clock = &clock_;
    auto opened = open_file_store(options);
    ASSERT_TRUE(is_ok(opened));
    store_ = *std::move(opened);
    watched_ = std::make_unique<WatchedStore>(*store_);
  }

  WatchedStore& store() { return *watched_; }

  void submit(const std::string& id, const std::string& type = "test", const Json& params = Json::object()) {
    Json entry;
    entry["id"] = id;
    entry["type"] = type;
    entry["params"] = params;
    ASSERT_TRUE(is_ok(store().submit(to_text(entry))));
  }
  Job job(const std::string& id) {
    auto found = store().find(id);
    EXPECT_TRUE(is_ok(found));
    return found ? *found : Job();
  }
  Json fields(const std::string& id) {
    auto parsed = parse_json(job(id).fields);
    EXPECT_TRUE(is_ok(parsed));
    return parsed ? *parsed : Json();
  }
  std::filesystem::path folder(const std::string& id) const { return data_ / "jobs" / id; }

  static std::string content(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  static void write(const std::filesystem::path& path, const std::string& text) {
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path, std::ios::binary) << text;
  }

  std::filesystem::path data_;
  SetClock clock_;
  asio::io_context loop_;
  Pool pool_{2};
  std::unique_ptr<FileJobStore> store_;
  std::unique_ptr<WatchedStore> watched_;
};

}  // namespace reelspool::testing
