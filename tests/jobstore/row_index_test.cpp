#include "jobstore/file/row_index.hpp"

#include <gtest/gtest.h>

#include <iterator>
#include <map>
#include <random>

#include "jobstore/file/row.hpp"

namespace reelspool {
namespace {

class RowIndexTest : public testing::Test {
 protected:
  void put(int key) {
    index_.put(key, &rows_[static_cast<std::size_t>(key)]);
    map_[key] = &rows_[static_cast<std::size_t>(key)];
  }
  void erase(int key) {
    index_.erase(key);
    map_.erase(key);
  }
  void compare() {
    ASSERT_EQ(index_.size(), map_.size());
    auto expected = map_.begin();
    for (const auto& [key, row] : index_) {
      ASSERT_EQ(key, expected->first);
      ASSERT_EQ(row, expected->second);
      ++expected;
    }
    auto last = map_.rbegin();
    for (auto row = index_.rbegin(); row != index_.rend(); ++row, ++last) ASSERT_EQ(row->first, last->first);
  }
  void compare_searches(int key) {
    const auto position = [&](const auto& place) { return std::distance(index_.begin(), place); };
    ASSERT_EQ(position(index_.lower_bound(key)), std::distance(map_.begin(), map_.lower_bound(key)));
    ASSERT_EQ(position(index_.upper_bound(key)), std::distance(map_.begin(), map_.upper_bound(key)));
    ASSERT_EQ(index_.count(key), map_.count(key));
  }

  static constexpr int most = 3000;
  std::vector<Row> rows_ = std::vector<Row>(most);
  RowIndex<int> index_;
  std::map<int, Row*> map_;
};

TEST_F(RowIndexTest, IsAnOrderedMapWhateverIsPutInAndTakenOut) {
  std::mt19937 random(7);
  for (const int share_put : {80, 50, 20}) {
    for (int i = 0; i < 6000; ++i) {
      const int key = static_cast<int>(random() % most);
      if (static_cast<int>(random() % 100) < share_put)
        put(key);
      else
        erase(key);
      if (i % 500 == 0) compare_searches(static_cast<int>(random() % most));
    }
    compare();
  }
}

TEST_F(RowIndexTest, ServesAQueueThatIsFilledAtItsEndAndEmptiedAtItsFront) {
  for (int i = 0; i < most; ++i) {
    put(i);
    if (i >= 1000) erase(i - 1000);
  }
  compare();
  while (!index_.empty()) erase(index_.begin()->first);
  compare();
  put(5);
  compare();
}

TEST_F(RowIndexTest, PutsTheNewRowInPlaceOfTheOld) {
  put(1);
  put(2);
  index_.put(1, &rows_[9]);
  EXPECT_EQ(index_.size(), 2U);
  EXPECT_EQ(index_.find(1)->second, &rows_[9]);
}

TEST(TextTest, HoldsTextsOfEveryLengthAndGivesThemBack) {
  for (std::size_t size = 0; size < 40; ++size) {
    const std::string expected(size, 'x');
    Text text(expected);
    EXPECT_EQ(text.view(), expected);
    EXPECT_EQ(text.empty(), size == 0);
    Text moved(std::move(text));
    EXPECT_EQ(moved.view(), expected);
    moved = std::string_view("other");
    EXPECT_EQ(moved.view(), "other");
    moved = std::string_view(expected);
    EXPECT_EQ(moved.view(), expected);
  }
}

TEST(TextTest, MayBeGivenAPartOfItself) {
  Text text("a text that stands on the heap");
  text = text.view().substr(2, 20);
  EXPECT_EQ(text.view(), "text that stands on ");
}

}  // namespace
}  // namespace reelspool
