// The two that live in Node: BullMQ on a Redis, and a jobs.json that is read, changed and written whole. Each is a script
// beside this file that answers one line for each line that it is asked.
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>

#include "tests/bench/peers/peer.hpp"

namespace reelspool::bench {
namespace {

class Script {
 public:
  Script(const std::string& name, const std::string& argument, const std::filesystem::path& modules) {
    int to[2], from[2];
    if (pipe2(to, O_CLOEXEC) != 0 || pipe2(from, O_CLOEXEC) != 0) give_up("no pipe can be made");
    pid_ = fork();
    if (pid_ == 0) {
      dup2(to[0], 0);
      dup2(from[1], 1);
      setenv("BENCH_MODULES", modules.c_str(), 1);
      execlp("node", "node", (std::filesystem::path(BENCH_PEERS_DIR) / name).c_str(), argument.c_str(),
             nullptr);
      std::_Exit(127);
    }
    close(to[0]);
    close(from[1]);
    to_ = fdopen(to[1], "w");
    from_ = fdopen(from[0], "r");
  }
  ~Script() {
    std::fclose(to_);
    std::fclose(from_);
    waitpid(pid_, nullptr, 0);
  }
  Script(const Script&) = delete;

  void ask(const std::string& operation, std::size_t count, double seconds, const std::string& body) {
    std::fprintf(to_, "%s %zu %f %s\n", operation.c_str(), count, seconds, body.c_str());
    std::fflush(to_);
  }
  double answer() {
    double value = 0;
    if (std::fscanf(from_, "%lf", &value) != 1) give_up("a script of the benchmark ended");
    return value;
  }

 private:
  pid_t pid_ = 0;
  std::FILE *to_ = nullptr, *from_ = nullptr;
};

const char* name_of(Operation operation) {
  const char* const names[] = {"submit", "claim", "progress"};
  return names[static_cast<int>(operation)];
}

class BullMq final : public Peer {
 public:
  BullMq(const std::filesystem::path& folder, std::filesystem::path modules, bool always)
      : always_(always),
        modules_(std::move(modules)),
        port_(free_port()),
        server_({"redis-server", "--port", std::to_string(port_), "--bind", "127.0.0.1", "--dir", folder,
                 "--save", "", "--appendonly", "yes", "--appendfsync", always ? "always" : "everysec"}) {}
  std::string name() const override { return always_ ? "BullMQ, Redis always" : "BullMQ, Redis everysec"; }
  bool survives_power_loss() const override { return always_; }
  void fill(std::size_t jobs, const std::string& body) override {
    need_scripts(1);
    scripts_.front()->ask("fill", jobs, 0, body);
    scripts_.front()->answer();
  }
  double measure(const Load& load, const std::string& body) override {
    const std::size_t processes = load.are_processes ? static_cast<std::size_t>(load.clients) : 1;
    need_scripts(processes);
    const std::size_t clients_each = load.are_processes ? 1 : static_cast<std::size_t>(load.clients);
    for (std::size_t i = 0; i < processes; ++i)
      scripts_[i]->ask(name_of(load.operation), clients_each, load.seconds, body);
    double sum = 0;
    for (std::size_t i = 0; i < processes; ++i) sum += scripts_[i]->answer();
    return sum;
  }

 private:
  /// So many that have connected.
  void need_scripts(std::size_t count) {
    while (scripts_.size() < count) {
      scripts_.push_back(std::make_unique<Script>("bullmq.mjs", std::to_string(port_), modules_));
      scripts_.back()->ask("fill", 0, 0, "{}");
    }
    for (; ready_ < scripts_.size(); ++ready_) scripts_[ready_]->answer();
  }
  const bool always_;
  const std::filesystem::path modules_;
  const int port_;
  Server server_;
  std::vector<std::unique_ptr<Script>> scripts_;
  std::size_t ready_ = 0;
};

/// It knows one writer; a second would undo what the first did.
class Naive final : public Peer {
 public:
  explicit Naive(const std::filesystem::path& folder) : script_("naive.mjs", folder / "jobs.json", {}) {}
  std::string name() const override { return "jobs.json by hand, Node"; }
  bool survives_power_loss() const override { return false; }  // the folder is not synced
  void fill(std::size_t jobs, const std::string& body) override {
    script_.ask("fill", jobs, 0, body);
    script_.answer();
  }
  double measure(const Load& load, const std::string& body) override {
    if (load.clients > 1) return -1;
    script_.ask(name_of(load.operation), 1, load.seconds, body);
    return script_.answer();
  }

 private:
  Script script_;
};

}  // namespace

Offer offer_bullmq(const std::filesystem::path& folder, const std::filesystem::path& modules, bool always) {
  if (!is_installed("redis-server")) return {nullptr, "BullMQ: the package redis-server is not installed"};
  if (!is_installed("node") || !std::filesystem::exists(modules / "node_modules" / "ioredis"))
    return {nullptr, "BullMQ: not in " + modules.string() + " (npm install --prefix " + modules.string() +
                         " bullmq ioredis)"};
  return {std::make_unique<BullMq>(folder, modules, always), ""};
}

Offer offer_naive(const std::filesystem::path& folder) {
  if (!is_installed("node")) return {nullptr, "jobs.json by hand: node is not installed"};
  return {std::make_unique<Naive>(folder), ""};
}

}  // namespace reelspool::bench
