#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <utility>

namespace reelspool {

/// A text of a job in memory, in 8 bytes: up to 7 bytes stand in it, longer ones on the heap, exactly as long as they
/// are. A million jobs have ten million of these; std::string would take 32 bytes for each, most of them empty.
///
/// A view of it is valid until it is assigned to, moved from or destroyed.
class Text {
 public:
  Text() = default;
  explicit Text(std::string_view text) { set(text); }
  Text(Text&& other) noexcept : word_(std::exchange(other.word_, nothing)) {}
  Text& operator=(Text&& other) noexcept {
    std::swap(word_, other.word_);
    return *this;
  }
  Text& operator=(std::string_view text) {
    if (view() == text) return *this;
    Text other(text);
    std::swap(word_, other.word_);
    return *this;
  }
  ~Text() {
    if (!is_inside()) delete[] heap();
  }

  std::string_view view() const {
    if (is_inside()) return {reinterpret_cast<const char*>(&word_) + 1, (word_ & 0xFFU) >> 1};
    std::uint32_t size = 0;
    std::memcpy(&size, heap(), sizeof size);
    return {heap() + sizeof size, size};
  }
  operator std::string_view() const { return view(); }
  bool empty() const { return word_ == nothing; }
  friend bool operator==(const Text& one, std::string_view other) { return one.view() == other; }

 private:
  static_assert(std::endian::native == std::endian::little && sizeof(char*) == 8,
                "the lowest byte of a pointer, which is even, stands first");
  static constexpr std::uint64_t nothing = 1;
  static constexpr std::size_t most_inside = 7;

  // The lowest byte is odd: twice the size, and one, with the text behind it. Else this is a pointer.
  bool is_inside() const { return (word_ & 1U) != 0; }
  char* heap() const { return reinterpret_cast<char*>(word_); }

  void set(std::string_view text) {
    if (text.size() <= most_inside) {
      word_ = text.size() << 1 | 1U;
      if (!text.empty()) std::memcpy(reinterpret_cast<char*>(&word_) + 1, text.data(), text.size());
      return;
    }
    const auto size = static_cast<std::uint32_t>(text.size());
    char* const block = new char[sizeof size + text.size()];
    std::memcpy(block, &size, sizeof size);
    std::memcpy(block + sizeof size, text.data(), text.size());
    word_ = reinterpret_cast<std::uint64_t>(block);
  }

  std::uint64_t word_ = nothing;
};

}  // namespace reelspool
