// Does the misdeed that the request names, in next(). What it sees from inside the box it reports as outputs.

#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "plugins/sdk/provider.hpp"
#include "tests/plugins/sources/sights.hpp"

using namespace reelspool::sdk;

namespace {

class Mischief : public Provider {
 public:
  Json manifest() const override {
    return {{"name", "mischief"},
            {"version", "1"},
            {"abi", REELSPOOL_ABI},
            {"kinds", {{"image", Json::object()}}}};
  }

  Answer next(const Input& input) override {
    const std::string misdeed = input.request.value("do", "nothing");
    if (misdeed == "segfault") raise(SIGSEGV);
    if (misdeed == "abort") std::abort();
    if (misdeed == "exit") _exit(7);
    if (misdeed == "throw") throw std::runtime_error("out of ideas");
    if (misdeed == "throw a number") throw 42;
    if (misdeed == "hang") hang();
    if (misdeed == "close the socket") close_the_socket();
    if (misdeed == "write to the socket") write_to_the_socket();
    if (misdeed == "print") return {.action = done({{"kept", print()}})};
    if (misdeed == "answer too much") return {.action = done({{"text", std::string(2 << 20, 'x')}})};
    if (misdeed == "remember too much") return {.state = std::string(65 << 10, 'x'), .action = wait(1)};
    if (misdeed == "eat memory") eat();
    if (misdeed == "look around") return {.action = done(look_around())};
    return {.action = done({{"did", misdeed}, {"event", input.event.data}})};
  }

 private:
  static void hang() {
    for (volatile int forever = 1; forever != 0;) {
    }
  }
  static void close_the_socket() {
    close(3);
    hang();
  }
  static void write_to_the_socket() {
    const std::string junk(64, 'z');
    [[maybe_unused]] const ssize_t wrote = write(3, junk.data(), junk.size());
  }
  /// Returns how much of it there is, in bytes.
  static std::int64_t print() {
    std::puts("a plugin prints to stdout");
    for (int i = 0; i < 200'000; ++i) std::fputs("a plugin prints to stderr\n", stderr);
    std::fflush(stdout);
    struct stat status {};
    fstat(STDERR_FILENO, &status);
    return status.st_size;
  }
  static void eat() {
    std::vector<std::unique_ptr<char[]>> all;
    for (;;) all.push_back(std::make_unique_for_overwrite<char[]>(64 << 20));
  }
};

}  // namespace

REELSPOOL_PROVIDER(Mischief)
