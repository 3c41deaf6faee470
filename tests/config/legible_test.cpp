#include "worker/config/legible.hpp"

#include <gtest/gtest.h>

namespace reelspool {
namespace {

TEST(LegibleText, MovesNoCursorAndForgesNoLine) {
  EXPECT_EQ(legible("a\x1b[2Jb\x07\x7f\r"), "a\\x1b[2Jb\\x07\\x7f\\x0d");
  EXPECT_EQ(legible("one\n\ttwo"), "one\n\ttwo");
  EXPECT_EQ(legible_line("one\n[2026-01-01] two"), "one\\x0a[2026-01-01] two");
  EXPECT_EQ(legible("\xC2\x9B"
                    "31m"),
            "\\x9b31m");  // CSI in one character
}

TEST(LegibleText, KeepsWhatPeopleWrite) {
  for (const char* text : {"¿Café? ¡Sí! \xC2\xA0", "你好 😀", "100% \"{x}\" \\N", "cut \xC2"})
    EXPECT_EQ(legible(text), text);
}

}  // namespace
}  // namespace reelspool
