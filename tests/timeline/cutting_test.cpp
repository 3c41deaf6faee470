#include "worker/timeline/cutting.hpp"

#include <gtest/gtest.h>

#include <random>

namespace reelspool {
namespace {

std::vector<Shot> shots_of(const std::vector<int>& frames) {
  std::vector<Shot> shots(frames.size());
  for (std::size_t i = 0; i < frames.size(); ++i) shots[i].frames = frames[i];
  return shots;
}
std::vector<Transition> transitions_of(const std::vector<int>& frames) {
  std::vector<Transition> transitions;
  for (const int count : frames) transitions.push_back({count > 0 ? "crossfade" : "", count});
  return transitions;
}

TEST(Cutting, GivesEachTransitionAPieceOfItsOwn) {
  const auto pieces = cut_into_pieces(shots_of({100, 50, 80}), transitions_of({20, 0}));
  ASSERT_EQ(pieces.size(), 4u);
  EXPECT_EQ(pieces[0].frames, 80);
  EXPECT_TRUE(pieces[1].is_transition);
  EXPECT_EQ(pieces[1].skip, 80) << "of the first shot; of the second it is 0";
  EXPECT_EQ(pieces[1].first, 80);
  EXPECT_EQ(pieces[2].skip, 20) << "the second shot goes on where the transition left it";
  EXPECT_EQ(pieces[2].first, 100);
  EXPECT_EQ(pieces[2].frames, 30);
  EXPECT_EQ(pieces[3].first, 130);
  EXPECT_EQ(starts_of(shots_of({100, 50, 80}), transitions_of({20, 0})),
            (std::vector<std::int64_t>{0, 80, 130}));
}

TEST(Cutting, LeavesNothingOfAShotThatItsTransitionsUseUp) {
  const auto pieces = cut_into_pieces(shots_of({40, 30, 40}), transitions_of({10, 20}));
  ASSERT_EQ(pieces.size(), 4u);
  EXPECT_TRUE(pieces[1].is_transition);
  EXPECT_TRUE(pieces[2].is_transition);
}

// Whatever the shots: each frame of the video is in one piece.
TEST(Cutting, HasEachFrameOnce) {
  std::mt19937 random(7);
  for (int round = 0; round < 500; ++round) {
    std::vector<int> frames, blends;
    const auto count = 1 + random() % 12;
    for (unsigned i = 0; i < count; ++i) {
      const int before = i > 0 ? blends.back() : 0;
      const int after = i + 1 < count && random() % 3 != 0 ? static_cast<int>(random() % 30) : 0;
      frames.push_back(std::max(1, before + after + static_cast<int>(random() % 3 == 0 ? 0 : random() % 90)));
      if (i + 1 < count) blends.push_back(after);
    }
    Timeline timeline;
    timeline.shots = shots_of(frames);
    timeline.transitions = transitions_of(blends);
    std::int64_t at = 0;
    for (const PiecePlan& piece : cut_into_pieces(timeline.shots, timeline.transitions)) {
      EXPECT_EQ(piece.first, at);
      EXPECT_GT(piece.frames, 0);
      EXPECT_LE(piece.skip + piece.frames, timeline.shots[piece.shot].frames);
      at += piece.frames;
    }
    EXPECT_EQ(at, frames_of(timeline));
  }
}

}  // namespace
}  // namespace reelspool
