#pragma once

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace reelspool {

/// A process that runs `body` and talks to us, line by line.
class Child {
 public:
  using Say = std::function<void(const std::string&)>;
  explicit Child(const std::function<void(const Say&)>& body) {
    int ends[2];
    if (::pipe(ends) != 0) std::abort();
    pid_ = ::fork();
    if (pid_ == 0) {
      ::close(ends[0]);
      body([&](const std::string& line) {
        const std::string text = line + '\n';
        if (::write(ends[1], text.data(), text.size()) < 0) ::_exit(1);
      });
      ::_exit(0);
    }
    ::close(ends[1]);
    from_ = ::fdopen(ends[0], "r");
  }
  ~Child() {
    end();
    std::fclose(from_);
  }
  Child(const Child&) = delete;

  /// The next line; nothing when it has ended and all is read.
  std::optional<std::string> line() {
    char text[4096];
    if (!std::fgets(text, sizeof text, from_)) return std::nullopt;
    std::string found(text);
    found.pop_back();
    return found;
  }
  std::vector<std::string> lines() {
    std::vector<std::string> all;
    while (const auto next = line()) all.push_back(*next);
    return all;
  }
  void kill() { signal(SIGKILL); }
  void signal(int number) { ::kill(pid_, number); }
  void end() {
    if (pid_ <= 0) return;
    kill();
    ::waitpid(pid_, nullptr, 0);
    pid_ = 0;
  }
  /// Waits until it has stopped itself (SIGSTOP).
  void wait_until_stopped() {
    int status = 0;
    ::waitpid(pid_, &status, WUNTRACED);
  }
  /// Waits for its own end.
  int wait() {
    int status = 0;
    ::waitpid(std::exchange(pid_, 0), &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }

 private:
  pid_t pid_ = 0;
  FILE* from_ = nullptr;
};

}  // namespace reelspool
