#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "tests/plugins/loop.hpp"
#include "worker/config/settings.hpp"
#include "worker/media/scripts.hpp"
#include "worker/programs/programs.hpp"
#include "worker/providers/plugin_providers.hpp"
#include "worker/steps/pool.hpp"

namespace reelspool::testing {

namespace fs = std::filesystem;

/// A scratch folder that is gone afterwards.
class Scratch {
 public:
  Scratch() {
    std::string name = (fs::temp_directory_path() / "reelspool-providers-XXXXXX").string();
    path_ = mkdtemp(name.data());
    fs::create_directory(path_ / "scripts");
  }
  ~Scratch() { fs::remove_all(path_); }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

inline void write(const fs::path& path, std::string_view text) {
  fs::create_directories(path.parent_path());
  std::ofstream(path, std::ios::binary) << text;
}
inline std::string read(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

/// An installation and a data directory in a scratch folder, the tests' plugins, three little scripts, and one step: what a
/// provider lives among. Scripts run for real, under reelspool-exec.
class House {
 public:
  House() {
    fs::create_directories(prefix() / "libexec");
    fs::create_directory_symlink(LIBEXEC, prefix() / "libexec/reelspool");
    fs::create_directories(plugins());
    fs::create_directories(own_plugins());
    fs::create_directories(step.folder = data() / "jobs/j/work-1/s");
    script(
        "copy",
        R"(while [ $# -gt 0 ]; do case $1 in --in) in=$2 ;; --out) out=$2 ;; --say) say=$2 ;; esac; shift 2; done
if [ -n "$in" ]; then cat "$in" > "$out"; else printf %s "$say" > "$out"; fi
printf '{"copied": true}\n')");
    script("refuse", "echo 'refuse: not today' >&2; exit 1");
    script("linger",
           R"(printf 'total_us=2000000\nout_time_us=1000000\nprogress=continue\n' >&3; exec sleep 1000)");
    step.key = "scene-1/keyframe";
    step.stop = &stop;
    step.last_try = false;
    step.save = [this](Json memory) -> boost::asio::awaitable<Result<>> {
      saved.push_back(std::move(memory));
      co_return ok;
    };
    step.report = [this](double fraction) { reported.push_back(fraction); };
  }

  fs::path prefix() const { return scratch.path() / "prefix"; }
  fs::path data() const { return scratch.path() / "data"; }
  fs::path plugins() const { return prefix() / "lib/reelspool/plugins"; }
  fs::path own_plugins() const { return data() / "plugins"; }
  fs::path store() const { return data() / "store"; }

  void ship(const std::string& plugin) const { fs::copy_file(library(plugin), plugins() / (plugin + ".so")); }
  void drop_in(const std::string& plugin) const {
    fs::copy_file(library(plugin), own_plugins() / (plugin + ".so"), fs::copy_options::overwrite_existing);
  }
  static fs::path library(const std::string& plugin) { return fs::path(TEST_PLUGINS) / (plugin + ".so"); }

  void script(const std::string& name, std::string_view body) const {
    const fs::path path = scratch.path() / "scripts" / name;
    write(path, "#!/bin/sh\n" + std::string(body) + "\n");
    fs::permissions(path, fs::perms::owner_all);
  }

  /// Opened, or the test has failed; the step has asked nobody yet.
  std::unique_ptr<PluginProviders> providers(std::map<std::string, std::string> flags = {},
                                             std::map<std::string, std::string> environment = {}) {
    step.given_up.clear();
    step.calls = std::make_shared<PaidCalls>();
    flags["DATA_DIR"] = data().string();
    settings = std::make_unique<Settings>(
        *Settings::load({.flags = flags, .environment = environment, .directory = scratch.path()}));
    auto made = std::make_unique<PluginProviders>(
        loop.context.get_executor(),
        PluginProviders::Parts{pool, scripts, *settings, Installation{prefix()}, patience});
    const auto opened = loop.run(made->open());
    EXPECT_TRUE(opened) << (opened ? "" : opened.error().message);
    return made;
  }

  Scratch scratch;
  Loop loop;
  Pool pool{2};
  Programs programs{loop.context.get_executor(),
                    {.shim = fs::path(LIBEXEC) / "reelspool-exec", .records = scratch.path() / "records"}};
  Scripts scripts{programs, {scratch.path() / "scripts"}, true};
  HttpCarrier::Patience patience{.first = std::chrono::milliseconds(1),
                                 .longest = std::chrono::milliseconds(1)};
  std::unique_ptr<Settings> settings;
  Stop stop;
  StepContext step;
  std::vector<Json> saved;
  std::vector<double> reported;
};

}  // namespace reelspool::testing
