#pragma once

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <memory>
#include <utility>
#include <vector>

namespace reelspool {

struct Row;

/// An ordered map from unique keys to rows, for the indexes of the fold and of the window: as std::map, with 16 bytes for a
/// row instead of 64, its neighbours beside it in memory, and no search to put something at its end, which is where new
/// jobs and changes go.
///
/// A sorted list of blocks, each a sorted array. A full block is split, one that has become small joins its neighbour.
/// An iterator is valid until the next insert or erase.
template <class Key, class RowType = Row>
class RowIndex {
  struct Block;

 public:
  using value_type = std::pair<Key, RowType*>;

  class const_iterator {
   public:
    using iterator_category = std::bidirectional_iterator_tag;
    using value_type = RowIndex::value_type;
    using difference_type = std::ptrdiff_t;
    using pointer = const value_type*;
    using reference = const value_type&;

    const_iterator() = default;
    reference operator*() const { return (*blocks_)[block_]->entries[at_]; }
    pointer operator->() const { return &**this; }
    const_iterator& operator++() {
      if (++at_ == (*blocks_)[block_]->size) ++block_, at_ = 0;
      return *this;
    }
    const_iterator& operator--() {
      if (at_ == 0) at_ = (*blocks_)[--block_]->size;
      --at_;
      return *this;
    }
    const_iterator operator++(int) {
      const const_iterator before = *this;
      ++*this;
      return before;
    }
    const_iterator operator--(int) {
      const const_iterator before = *this;
      --*this;
      return before;
    }
    bool operator==(const const_iterator& other) const { return block_ == other.block_ && at_ == other.at_; }

   private:
    friend class RowIndex;
    using Blocks = std::vector<std::unique_ptr<Block>>;
    const_iterator(const Blocks& blocks, std::size_t block, std::size_t at)
        : blocks_(&blocks), block_(block), at_(at) {}
    const Blocks* blocks_ = nullptr;
    std::size_t block_ = 0, at_ = 0;
  };
  using iterator = const_iterator;
  using const_reverse_iterator = std::reverse_iterator<const_iterator>;

  RowIndex() = default;
  RowIndex(RowIndex&& other) noexcept
      : blocks_(std::move(other.blocks_)), size_(std::exchange(other.size_, 0)) {}
  RowIndex& operator=(RowIndex&& other) noexcept {
    blocks_ = std::exchange(other.blocks_, {});
    size_ = std::exchange(other.size_, 0);
    return *this;
  }

  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  const_iterator begin() const { return {blocks_, 0, 0}; }
  const_iterator end() const { return {blocks_, blocks_.size(), 0}; }
  const_reverse_iterator rbegin() const { return std::make_reverse_iterator(end()); }
  const_reverse_iterator rend() const { return std::make_reverse_iterator(begin()); }

  /// The first whose key is not less, or is greater.
  const_iterator lower_bound(const Key& key) const {
    return first([&](const Key& other) { return other < key; });
  }
  const_iterator upper_bound(const Key& key) const {
    return first([&](const Key& other) { return !(key < other); });
  }
  const_iterator find(const Key& key) const {
    const const_iterator found = lower_bound(key);
    return found != end() && !(key < found->first) ? found : end();
  }
  std::size_t count(const Key& key) const { return find(key) == end() ? 0 : 1; }

  /// Puts `row` under `key`; a row that was there goes.
  void put(const Key& key, RowType* row) {
    if (blocks_.empty()) blocks_.push_back(std::make_unique<Block>());
    const_iterator place = blocks_.back()->is_before(key) ? end() : lower_bound(key);
    if (place == end()) {
      place.block_ = blocks_.size() - 1;
      place.at_ = blocks_.back()->size;
    } else if (!(key < place->first)) {
      blocks_[place.block_]->entries[place.at_].second = row;
      return;
    }
    if (blocks_[place.block_]->size == block_size) place = make_room(place);
    Block& block = *blocks_[place.block_];
    value_type* const entries = block.entries;
    std::move_backward(entries + place.at_, entries + block.size, entries + block.size + 1);
    entries[place.at_] = {key, row};
    ++block.size;
    ++size_;
  }

  /// Does nothing when there is no such key.
  void erase(const Key& key) {
    const const_iterator place = find(key);
    if (place == end()) return;
    Block& block = *blocks_[place.block_];
    std::move(block.entries + place.at_ + 1, block.entries + block.size, block.entries + place.at_);
    --block.size;
    --size_;
    if (block.size < block_size / 4) join(place.block_);
  }

 private:
  static constexpr std::size_t block_size = 128;
  struct Block {
    std::size_t size = 0;
    value_type entries[block_size];
    bool is_before(const Key& key) const { return size > 0 && entries[size - 1].first < key; }
  };

  template <class IsBefore>
  const_iterator first(const IsBefore& is_before) const {
    const auto block = std::partition_point(blocks_.begin(), blocks_.end(), [&](const auto& candidate) {
      return candidate->size == 0 || is_before(candidate->entries[candidate->size - 1].first);
    });
    if (block == blocks_.end()) return end();
    const value_type* const entries = (*block)->entries;
    const value_type* const entry = std::partition_point(
        entries, entries + (*block)->size, [&](const value_type& other) { return is_before(other.first); });
    return {blocks_, static_cast<std::size_t>(block - blocks_.begin()),
            static_cast<std::size_t>(entry - entries)};
  }

  /// Splits the full block at `place`: in half, but at the very end of all a new one is begun, as what comes in order
  /// shall fill its blocks.
  const_iterator make_room(const_iterator place) {
    Block& full = *blocks_[place.block_];
    const bool is_at_end = place.block_ + 1 == blocks_.size() && place.at_ == block_size;
    const std::size_t kept = is_at_end ? block_size : block_size / 2;
    auto next = std::make_unique<Block>();
    std::move(full.entries + kept, full.entries + block_size, next->entries);
    next->size = block_size - kept;
    full.size = kept;
    blocks_.insert(blocks_.begin() + static_cast<std::ptrdiff_t>(place.block_) + 1, std::move(next));
    if (place.at_ > kept || is_at_end) {
      ++place.block_;
      place.at_ -= kept;
    }
    return place;
  }

  /// A small block goes into its neighbour if there is room.
  void join(std::size_t small) {
    const auto drop = [&](std::size_t block) {
      blocks_.erase(blocks_.begin() + static_cast<std::ptrdiff_t>(block));
    };
    if (blocks_[small]->size == 0) return drop(small);
    const std::size_t left = small > 0 ? small - 1 : small;
    if (left + 1 >= blocks_.size()) return;
    Block& one = *blocks_[left];
    Block& other = *blocks_[left + 1];
    if (one.size + other.size > block_size / 2) return;
    std::move(other.entries, other.entries + other.size, one.entries + one.size);
    one.size += other.size;
    drop(left + 1);
  }

  std::vector<std::unique_ptr<Block>> blocks_;
  std::size_t size_ = 0;
};

}  // namespace reelspool
