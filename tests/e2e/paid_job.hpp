#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "tests/support/provider_server.hpp"

namespace reelspool::testing {

namespace fs = std::filesystem;
using nlohmann::json;
using namespace std::chrono_literals;

inline constexpr const char* secret = "sk-paid/9+x=secret";
inline constexpr const char* picture =  // 144 x 256, one colour
    "iVBORw0KGgoAAAANSUhEUgAAAJAAAAEACAIAAADTNWgYAAABgklEQVR42u3RAQ0AAAjDsCtBGOqQig5CkylYUz06VCwAJmACBkzABAyY"
    "gAkYMAETMGACJmDABEzAgAmYgAETMAEDJmACBswFYAImYMAETMCACZiAARMwAQMmYAIGTMAEDJiACRgwARMwYAImYMAETMAEDJiACRgw"
    "ARMwYAImYMAETMCACZiAARMwAQMmYAIGTMAEDJiACZiAARMwAQMmYAIGTMAEDJiACRgwARMwYAImYMAETMCACZiAARMwARMwYAImYMAE"
    "TMCACZiAARMwAQMmYAIGTMAEDJiACRgwARMwYAImYMBcACZgAgZMwAQMmIAJGDABEzBgAiZgwARMwIAJmIABEzABAyZgAgZMwARMwIAJ"
    "mIABEzABAyZgAgZMwAQMmIAJGDABEzBgAiZgwARMwIAJmIAJGDABEzBgAiZgwARMwIAJmIABEzABAyZgAgZMwAQMmIAJGDABEzABAyZg"
    "AgZMwAQMmIAJGDABEzBgAiZgwARMwIAJmIABEzAB+9oC+xqJNIRovL4AAAAASUVORK5CYII=";

inline std::string read(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

/// Looks until it is so; false after two minutes, which is a fault and no measure.
template <class So>
bool comes_true(So so, std::chrono::milliseconds between_looks = 50ms) {
  const auto end = std::chrono::steady_clock::now() + 2min;
  while (std::chrono::steady_clock::now() < end) {
    if (so()) return true;
    std::this_thread::sleep_for(between_looks);
  }
  return false;
}

/// A storyboard of some scenes without narration, whose pictures are paid for. Their prompts are "paper boat 7" and so on,
/// from `first`.
inline json job_of(int scenes, int first = 1) {
  json list = json::array();
  for (int scene = 0; scene < scenes; ++scene)
    list.push_back(
        {{"index", scene + 1}, {"visual", "paper boat " + std::to_string(first + scene)}, {"duration", 1}});
  return {{"type", "storyboard"},
          {"maxAttempts", 1},
          {"params",
           {{"storyboard", {{"scenes", list}}},
            {"brief", {{"resolution", "480p"}, {"audio_mode", "music_only"}, {"music", false}}}}}};
}

/// A data directory with one job in its drop folder and one plugin of the tests that is asked for pictures first, and the worker
/// that is started on it again and again.
class PaidWork : public ::testing::Test {
 protected:
  PaidWork(std::string with_plugin, const json& job) : plugin(std::move(with_plugin)) {
    std::string name = (fs::temp_directory_path() / "reelspool-paid-XXXXXX").string();
    scratch = mkdtemp(name.data());
    fs::create_directories(data() / "plugins");
    fs::create_directories(data() / "inbox");
    fs::copy_file(fs::path(TEST_PLUGINS) / (plugin + ".so"), data() / "plugins" / (plugin + ".so"));
    submit("ad", job);
  }
  ~PaidWork() override {
    if (worker > 0) end_worker(SIGKILL);
    fs::remove_all(scratch);
  }

  void serve(ProviderServer::Handler handler, ProviderServer::Options options = {}) {
    server = std::make_unique<ProviderServer>(std::move(handler), options);
    environment["PAID_URL"] = environment["QUEUED_URL"] = server->origin();
    ASSERT_EQ(wait_for_end(start({"plugins", "allow", plugin})), 0) << read(log());
  }
  static Reply made() { return {.body = std::string(R"({"image": ")") + picture + "\"}"}; }

  /// `under`: a program that runs it, with that one's arguments; found in PATH.
  pid_t start(std::vector<std::string> arguments, const std::vector<std::string>& under = {}) {
    std::map<std::string, std::string> all = {
        {"DATA_DIR", data().string()}, {"PAID_KEY", secret},     {"HTTP_ALLOWED_HOSTS", "127.0.0.1"},
        {"IMAGE_PROVIDER", plugin},    {"LOG_FORMAT", "json"},   {"LOG_LEVEL", "debug"},
        {"VIDEO_PRESET", "ultrafast"}, {"PATH", getenv("PATH")}, {"MAX_INTERRUPTIONS", "1000"}};
    for (const auto& [name, value] : environment) all[name] = value;
    arguments.insert(arguments.begin(), REELSPOOL_PROGRAM);
    arguments.insert(arguments.begin(), under.begin(), under.end());
    std::vector<std::string> words;
    for (const auto& [name, value] : all) words.push_back(name + "=" + value);
    std::vector<char*> argv, envp;
    for (auto& argument : arguments) argv.push_back(argument.data());
    for (auto& word : words) envp.push_back(word.data());
    argv.push_back(nullptr);
    envp.push_back(nullptr);
    const pid_t child = fork();
    if (child == 0) {
      const int out = open(log().c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
      dup2(out, STDOUT_FILENO);
      dup2(out, STDERR_FILENO);
      execvpe(argv[0], argv.data(), envp.data());
      _exit(127);
    }
    return child;
  }
  /// By the drop folder; from now on it is the job.
  void submit(const std::string& id, const json& what) {
    job_id = id;
    std::ofstream(data() / "inbox" / ("." + id)) << what.dump();
    fs::rename(data() / "inbox" / ("." + id), data() / "inbox" / (id + ".json"));
  }
  void start_worker() { worker = start({"worker"}); }
  static int wait_for_end(pid_t child) {
    int status = 0;
    waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }
  void end_worker(int signal) {
    kill(worker, signal);
    wait_for_end(worker);
    worker = 0;
  }

  json job() const {
    const json window = json::parse(read(data() / "jobs.json"), nullptr, false);
    if (window.is_object() && window.contains("jobs"))
      for (const json& each : window["jobs"])
        if (each.value("id", "") == job_id) return each;
    return json::object();
  }
  bool has_ended() const {
    const std::string status = job().value("status", "");
    return status == "done" || status == "failed";
  }
  /// What a command prints, as JSON; an empty object for what is none.
  json output_of(const std::string& arguments) const {
    const std::string command =
        "DATA_DIR=" + data().string() + " " + REELSPOOL_PROGRAM + " " + arguments + " 2>/dev/null";
    FILE* pipe = popen(command.c_str(), "r");
    std::string text;
    std::array<char, 4096> part{};
    for (std::size_t read = 0; (read = fread(part.data(), 1, part.size(), pipe)) > 0;)
      text.append(part.data(), read);
    pclose(pipe);
    const json parsed = json::parse(text, nullptr, false);
    return parsed.is_object() ? parsed : json::object();
  }
  /// Whether the journal has this, in any of its segments.
  bool is_recorded(const std::string& text) const {
    for (const auto& entry : fs::recursive_directory_iterator(data() / "store"))
      if (entry.is_regular_file() && read(entry.path()).find(text) != std::string::npos) return true;
    return false;
  }
  /// No file below the data directory, and no line of the log, has the secret.
  void expect_no_secret() const {
    EXPECT_EQ(read(log()).find(secret), std::string::npos);
    for (const auto& entry : fs::recursive_directory_iterator(data()))
      if (entry.is_regular_file()) {
        EXPECT_EQ(read(entry.path()).find(secret), std::string::npos) << entry.path();
      }
  }

  fs::path data() const { return scratch / "data"; }
  fs::path log() const { return scratch / "log"; }

  const std::string plugin;
  std::string job_id;
  fs::path scratch;
  std::map<std::string, std::string> environment;
  std::unique_ptr<ProviderServer> server;
  pid_t worker = 0;
};

}  // namespace reelspool::testing
