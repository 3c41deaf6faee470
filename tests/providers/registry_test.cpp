#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/providers/house.hpp"
#include "worker/providers/registry.hpp"

namespace reelspool {
namespace {

using ::testing::HasSubstr;

class TheRegistry : public ::testing::Test {
 protected:
  /// A registry as a new process has it, scanned.
  std::unique_ptr<Registry> scanned(testing::fs::path host = testing::fs::path(LIBEXEC) /
                                                             "reelspool-plugin-host") {
    auto registry = std::make_unique<Registry>(house.loop.context.get_executor(), house.pool,
                                               Registry::Options{.shipped = house.plugins(),
                                                                 .own = {house.own_plugins()},
                                                                 .store = house.store(),
                                                                 .host = std::move(host)});
    const auto result = house.loop.run(registry->scan());
    EXPECT_TRUE(result) << (result ? "" : result.error().message);
    return registry;
  }
  testing::House house;
};

TEST_F(TheRegistry, KnowsWhatIsShippedAndAllowsIt) {
  house.ship("puppet");
  const auto registry = scanned();
  const auto plugin = registry->find("puppet");
  ASSERT_TRUE(plugin);
  EXPECT_TRUE(plugin->shipped);
  EXPECT_TRUE(plugin->allowed);
  EXPECT_EQ(plugin->library, house.store() / "plugins" / (plugin->hash + ".so"))
      << "a copy named by its content";
  EXPECT_EQ(testing::read(plugin->library), testing::read(plugin->found));
  EXPECT_TRUE(registry->complaints().empty());
}

TEST_F(TheRegistry, TakesWhatAnOperatorChangesOfACatalogue) {
  house.ship("puppet");
  const auto write = [&](const char* name, const std::string& text) {
    testing::write(house.own_plugins() / name, text);
  };
  write("puppet.json", "{\n  \"image\": {\"chain\": [\"mine\"]}\n}\n");
  write("list.json", "[1]");
  write("half.json", "{\"image\": ");
  write("huge.json", "{\"a\": \"" + std::string(2 << 20, 'x') + "\"}");
  testing::fs::create_directory(house.own_plugins() / "folder.json");
  write("pupet.json", "{}");
  const auto registry = scanned();
  ASSERT_TRUE(registry->find("puppet"));
  EXPECT_EQ(registry->find("puppet")->catalogue, R"({"image":{"chain":["mine"]}})");
  std::string complaints;
  for (const auto& complaint : registry->complaints()) complaints += complaint.error.message + "\n";
  for (const char* said : {"list.json: it is no JSON object; correct it or take it away",
                           "half.json: ", "huge.json: it has more than 1 MiB", "folder.json: it is no file",
                           "pupet.json: there is no plugin \"pupet\": correct its name or take it away"})
    EXPECT_THAT(complaints, HasSubstr(said));
  EXPECT_EQ(registry->complaint_of("list"), nullptr) << "no library is bad";
}

TEST_F(TheRegistry, WithoutFoldersIsEmpty) {
  testing::fs::remove_all(house.plugins());
  testing::fs::remove_all(house.own_plugins());
  EXPECT_TRUE(scanned()->plugins().empty());
}

TEST_F(TheRegistry, StartsNoProcessForAPluginThatWasSeenBefore) {
  house.ship("puppet");
  ASSERT_TRUE(scanned()->find("puppet"));
  const auto again = scanned("/nowhere/host");  // would fail if it were needed
  ASSERT_TRUE(again->find("puppet"));
  EXPECT_TRUE(again->find("puppet")->manifest.kinds.contains("speech"));
}

TEST_F(TheRegistry, LetsADroppedInPluginWaitUntilItIsAllowed) {
  house.drop_in("puppet");
  auto registry = scanned();
  ASSERT_TRUE(registry->find("puppet"));
  EXPECT_FALSE(registry->find("puppet")->allowed);
  ASSERT_TRUE(house.loop.run(registry->allow("puppet")));
  EXPECT_TRUE(registry->find("puppet")->allowed);
  EXPECT_TRUE(house.loop.run(registry->allow("puppet"))) << "again";
  EXPECT_TRUE(scanned()->find("puppet")->allowed) << "and in the next process";
}

TEST_F(TheRegistry, LetsAPluginThatAsksForMoreWaitAgain) {
  house.drop_in("puppet");
  auto registry = scanned();
  ASSERT_TRUE(house.loop.run(registry->allow("puppet")));
  // What the store remembers of the library says more than what was allowed.
  const auto plugin = registry->find("puppet");
  const auto kept = house.store() / "plugins" / (plugin->hash + ".json");
  Json manifest = *parse_json(testing::read(kept));
  manifest["hosts"] = {"other.example"};
  testing::write(kept, to_text(manifest));
  EXPECT_FALSE(scanned()->find("puppet")->allowed);
}

TEST_F(TheRegistry, SaysWhichPluginsThereAreWhenANameIsUnknown) {
  house.ship("puppet");
  house.drop_in("second");
  auto registry = scanned();
  auto result = house.loop.run(registry->allow("puppets"));
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().message, "no plugin is named \"puppets\"; there are: puppet, second");
}

TEST_F(TheRegistry, DoesNotLetAStrangerTakeTheNameOfAShippedPlugin) {
  house.ship("puppet");
  testing::write(house.own_plugins() / "puppet.so",
                 testing::read(testing::House::library("puppet")) + "changed");
  auto registry = scanned();
  EXPECT_TRUE(registry->find("puppet")->shipped);
  ASSERT_TRUE(house.loop.run(registry->allow("puppet")));
  EXPECT_FALSE(registry->find("puppet")->shipped)
      << "the operator may put another in its place, by allowing it";
}

TEST_F(TheRegistry, ComplainsOfEachBadLibraryAndUsesTheOthers) {
  house.ship("puppet");
  for (const char* bad : {"nothing", "future", "mischief"}) house.drop_in(bad);
  testing::fs::rename(house.own_plugins() / "mischief.so", house.own_plugins() / "renamed.so");
  testing::write(house.own_plugins() / "text.so", "not a library");
  testing::fs::create_directory(house.own_plugins() / "folder.so");
  const auto registry = scanned();
  EXPECT_TRUE(registry->find("puppet"));
  std::string all;
  for (const auto& complaint : registry->complaints()) all += complaint.error.message + "\n";
  EXPECT_EQ(registry->complaints().size(), 5u) << all;
  EXPECT_THAT(all, HasSubstr("no symbol reelspool_provider"));
  EXPECT_THAT(all, HasSubstr("plugin ABI 99"));
  EXPECT_THAT(all, HasSubstr("so its file must be mischief.so"));
  EXPECT_THAT(all, HasSubstr("text.so"));
  EXPECT_THAT(all, HasSubstr("folder.so is no regular file"));
}

TEST_F(TheRegistry, DoesNotGuessWhatAForeignGrantsFileMeans) {
  house.drop_in("puppet");
  ASSERT_TRUE(scanned()->find("puppet"));
  for (const auto& [text, complaint] :
       {std::pair{R"({"version": 3, "grants": {}})", "grants.json has another version"},
        std::pair{R"({"version": 2, "grants": {"puppet": {"asks": "all"}}})", "must be an object"},
        std::pair{R"({"version": 2, "grants": {"puppet": {}}})", "'asks' not found"}}) {
    testing::write(house.store() / "grants.json", text);
    Registry registry(house.loop.context.get_executor(), house.pool,
                      {.shipped = house.plugins(),
                       .own = {house.own_plugins()},
                       .store = house.store(),
                       .host = "/nowhere"});
    auto result = house.loop.run(registry.scan());
    ASSERT_FALSE(result) << text;
    EXPECT_THAT(result.error().message, HasSubstr(complaint));
  }
}

}  // namespace
}  // namespace reelspool
