#include <gtest/gtest.h>

#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>

namespace {

/// The names that the dynamic symbol table of a library defines, a line each.
std::string defined_symbols(const std::filesystem::path& library) {
  const std::string command =
      "nm -D --defined-only --format=posix '" + library.string() + "' | cut -d' ' -f1";
  const std::unique_ptr<FILE, int (*)(FILE*)> pipe(popen(command.c_str(), "r"), pclose);
  std::string names;
  char line[512];
  while (fgets(line, sizeof line, pipe.get()) != nullptr) names += line;
  return names;
}

TEST(EveryPlugin, ExportsOneSymbol) {
  int seen = 0;
  for (const char* folder : {TEST_PLUGINS, SHIPPED_PLUGINS}) {
    if (!std::filesystem::exists(folder)) continue;
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
      if (entry.path().extension() != ".so" || entry.path().stem() == "nothing" ||
          entry.path().stem() == "chatty")
        continue;
      EXPECT_EQ(defined_symbols(entry.path()), "reelspool_provider\n") << entry.path();
      ++seen;
    }
  }
  EXPECT_GE(seen, 8);
}

}  // namespace
