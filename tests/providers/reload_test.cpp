#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <functional>
#include <memory>

#include "tests/providers/house.hpp"
#include "worker/providers/plugin_watch.hpp"

namespace reelspool {
namespace {

using ::testing::HasSubstr;

/// A worker's providers that watch their folder.
class AWatchedFolder : public ::testing::Test {
 protected:
  ~AWatchedFolder() override {
    if (!watch) return;
    watch->close();
    until([&] { return !is_followed; });
  }

  PluginProviders& watching() {
    providers = house.providers();
    watch = std::make_unique<PluginWatch>(house.loop.context.get_executor(),
                                          plugins_to_watch(*house.settings, Installation{house.prefix()}));
    is_followed = true;
    house.loop.start(providers->follow(*watch), [this](const Result<>&) { is_followed = false; });
    return *providers;
  }

  /// Runs the loop until it is so; the test's time-out ends one that never is.
  void until(const std::function<bool()>& so) {
    while (!so()) house.loop.context.run_one();
  }

  bool is_used(const char* name) {
    const auto plugin = providers->registry().find(name);
    return plugin && plugin->allowed;
  }

  void allow(const char* name) {
    Registry other(house.loop.context.get_executor(), house.pool,
                   {.shipped = house.plugins(),
                    .own = {house.own_plugins()},
                    .store = house.store(),
                    .host = testing::fs::path(LIBEXEC) / "reelspool-plugin-host"});
    ASSERT_TRUE(house.loop.run(other.scan()));
    ASSERT_TRUE(house.loop.run(other.allow(name)));
  }

  void watching_a_puppet_in_use() {
    house.drop_in("puppet");
    watching();
    allow("puppet");
    until([&] { return is_used("puppet"); });
  }

  /// As a package or a person puts it there: written beside, and renamed.
  void replace(const char* name, const char* by) {
    const auto staged = house.own_plugins() / "staged.tmp";
    testing::fs::copy_file(testing::House::library(by), staged);
    testing::fs::rename(staged, house.own_plugins() / (std::string(name) + ".so"));
  }

  testing::House house;
  std::unique_ptr<PluginProviders> providers;
  std::unique_ptr<PluginWatch> watch;
  bool is_followed = false;
};

TEST_F(AWatchedFolder, TakesUpWhatIsAddedAllowedAndRemovedByItself) {
  watching();
  EXPECT_FALSE(providers->registry().find("puppet"));
  house.drop_in("puppet");
  until([&] { return providers->registry().find("puppet") != nullptr; });
  EXPECT_FALSE(is_used("puppet")) << "it was allowed by nobody";
  allow("puppet");
  until([&] { return is_used("puppet"); });
  EXPECT_TRUE(providers->can("image", Json::object()));
  testing::fs::remove(house.own_plugins() / "puppet.so");
  until([&] { return providers->registry().find("puppet") == nullptr; });
  EXPECT_FALSE(providers->can("image", Json::object()));
}

TEST_F(AWatchedFolder, MayBeMadeOnlyLater) {
  testing::fs::remove(house.own_plugins());
  watching();
  testing::fs::remove(house.own_plugins());
  testing::fs::create_directory(house.own_plugins());
  house.drop_in("puppet");
  until([&] { return providers->registry().find("puppet") != nullptr; });
}

TEST_F(AWatchedFolder, ComplainsOfABadLibraryAndUsesTheOthers) {
  house.drop_in("puppet");
  watching();
  testing::write(house.own_plugins() / "torn.so", "no library");
  until([&] { return !providers->registry().complaints().empty(); });
  EXPECT_TRUE(providers->registry().find("puppet"));
}

constexpr const char* waits_then_tells = R"([
  {"operation": "op-1", "action": {"type": "exec", "script": "copy", "options": [["say", "x"], ["out", {"output": "i.png"}]]}},
  {"type": "done", "outputs": {"image": {"file": "i.png"}, "by": "version"}}])";

TEST_F(AWatchedFolder, EndsWhatHasBegunOnTheVersionThatBeganIt) {
  watching_a_puppet_in_use();
  const Json request = {{"turns", *parse_json(waits_then_tells)}};
  ASSERT_TRUE(house.loop.run(providers->perform("image", request, house.step)));
  const std::string first = providers->registry().find("puppet")->hash;
  house.step.memory = house.saved.front();  // as if the worker had been stopped in the script
  ASSERT_EQ(house.step.memory["plugin"], first);

  replace("puppet", "puppet-2");
  until([&] { return providers->registry().find("puppet")->hash != first; });
  auto made = house.loop.run(providers->perform("image", request, house.step));
  ASSERT_TRUE(made) << made.error().message;
  EXPECT_EQ((*made)["by"], "1");

  testing::fs::remove(house.own_plugins() / "puppet.so");
  until([&] { return providers->registry().find("puppet") == nullptr; });
  made = house.loop.run(providers->perform("image", request, house.step));
  ASSERT_TRUE(made) << made.error().message;
  EXPECT_EQ((*made)["by"], "1") << "also after it was removed";

  house.step.memory = nullptr;
  made = house.loop.run(providers->perform("image", request, house.step));
  ASSERT_FALSE(made) << "but nothing new begins on it";
}

TEST_F(AWatchedFolder, EndsNothingOnAVersionThatMayNotDoAnyMoreWhatItAsksFor) {
  watching_a_puppet_in_use();
  const Json request = {{"turns", *parse_json(waits_then_tells)}};
  ASSERT_TRUE(house.loop.run(providers->perform("image", request, house.step)));
  house.step.memory = house.saved.front();
  testing::write(house.store() / "grants.json", R"({"version": 2, "grants": {}})");
  until([&] { return !is_used("puppet"); });
  EXPECT_FALSE(house.loop.run(providers->perform("image", request, house.step)));
}

TEST_F(AWatchedFolder, IsGoneAndComesBack) {
  house.drop_in("puppet");
  watching();
  testing::fs::remove_all(house.own_plugins());
  until([&] { return providers->registry().find("puppet") == nullptr; });
  testing::fs::create_directory(house.own_plugins());
  house.drop_in("puppet");
  until([&] { return providers->registry().find("puppet") != nullptr; });
}

// A data directory with both, and two folders that are missing in it.
TEST_F(AWatchedFolder, SharesTheFolderAboveWithOthers) {
  const auto above = house.scratch.path() / "above";
  testing::write(above / "grants.json", "");
  PluginWatch three(house.loop.context.get_executor(),
                    {.folders = {above / "one", above / "two"}, .grants = above / "grants.json"});
  EXPECT_EQ(three.deaf_because(), "");
  for (const char* name : {"one", "two"}) {
    testing::fs::create_directory(above / name);
    EXPECT_TRUE(house.loop.run(three.changed())) << name;
    testing::write(above / name / "late.so", "");
    EXPECT_TRUE(house.loop.run(three.changed())) << name;
  }
  testing::write(above / "grants.json", "{}");
  EXPECT_TRUE(house.loop.run(three.changed()));
}

TEST_F(AWatchedFolder, LetsAVersionTakeOverWhatItUnderstands) {
  watching_a_puppet_in_use();
  const Json request = {{"turns", *parse_json(waits_then_tells)}};
  ASSERT_TRUE(house.loop.run(providers->perform("image", request, house.step)));
  house.step.memory = house.saved.front();

  replace("puppet", "puppet-3");  // asks for more, and says that it takes over version 1
  until([&] { return !is_used("puppet"); });
  auto made = house.loop.run(providers->perform("image", request, house.step));
  ASSERT_TRUE(made) << made.error().message;
  EXPECT_EQ((*made)["by"], "1") << "nobody has allowed what the new one asks for";
  house.step.memory = house.saved.front();
  allow("puppet");
  until([&] { return is_used("puppet"); });
  made = house.loop.run(providers->perform("image", request, house.step));
  ASSERT_TRUE(made) << made.error().message;
  EXPECT_EQ((*made)["by"], "3");
}

// A version whose copy is gone cannot go on; the one that is there is better than none.
TEST_F(AWatchedFolder, WithoutTheOldCopyGoesOnWithTheNewVersion) {
  watching_a_puppet_in_use();
  const Json request = {{"turns", *parse_json(waits_then_tells)}};
  house.step.memory = {{"provider", "puppet"}, {"plugin", std::string(64, 'a')}, {"state", {{"turn", 1}}}};
  auto made = house.loop.run(providers->perform("image", request, house.step));
  ASSERT_TRUE(made) << made.error().message;
}

TEST_F(AWatchedFolder, IsLookedAtWhereTheKernelTellsNothing) {
  PluginWatch deaf(house.loop.context.get_executor(), {.folders = {house.own_plugins()},
                                                       .grants = house.store() / "grants.json",
                                                       .poll_every = std::chrono::milliseconds(10),
                                                       .never_listen = true});
  EXPECT_NE(deaf.deaf_because(), "");
  house.drop_in("puppet");
  EXPECT_TRUE(house.loop.run(deaf.changed()));
  testing::fs::remove(house.own_plugins() / "puppet.so");
  EXPECT_TRUE(house.loop.run(deaf.changed()));
}

}  // namespace
}  // namespace reelspool
