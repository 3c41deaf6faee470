#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <mutex>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "jobstore/file/file_job_store.hpp"
#include "jobstore/json.hpp"
#include "jobstore/window/window.hpp"

namespace reelspool::testing_window {

namespace fs = std::filesystem;

inline std::string contents(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

/// As a careful front end does: beside, then renamed over.
inline void write_beside(const fs::path& file, std::string_view text) {
  const fs::path staged = file.string() + ".front-end";
  std::ofstream(staged, std::ios::binary) << text;
  fs::rename(staged, file);
}

inline void write_in_place(const fs::path& file, std::string_view text) {
  std::ofstream(file, std::ios::binary | std::ios::trunc) << text;
}

/// Waits for changes in `folder` until the condition holds. False after half a minute, which is a failure.
inline bool wait_for(const fs::path& folder, const std::function<bool()>& condition) {
  const Fd inotify(inotify_init1(IN_CLOEXEC | IN_NONBLOCK));
  inotify_add_watch(inotify.number(), folder.c_str(), IN_ALL_EVENTS);
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::minutes(5);
  while (!condition()) {
    pollfd source = {inotify.number(), POLLIN, 0};
    if (std::chrono::steady_clock::now() > deadline) return false;
    poll(&source, 1, 500);
    std::array<char, 4096> events;
    while (read(inotify.number(), events.data(), events.size()) > 0) {
    }
  }
  return true;
}

/// A data directory, a worker's store over it, and its window; everything at once unless the test says otherwise.
class WindowTest : public testing::Test {
 protected:
  WindowTest() {
    std::string name = (fs::temp_directory_path() / "reelspool-window-XXXXXX").string();
    data_ = mkdtemp(name.data());
    options_.pace.shortest = std::chrono::milliseconds(0);
    options_.report = [this](const window::Notice& notice) {
      std::lock_guard lock(mutex_);
      notices_.push_back(notice.message);
    };
  }
  ~WindowTest() override {
    close();
    fs::remove_all(data_);
  }

  /// A worker's store, or a command's when it has no name. Null after a failure.
  std::unique_ptr<FileJobStore> store_of(const std::string& worker = "", Files* files = nullptr) const {
    FileStoreOptions options;
    options.data = data_;
    options.worker = worker;
    if (!worker.empty()) options.role = FileStoreOptions::Role::worker;
    options.files = files;
    Result<std::unique_ptr<FileJobStore>> store = open_file_store(options);
    if (store) return *std::move(store);
    ADD_FAILURE() << store.error().message;
    return nullptr;
  }
  void open(Files* files = nullptr) {
    ASSERT_NO_FATAL_FAILURE(open_without_flush(files));
    ASSERT_NO_FATAL_FAILURE(flush());
  }
  /// For a window that has something to complain of.
  void open_without_flush(Files* files = nullptr) {
    store_ = store_of("w1", files);
    ASSERT_NE(store_, nullptr);
    Result<std::unique_ptr<Window>> window = Window::open(*store_, options_);
    ASSERT_TRUE(window) << window.error().message;
    window_ = *std::move(window);
  }
  void close() {
    window_.reset();
    store_.reset();
  }
  void flush() {
    // The lock comes from another thread; until it is there a flush does nothing.
    ASSERT_TRUE(wait_for(data_, [&] { return window_->serves(); }));
    const Result<> done = window_->flush();
    ASSERT_TRUE(done) << done.error().message;
  }
  /// What a front end does to the file, and what it sees after.
  void put(std::string_view text) {
    write_beside(jobs_file(), text);
    flush();
  }

  fs::path jobs_file() const { return data_ / "jobs.json"; }
  Json shown() const {
    const Result<Json> json = parse_json(contents(jobs_file()));
    if (json) return *json;
    ADD_FAILURE() << json.error().message << " in " << contents(jobs_file());
    return Json::object();
  }
  /// The entry of a job in jobs.json; null when it is not there, or when the file is in a front end's own form.
  Json entry(std::string_view id) const {
    const Json file = shown();
    if (!file.is_object() || !file.contains("jobs")) return nullptr;
    for (const Json& job : file["jobs"])
      if (job["id"] == id) return job;
    return nullptr;
  }
  std::string status(std::string_view id) const {
    const Json job = entry(id);
    return job.is_null() ? "absent" : job["status"].get<std::string>();
  }
  /// Writes jobs.json back with one field of one entry changed, as a front end that read it would.
  void change(std::string_view id, std::string_view field, const Json& value) {
    Json file = shown();
    for (Json& job : file["jobs"])
      if (job["id"] == id) job[std::string(field)] = value;
    put(file.dump());
  }
  Claim claim(std::string_view id) {
    Result<std::optional<Claimed>> claimed = store_->claim_job(id);
    if (claimed && *claimed) return (*claimed)->claim;
    ADD_FAILURE() << id << " cannot be claimed";
    return {};
  }
  void end(std::string_view id, Ending::Kind kind, std::string fields = "{}") {
    const Result<Job> job = store_->finish(claim(id), {kind, std::move(fields), std::nullopt});
    ASSERT_TRUE(job) << job.error().message;
    flush();
  }
  std::string notices() {
    std::lock_guard lock(mutex_);
    std::string all;
    for (const std::string& notice : notices_) all += notice + "\n";
    return all;
  }
  std::size_t files_in(const fs::path& folder, std::string_view prefix) const {
    std::size_t count = 0;
    for (const auto& file : fs::directory_iterator(folder))
      count += file.path().filename().string().starts_with(prefix);
    return count;
  }

  fs::path data_;
  WindowOptions options_;
  std::unique_ptr<FileJobStore> store_;
  std::unique_ptr<Window> window_;

 private:
  std::mutex mutex_;
  std::vector<std::string> notices_;
};

}  // namespace reelspool::testing_window
