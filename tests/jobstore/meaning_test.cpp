#include "jobstore/meaning.hpp"

#include <gtest/gtest.h>

#include <random>

namespace reelspool {
namespace {

/// As the slow way has it; nothing where it refuses the text.
std::optional<std::uint64_t> slow(const std::string& text) {
  const Result<Json> json = parse_json(text);
  return json && json->is_object() ? std::optional(meaning_of(*json)) : std::nullopt;
}

/// Random JSON, with what the two ways might see in different lights.
class Writer {
 public:
  explicit Writer(unsigned seed) : random_(seed) {}

  std::string object(int depth) {
    static const char* const keys[] = {"a",      "b",     "A", "id",       "jobId", "status",
                                       "params", "error", "",  "\xC3\xA9", "z\\n",  "a"};
    std::string text = "{";
    for (int i = pick(5); i > 0; --i)
      text += space() + "\"" + one_of(keys) + "\"" + space() + ":" + value(depth) + (i > 1 ? "," : "");
    return text + space() + "}";
  }

 private:
  int pick(int below) { return static_cast<int>(random_() % static_cast<unsigned>(below)); }
  template <std::size_t n>
  std::string one_of(const char* const (&words)[n]) {
    return words[pick(static_cast<int>(n))];
  }
  std::string space() {
    static const char* const spaces[] = {"", "", "", " ", "\n\t", "\r\n"};
    return one_of(spaces);
  }
  std::string value(int depth) {
    static const char* const plain[] = {"0",
                                        "-0",
                                        "-0.0",
                                        "1",
                                        "1.0",
                                        "1.10",
                                        "1e5",
                                        "1E-7",
                                        "-12.5e+3",
                                        "9007199254740993",
                                        "9223372036854775807",
                                        "9223372036854775808",
                                        "18446744073709551615",
                                        "18446744073709551616",
                                        "-9223372036854775809",
                                        "1e-400",
                                        "0.1",
                                        "123456789012345680000",
                                        "5e-324",
                                        "1.7976931348623157e308",
                                        "1e400",
                                        "true",
                                        "false",
                                        "null",
                                        "\"\"",
                                        "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"",
                                        "\"\x7F\"",
                                        "\"\xE2\x80\xA8\xF0\x9F\x8E\xAC\"",
                                        "\"\\u00e9\"",
                                        "\"\\ud83c\\udfac\"",
                                        "\"\\ud83c\"",
                                        "\"\xC3\"",
                                        "\"a\nb\"",
                                        "01",
                                        "1.",
                                        ".5",
                                        "+1",
                                        "nul",
                                        "\"\\x\"",
                                        "'a'",
                                        "[1,]",
                                        "NaN"};
    if (depth == 0 || pick(3) > 0)
      return space() + plain[pick(pick(8) == 0 ? static_cast<int>(std::size(plain)) : 29)] + space();
    if (pick(2) == 0) return object(depth - 1);
    std::string text = "[";
    for (int i = pick(4); i > 0; --i) text += value(depth - 1) + (i > 1 ? "," : "");
    return text + space() + "]";
  }
  std::mt19937 random_;
};

TEST(Meaning, IsTheSameByBothWays) {
  int quick_ones = 0, refused = 0;
  for (unsigned seed = 0; seed < 20'000; ++seed) {
    const std::string text = Writer(seed).object(4);
    const auto expected = slow(text);
    const auto found = quick_meaning(text);
    ASSERT_TRUE(!found || found == expected) << text;
    quick_ones += found.has_value();
    refused += !expected;
  }
  EXPECT_GT(quick_ones, 10'000) << "else this compares nothing";
  EXPECT_GT(refused, 1000) << "else it never sees what is no JSON";
}

TEST(Meaning, LeavesWhatIsTooDeepToTheSlowWay) {
  for (const int depth : {10, 39, 40, 41, 63, 64, 65, 2000}) {
    const std::string text = R"({"params":)" + std::string(static_cast<std::size_t>(depth), '[') +
                             std::string(static_cast<std::size_t>(depth), ']') + "}";
    const auto found = quick_meaning(text);
    EXPECT_TRUE(!found || found == slow(text)) << depth;
    EXPECT_EQ(found.has_value(), depth < 40) << depth;
  }
  EXPECT_FALSE(quick_meaning(R"({"params":")" + std::string(2 << 20, 'x') + "\"}"));
}

}  // namespace
}  // namespace reelspool
