#pragma once

#include "tests/programs/harness.hpp"
#include "worker/media/scripts.hpp"

namespace reelspool {

/// Scripts of a test's own, and the shipped ones.
class MediaTest : public ProgramsTest {
 protected:
  std::filesystem::path mine = scratch.path / "scripts";
  std::optional<Scripts> scripts;

  void SetUp() override {
    ProgramsTest::SetUp();
    std::filesystem::create_directory(mine);
    scripts.emplace(*programs, std::vector<std::filesystem::path>{mine, FFMPEG_SCRIPTS}, true);
  }

  /// Makes an executable sh script.
  void script(const std::string& name, const std::string& body) {
    std::ofstream(mine / name) << "#!/bin/sh\n" << body << '\n';
    std::filesystem::permissions(mine / name, std::filesystem::perms::owner_all);
  }
  ScriptCall call(std::string name) const {
    ScriptCall made;
    made.name = std::move(name);
    made.folder = work;
    return made;
  }

  /// Runs a coroutine on the loop to its end.
  template <class T>
  T wait_for(boost::asio::awaitable<T> what) {
    std::optional<T> result;
    boost::asio::co_spawn(
        loop,
        [](boost::asio::awaitable<T> task, std::optional<T>& into) -> boost::asio::awaitable<void> {
          into.emplace(co_await std::move(task));
        }(std::move(what), result),
        [](const std::exception_ptr& thrown) {
          if (thrown) std::rethrow_exception(thrown);
        });
    loop.restart();
    loop.run();
    return std::move(*result);
  }
  Result<std::string> run_script(ScriptCall what) { return wait_for(scripts->run(std::move(what), stop)); }
};

}  // namespace reelspool
