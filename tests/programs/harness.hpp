#pragma once

#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <sstream>
#include <string>

#include "worker/programs/descriptor.hpp"
#include "worker/programs/programs.hpp"

namespace reelspool {

/// A new folder, removed at the end.
class Scratch {
 public:
  Scratch() {
    std::string pattern =
        (std::filesystem::temp_directory_path() / "reelspool's [test] 100%s: XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("mkdtemp");
    path = pattern;
  }
  ~Scratch() { std::filesystem::remove_all(path); }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  std::filesystem::path path;
};

inline std::string contents(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

/// Some process that is not our child, held by a pidfd so that its number cannot be mistaken for another's.
class Stranger {
 public:
  explicit Stranger(int pid) : handle_(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0))) {
    EXPECT_TRUE(bool(handle_)) << "no process " << pid;
  }
  /// Waits until it has died; the limit is there only so that a broken test ends.
  bool dies() const {
    pollfd watched{handle_.number(), POLLIN, 0};
    return ::poll(&watched, 1, 60'000) == 1;
  }
  bool dead() const {
    pollfd watched{handle_.number(), POLLIN, 0};
    return ::poll(&watched, 1, 0) == 1;
  }

 private:
  Descriptor handle_;
};

/// A loop, programs on it, a folder they may write, and a stop.
class ProgramsTest : public ::testing::Test {
 protected:
  Scratch scratch;
  std::filesystem::path work = scratch.path / "work";
  std::filesystem::path records = scratch.path / "records";
  boost::asio::io_context loop;
  std::optional<Programs> programs;
  Stop stop;

  void SetUp() override {
    std::filesystem::create_directory(work);
    using std::chrono_literals::operator""ms;
    // A short ladder: what ignores SIGTERM is killed soon, so that the tests do not take long.
    programs.emplace(loop.get_executor(),
                     Programs::Options{SHIM, records, {{SIGTERM, 300ms}, {SIGKILL, 30'000ms}}});
  }
  void TearDown() override {
    programs.reset();
    EXPECT_TRUE(std::filesystem::is_empty(records)) << "a record was left behind";
  }

  Command command(std::vector<std::string> argv) const {
    Command made;
    made.argv = std::move(argv);
    made.directory = work;
    made.box.writable = {work};
    return made;
  }
  Command inside(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), INSIDE);
    return command(std::move(arguments));
  }
  Command shell(std::string script) const { return command({"/bin/sh", "-c", std::move(script)}); }

  Result<Exit> run(Command what) {
    std::optional<Result<Exit>> result;
    boost::asio::co_spawn(
        loop,
        [](Programs& from, Command which, Stop& by,
           std::optional<Result<Exit>>& into) -> boost::asio::awaitable<void> {
          into.emplace(co_await from.run(std::move(which), by));
        }(*programs, std::move(what), stop, result),
        [](const std::exception_ptr& thrown) {
          if (thrown) std::rethrow_exception(thrown);
        });
    loop.restart();
    loop.run();
    return std::move(*result);
  }
};

}  // namespace reelspool
