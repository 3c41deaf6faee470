#include "worker/story/ass.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

namespace reelspool {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

struct Event {
  double start_s, end_s;
  std::string text;
};

double seconds(const std::string& time) {
  return std::stod(time.substr(0, 1)) * 3600 + std::stod(time.substr(2, 2)) * 60 + std::stod(time.substr(5));
}

std::vector<Event> events_of(const std::string& ass) {
  std::vector<Event> events;
  std::istringstream lines(ass);
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with("Dialogue: ")) continue;
    std::vector<std::string> cells;
    std::string rest = line.substr(10);
    for (int i = 0; i < 9; ++i) {
      cells.push_back(rest.substr(0, rest.find(',')));
      rest.erase(0, rest.find(',') + 1);
    }
    events.push_back({seconds(cells[1]), seconds(cells[2]), rest});
  }
  return events;
}

std::string ass_of(const std::vector<TimedWord>& words, const CaptionStyle& style = {},
                   Frame frame = {1080, 1920}, double offset_s = 0) {
  return write_ass({{style, moved(make_cues(words, caption_room(style, frame)), offset_s)}}, frame,
                   {0, 3600, 30});
}

/// What libass draws of an event: its text without override tags, up to where it is hidden.
std::string visible(const std::string& text) {
  std::string seen;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && i + 1 < text.size() && (text[i + 1] == '{' || text[i + 1] == '}')) {
      seen += text[++i];
    } else if (text[i] == '\\' && i + 1 < text.size() && text[i + 1] == 'N') {
      seen += ' ';
      ++i;
    } else if (text[i] == '{') {
      const auto close = text.find('}', i);
      if (text.substr(i, close - i).find("\\alpha&HFF&") != std::string::npos) return seen;
      i = close;
    } else {
      seen += text[i];
    }
  }
  return seen;
}

TEST(Ass, ShowsNoWordBeforeItIsSaid) {
  const std::vector<TimedWord> words = {{"You", 0.103, 0.3}, {"are", 0.3, 0.517}, {"awake", 0.517, 1}};
  const auto events = events_of(ass_of(words, {}, {1080, 1920}, 0.15));
  ASSERT_EQ(events.size(), 3u);
  EXPECT_EQ(visible(events[0].text), "You ");
  EXPECT_EQ(visible(events[1].text), "You are ");
  EXPECT_EQ(visible(events[2].text), "You are awake");
  for (std::size_t i = 0; i < 3; ++i) EXPECT_GE(events[i].start_s, words[i].start_s + 0.15 - 1e-9);
  EXPECT_DOUBLE_EQ(events[0].start_s, 0.26);  // 0.253: with frame 8, which is shown from 0.267 on
  EXPECT_DOUBLE_EQ(events[0].end_s, events[1].start_s);
}

TEST(Ass, LightsTheWordThatIsBeingSaid) {
  CaptionStyle style;
  style.highlight = {0x12, 0x34, 0x56};
  const auto events = events_of(ass_of({{"one", 0, 0.5}, {"two", 0.5, 1}}, style));
  EXPECT_THAT(events[0].text, HasSubstr("{\\1c&H563412&\\t(0,90,\\fscx107\\fscy107)}one"));
  EXPECT_THAT(events[1].text, HasSubstr("{\\1c&H563412&\\t(0,90,\\fscx107\\fscy107)}two"));
}

TEST(Ass, DrawsAnyTextAsItIs) {
  for (const std::string text : {R"({\b1}bold{\b0})", R"(C:\new\home\Nobody)", R"(\h\n\N)", "{", "}", "a,b,c",
                                 R"(\{)", "100%", R"("quoted")", "'s", "{}\\{}\\"}) {
    std::string plain = visible(escape_ass(text));
    for (std::size_t at; (at = plain.find("\xE2\x81\xA0")) != std::string::npos;) plain.erase(at, 3);
    EXPECT_EQ(plain, text);
  }
  EXPECT_EQ(escape_ass("a\nDialogue: 0,evil\r\x01"), "aDialogue: 0,evil");
}

TEST(Ass, LetsNoTextAddAnEvent) {
  const std::string ass =
      ass_of({{"a\nDialogue:", 0, 1}, {"0,0:00:00.00,0:00:09.00,Caption,,0,0,0,,evil", 1, 2}});
  EXPECT_EQ(events_of(ass).size(), [&] {
    std::size_t lines = 0;
    std::istringstream in(ass);
    for (std::string line; std::getline(in, line);)
      lines += line.find("Caption,,0,0,0,,") != std::string::npos;
    return lines;
  }());
  for (const Event& event : events_of(ass)) EXPECT_TRUE(event.text.starts_with("{\\b800}"));
}

TEST(Ass, TakesSizeAndPlaceFromTheFrame) {
  EXPECT_THAT(ass_of({{"a", 0, 1}}, {}, {720, 1280}), HasSubstr("PlayResX: 720\nPlayResY: 1280\n"));
  EXPECT_DOUBLE_EQ(ass_font_size(CaptionStyle{}, {1080, 1920}), 64);
  EXPECT_DOUBLE_EQ(ass_font_size(CaptionStyle{}, {1280, 720}), 43);
  // Two lines of type above the margin stay in the lower fifth.
  const Frame frame{1080, 1920};
  EXPECT_LE(caption_edge_margin(frame) + 2 * ass_font_size(CaptionStyle{}, frame), frame.height / 5);
}

TEST(Ass, DrawsABoxOnlyWhereOneIsAskedFor) {
  EXPECT_THAT(ass_of({{"a", 0, 1}}), HasSubstr(",100,100,0,0,1,"));
  CaptionStyle boxed;
  boxed.background = Colour{0, 0, 0};
  const std::string ass = ass_of({{"a", 0, 1}}, boxed);
  EXPECT_THAT(ass, HasSubstr(",100,100,0,0,3,"));
  EXPECT_THAT(ass, HasSubstr("&H33000000"));    // 0.8 opaque
  EXPECT_THAT(ass, Not(HasSubstr("fscx107")));  // a box of changing size would flicker
}

TEST(Ass, MergesWordsOfTheSameFrame) {
  const auto events = events_of(ass_of({{"a", 0.101, 0.104}, {"b", 0.105, 0.109}, {"c", 0.5, 1}}));
  ASSERT_EQ(events.size(), 2u);
  EXPECT_EQ(visible(events[0].text), "a b ");
}

// What libass shows at a frame's time, by its own rule: an event from its start on, until its end.
std::string shown_at(const std::vector<Event>& events, std::int64_t frame, int fps) {
  const auto ms = static_cast<double>(frame * 1000 / fps);
  std::string shown;
  for (const Event& event : events)
    if (ms >= event.start_s * 1000 - 1e-6 && ms < event.end_s * 1000 - 1e-6)
      shown += visible(event.text) + "|";
  return shown;
}

TEST(Ass, ShowsTheSameInPiecesAsWhole) {
  const std::vector<TimedWord> words = {
      {"You", 0.103, 0.3}, {"are", 0.3, 0.517}, {"awake", 0.517, 1.31}, {"now", 1.9, 2.02}};
  for (const int fps : {24, 25, 30, 50, 60}) {
    const std::vector<CaptionTrack> tracks = {{{}, make_cues(words, caption_room({}, {1080, 1920}))}};
    const auto whole = events_of(write_ass(tracks, {1080, 1920}, {0, 200, fps}));
    for (const std::int64_t length : {7, 13, 50}) {
      for (std::int64_t first = 0; first < 200; first += length) {
        const auto piece = events_of(write_ass(tracks, {1080, 1920}, {first, length, fps}));
        for (std::int64_t frame = 0; frame < length; ++frame)
          EXPECT_EQ(shown_at(piece, frame, fps), shown_at(whole, first + frame, fps))
              << fps << " " << first << "+" << frame;
      }
    }
  }
}

TEST(Ass, GoesOnWithAGrowingWordInTheNextPiece) {
  const std::vector<CaptionTrack> tracks = {
      {{}, make_cues({{"one", 0, 0.5}, {"two", 0.5, 2}}, caption_room({}, {1080, 1920}))}};
  const auto soon = events_of(write_ass(tracks, {1080, 1920}, {16, 30, 30}));  // 33 ms after it began
  EXPECT_THAT(soon[0].text, HasSubstr("\\fscx102.6\\fscy102.6\\t(0,57,\\fscx107\\fscy107)}two"));
  const auto later = events_of(write_ass(tracks, {1080, 1920}, {30, 30, 30}));
  EXPECT_THAT(later[0].text, HasSubstr("\\fscx107\\fscy107}two"));
}

TEST(Ass, IsEmptyWhereNothingIsShown) {
  EXPECT_EQ(write_ass({{{}, make_cues({{"one", 0, 0.5}}, caption_room({}, {1080, 1920}))}}, {1080, 1920},
                      {300, 30, 30}),
            "");
}

TEST(Ass, OfAPieceDoesNotChangeWithWhatIsShownElsewhere) {
  const auto room = caption_room({}, {1080, 1920});
  std::vector<CaptionTrack> tracks = {{{}, make_cues({{"later", 9, 9.5}}, room)},
                                      {{}, make_cues({{"now", 0, 0.5}}, room)}};
  const std::string before = write_ass(tracks, {1080, 1920}, {0, 60, 30});
  tracks[0].style.font_size = 80;
  EXPECT_EQ(write_ass(tracks, {1080, 1920}, {0, 60, 30}), before);
  tracks.erase(tracks.begin());
  EXPECT_EQ(write_ass(tracks, {1080, 1920}, {0, 60, 30}), before);
}

TEST(Ass, ShowsAllOfAPlainCueAtOnce) {
  CaptionStyle plain;
  plain.mode = CaptionStyle::Mode::plain;
  const auto events = events_of(ass_of({{"one", 0, 0.5}, {"two", 0.5, 1}}, plain));
  ASSERT_EQ(events.size(), 1u);
  EXPECT_EQ(visible(events[0].text), "one two");
}

}  // namespace
}  // namespace reelspool
