// The worker itself, killed with SIGKILL while a request that is paid for is on its way: the provider on loopback counts what
// it would bill.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
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
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using namespace std::chrono_literals;

constexpr const char* secret = "sk-paid/9+x=secret";
constexpr const char* picture =  // 144 x 256, one colour
    "iVBORw0KGgoAAAANSUhEUgAAAJAAAAEACAIAAADTNWgYAAABgklEQVR42u3RAQ0AAAjDsCtBGOqQig5CkylYUz06VCwAJmACBkzABAyY"
    "gAkYMAETMGACJmDABEzAgAmYgAETMAEDJmACBswFYAImYMAETMCACZiAARMwAQMmYAIGTMAEDJiACRgwARMwYAImYMAETMAEDJiACRgw"
    "ARMwYAImYMAETMCACZiAARMwAQMmYAIGTMAEDJiACZiAARMwAQMmYAIGTMAEDJiACRgwARMwYAImYMAETMCACZiAARMwARMwYAImYMAE"
    "TMCACZiAARMwAQMmYAIGTMAEDJiACRgwARMwYAImYMBcACZgAgZMwAQMmIAJGDABEzBgAiZgwARMwIAJmIABEzABAyZgAgZMwARMwIAJ"
    "mIABEzABAyZgAgZMwAQMmIAJGDABEzBgAiZgwARMwIAJmIAJGDABEzBgAiZgwARMwIAJmIABEzABAyZgAgZMwAQMmIAJGDABEzABAyZg"
    "AgZMwAQMmIAJGDABEzBgAiZgwARMwIAJmIABEzAB+9oC+xqJNIRovL4AAAAASUVORK5CYII=";

std::string read(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

/// Looks until it is so; false after two minutes, which is a fault and no measure.
template <class So>
bool comes_true(So so) {
  for (int looks = 0; looks < 2400; ++looks) {
    if (so()) return true;
    std::this_thread::sleep_for(50ms);
  }
  return false;
}

/// A data directory with one job in its drop folder and the plugin "paid", and the worker that is started on it again and again.
class APaidJob : public ::testing::Test {
 protected:
  APaidJob() {
    std::string name = (fs::temp_directory_path() / "reelspool-paid-XXXXXX").string();
    scratch = mkdtemp(name.data());
    fs::create_directories(data() / "plugins");
    fs::create_directories(data() / "inbox");
    fs::copy_file(fs::path(TEST_PLUGINS) / "paid.so", data() / "plugins/paid.so");
    const json job = {
        {"id", "ad"},
        {"type", "storyboard"},
        {"maxAttempts", 1},
        {"params",
         {{"resolution", "480p"},
          {"storyboard",
           {{"scenes", {{{"index", 1}, {"visual", "a paper boat"}, {"spoken_text", "It floats."}}}}}},
          {"brief", {{"resolution", "480p"}}}}}};
    std::ofstream(data() / "inbox/ad.json") << job.dump();
  }
  ~APaidJob() override {
    if (worker > 0) end_worker(SIGKILL);
    fs::remove_all(scratch);
  }

  void serve(ProviderServer::Handler handler, ProviderServer::Options options = {}) {
    server = std::make_unique<ProviderServer>(std::move(handler), options);
    environment["PAID_URL"] = server->origin();
    ASSERT_EQ(wait_for_end(start({"plugins", "allow", "paid"})), 0) << read(log());
  }
  static Reply made() { return {.body = std::string(R"({"image": ")") + picture + "\"}"}; }

  pid_t start(std::vector<std::string> arguments) {
    std::map<std::string, std::string> all = {
        {"DATA_DIR", data().string()}, {"PAID_KEY", secret},     {"HTTP_ALLOWED_HOSTS", "127.0.0.1"},
        {"IMAGE_PROVIDER", "paid"},    {"LOG_FORMAT", "json"},   {"LOG_LEVEL", "debug"},
        {"VIDEO_PRESET", "ultrafast"}, {"PATH", getenv("PATH")}, {"MAX_INTERRUPTIONS", "100"}};
    for (const auto& [name, value] : environment) all[name] = value;
    arguments.insert(arguments.begin(), REELSPOOL_PROGRAM);
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
      execve(argv[0], argv.data(), envp.data());
      _exit(127);
    }
    return child;
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
        if (each.value("id", "") == "ad") return each;
    return json::object();
  }
  bool has_ended() const {
    const std::string status = job().value("status", "");
    return status == "done" || status == "failed";
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

  fs::path scratch;
  std::map<std::string, std::string> environment;
  std::unique_ptr<ProviderServer> server;
  pid_t worker = 0;
};

TEST_F(APaidJob, IsBilledOnceWhenNobodyDies) {
  serve([](const Received& got) {
    EXPECT_EQ(got.header("authorization"), std::string("Key ") + secret);
    return made();
  });
  start_worker();
  ASSERT_TRUE(comes_true([this] { return has_ended(); })) << read(log());
  EXPECT_EQ(job()["status"], "done") << read(log());
  EXPECT_EQ(server->billed(), 1);
  end_worker(SIGTERM);
  expect_no_secret();
}

TEST_F(APaidJob, ThatDiesBeforeItConnectsIsBilledOnceAndDone) {
  serve([](const Received&) { return made(); }, {.listening = false});
  start_worker();
  ASSERT_TRUE(comes_true([this] { return is_recorded("\"sending\":\"intended\"") || has_ended(); }))
      << read(log());
  end_worker(SIGKILL);
  EXPECT_EQ(server->billed(), 0);
  server->listen();
  start_worker();
  ASSERT_TRUE(comes_true([this] { return has_ended(); })) << read(log());
  EXPECT_EQ(job()["status"], "done") << job().dump(1) << read(log());
  EXPECT_EQ(server->billed(), 1);
}

TEST_F(APaidJob, ThatDiesBeforeTheAnswerIsBilledOnceAndSaysSo) {
  serve([](const Received&) { return Reply{.held = true}; });
  start_worker();
  server->await_requests(1);
  EXPECT_TRUE(is_recorded("\"sending\":\"sent\"")) << "noted before it left";
  end_worker(SIGKILL);
  start_worker();
  ASSERT_TRUE(comes_true([this] { return has_ended(); })) << read(log());
  EXPECT_EQ(job()["status"], "failed");
  EXPECT_EQ(job()["errorInfo"]["code"], "unknown_submit") << job().dump(1);
  EXPECT_EQ(server->billed(), 1);
  end_worker(SIGTERM);
  expect_no_secret();
}

TEST_F(APaidJob, ThatDiesWithTheAnswerOnItsWayIsBilledOnceAndSaysSo) {
  serve([](const Received&) {
    Reply reply = made();
    reply.held = true;
    return reply;
  });
  start_worker();
  server->await_requests(1);
  kill(worker, SIGSTOP);
  server->release();
  end_worker(SIGKILL);
  start_worker();
  ASSERT_TRUE(comes_true([this] { return has_ended(); })) << read(log());
  EXPECT_EQ(job()["errorInfo"]["code"], "unknown_submit") << job().dump(1);
  EXPECT_EQ(server->billed(), 1);
}

TEST_F(APaidJob, WithAnIdempotencyKeyIsBilledOnceAndDoneWhateverDies) {
  environment["PAID_KEYED"] = "yes";
  serve([](const Received&) {
    Reply reply = made();
    reply.held = true;
    return reply;
  });
  for (std::size_t kills = 1; kills <= 3; ++kills) {
    start_worker();
    server->await_requests(kills);
    end_worker(SIGKILL);
  }
  server->release();
  start_worker();
  ASSERT_TRUE(comes_true([this] { return has_ended(); })) << read(log());
  EXPECT_EQ(job()["status"], "done") << job().dump(1);
  EXPECT_GE(server->requests().size(), 4u);
  EXPECT_EQ(server->billed(), 1);
}

TEST_F(APaidJob, IsPaidAgainWhereTheOperatorWantsIt) {
  environment["ON_UNKNOWN_SUBMIT"] = "retry";
  std::atomic<int> calls = 0;
  serve([&](const Received&) { return ++calls == 1 ? Reply{.silent = true} : made(); });
  start_worker();
  ASSERT_TRUE(comes_true([this] { return has_ended(); })) << read(log());
  EXPECT_EQ(job()["status"], "done") << job().dump(1);
  EXPECT_EQ(server->billed(), 2);
}

}  // namespace
}  // namespace reelspool::testing
