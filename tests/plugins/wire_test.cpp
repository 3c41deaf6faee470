#include <gtest/gtest.h>

#include "plugins/host/wire.hpp"

namespace reelspool::wire {
namespace {

TEST(Frames, ComeOutAsTheyWentInHoweverTheyAreCut) {
  const std::string bytes = encode(What::next, 7, "{\"a\":1}") + encode(What::describe, 1ull << 60, "");
  for (std::size_t cut = 0; cut <= bytes.size(); ++cut) {
    Reader reader;
    reader.feed(std::string_view(bytes).substr(0, cut));
    auto first = reader.take();
    reader.feed(std::string_view(bytes).substr(cut));
    if (!first) first = reader.take();
    ASSERT_TRUE(first) << "cut at " << cut;
    EXPECT_EQ(first->what, What::next);
    EXPECT_EQ(first->id, 7u);
    EXPECT_EQ(first->body, "{\"a\":1}");
    auto second = reader.take();
    ASSERT_TRUE(second) << "cut at " << cut;
    EXPECT_EQ(second->id, 1ull << 60);
    EXPECT_FALSE(reader.take());
    EXPECT_FALSE(reader.rubbish());
  }
}

TEST(Frames, ThatAreRubbishAreSeenAsSuch) {
  for (const std::string& junk : {std::string(16, 'z'), std::string(16, '\0'),
                                  std::string("\xff\xff\xff\xff\x01\0\0\0\0\0\0\0\0\0\0\0", 16)}) {
    Reader reader;
    reader.feed(junk);
    EXPECT_FALSE(reader.take());
    EXPECT_TRUE(reader.rubbish());
  }
}

}  // namespace
}  // namespace reelspool::wire
