#include "worker/timeline/sidecars.hpp"

#include <gtest/gtest.h>

namespace reelspool {
namespace {

std::vector<CaptionTrack> two_tracks() {
  return {
      {CaptionStyle(), {{{{{"Title", 2, 4, false}}}, 2, 4}}},
      {CaptionStyle(),
       {{{{{"a<b", 0.5, 1, false}, {"&", 1, 1.5, false}}, {{"second", 1.5, 2, false}}}, 0.5, 3725.0625}}}};
}

TEST(Sidecars, AreInTheOrderOfTime) {
  EXPECT_EQ(write_srt(two_tracks()),
            "1\n00:00:00,500 --> 01:02:05,063\nab &\nsecond\n\n2\n00:00:02,000 --> 00:00:04,000\nTitle\n\n");
}

TEST(Sidecars, EscapeWhatIsMarkupToBrowsers) {
  EXPECT_EQ(write_vtt(two_tracks()),
            "WEBVTT\n\n1\n00:00:00.500 --> 01:02:05.063\na&lt;b &amp;\nsecond\n\n2\n00:00:02.000 --> "
            "00:00:04.000\nTitle\n\n");
}

TEST(Sidecars, LeaveOutWhatSaysNothing) {
  EXPECT_EQ(write_srt({{CaptionStyle(), {{{{{"", 0, 1, false}}, {{"\n\x01", 0, 1, false}}}, 0, 1}}}}), "");
}

}  // namespace
}  // namespace reelspool
