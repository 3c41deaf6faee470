// What a script gets, and what becomes of how it ends.
#include <gmock/gmock.h>
#include <sys/stat.h>

#include <algorithm>
#include <limits>

#include "tests/media/harness.hpp"

namespace reelspool {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;
using Input = ScriptCall::Input;
using Output = ScriptCall::Output;
using RunningAScript = MediaTest;

constexpr const char* say_arguments = R"(for word in "$@"; do printf '[%s]' "$word"; done)";

TEST_F(RunningAScript, OptionsBecomeSeparateArgumentsInOrder) {
  script("say", say_arguments);
  std::ofstream(work / "in.png") << "x";
  ScriptCall what = call("say");
  what.options = {{"width", std::int64_t{1080}},
                  {"at", 0.1},
                  {"at", 1e21},
                  {"name", std::string()},
                  {"in", Input{"in.png"}},
                  {"out", Output{"o.mp4"}},
                  {"level", -1.5}};
  const auto said = run_script(std::move(what));
  ASSERT_TRUE(said) << said.error().message;
  EXPECT_EQ(*said,
            "[--width][1080][--at][0.1][--at][1000000000000000000000][--name][][--in][in.png][--out][o.mp4][-"
            "-level][-1.5]");
}

TEST_F(RunningAScript, HostileTextArrivesAsItIs) {
  script("say", say_arguments);
  const std::string hostile = "--out x'; \"$(touch pwned)\" `touch pwned` \\ {}\n%s ${HOME} * ñ你";
  ScriptCall what = call("say");
  what.options = {{"text", hostile}};
  const auto said = run_script(std::move(what));
  ASSERT_TRUE(said) << said.error().message;
  EXPECT_EQ(*said, "[--text][" + hostile + "]");
  EXPECT_FALSE(std::filesystem::exists(work / "pwned"));
}

TEST_F(RunningAScript, BadNamesAndValuesAreRefusedByName) {
  script("say", say_arguments);
  const auto refusal = [&](const std::string& name, std::pair<std::string, ScriptCall::Value> option) {
    ScriptCall what = call(name);
    what.options.push_back(std::move(option));
    const auto said = run_script(std::move(what));
    EXPECT_FALSE(said) << name;
    if (said) return std::string();
    EXPECT_EQ(said.error().cls, ErrorClass::invalid_request);
    return said.error().message;
  };
  EXPECT_EQ(refusal("../say", {"x", std::string()}), "'../say' is no name of a script");
  EXPECT_EQ(refusal("lib.sh", {"x", std::string()}), "'lib.sh' is no name of a script");
  EXPECT_THAT(refusal("missing", {"x", std::string()}),
              StartsWith("there is no script 'missing' in " + mine.string()));
  EXPECT_EQ(refusal("say", {"-x", std::string()}), "say: '-x' is no name of an option");
  EXPECT_EQ(refusal("say", {"at", std::numeric_limits<double>::quiet_NaN()}),
            "say: --at: it is no finite number");
  EXPECT_EQ(refusal("say", {"out", Output{"../o"}}), "say: --out: '../o' is not inside the step's folder");
  EXPECT_EQ(refusal("say", {"out", Output{"/tmp/o"}}),
            "say: --out: '/tmp/o' is not inside the step's folder");
  EXPECT_EQ(refusal("say", {"out", Output{""}}), "say: --out: '' is not inside the step's folder");
  EXPECT_EQ(refusal("say", {"in", Input{"a/../../o"}}),
            "say: --in: 'a/../../o' is not inside the step's folder");
  EXPECT_EQ(refusal("say", {"in", Input{"missing"}}), "say: --in: 'missing': No such file or directory");
  EXPECT_EQ(refusal("say", {"in", Input{"/no/such"}}), "say: --in: there is no file /no/such");
  EXPECT_THAT(refusal("say", {"text", std::string("a\0b", 3)}), HasSubstr("zero byte"));
}

TEST_F(RunningAScript, ARelativeInputThatIsALinkIsRefused) {
  script("say", say_arguments);
  std::ofstream(scratch.path / "secret") << "secret";
  std::filesystem::create_symlink(scratch.path / "secret", work / "picture.png");
  std::filesystem::create_directory_symlink(scratch.path, work / "folder");
  for (const char* name : {"picture.png", "folder/secret"}) {
    ScriptCall what = call("say");
    what.options = {{"in", Input{name}}};
    const auto said = run_script(std::move(what));
    ASSERT_FALSE(said);
    EXPECT_EQ(said.error().message, "say: --in: '" + std::string(name) + "': it is or goes through a link");
  }
}

TEST_F(RunningAScript, ItReadsItsInputsAndWritesItsFolderOnly) {
  std::ofstream(scratch.path / "-given") << "given";
  std::ofstream(scratch.path / "other") << "other";
  script("copy", R"(cat "$2" > "$4" && cat "$4"; cat "${2%/*}/other"; echo x > "${2%/*}/outside"; exit 0)");
  ScriptCall what = call("copy");
  what.options = {{"in", Input{scratch.path / "-given"}}, {"out", Output{"-made"}}};
  const auto said = run_script(std::move(what));
  ASSERT_TRUE(said) << said.error().message;
  EXPECT_EQ(*said, "given");
  EXPECT_EQ(contents(work / "-made"), "given");
  EXPECT_FALSE(std::filesystem::exists(scratch.path / "outside"));
}

TEST_F(RunningAScript, AnOperatorsOwnScriptComesFirst) {
  script("probe", "echo mine");
  const auto said = run_script(call("probe"));
  ASSERT_TRUE(said) << said.error().message;
  EXPECT_EQ(*said, "mine\n");
}

TEST_F(RunningAScript, ItKnowsWhereTheInstallationsProgramsAre) {
  script("where", R"(test -x "$REELSPOOL_LIBEXEC/reelspool-exec" && echo "$PWD $HOME $TMPDIR")");
  const auto said = run_script(call("where"));
  ASSERT_TRUE(said) << said.error().message;
  EXPECT_EQ(*said, work.string() + " " + work.string() + " " + work.string() + "\n");
}

TEST_F(RunningAScript, ExitStatusesBecomeErrorClasses) {
  const auto error_of = [&](const std::string& body) {
    script("fail", body);
    const auto said = run_script(call("fail"));
    EXPECT_FALSE(said) << body;
    return said ? Error() : said.error();
  };
  EXPECT_EQ(error_of("exit 1").cls, ErrorClass::media);
  EXPECT_EQ(error_of("exit 1").message, "fail: failed with exit status 1");
  EXPECT_EQ(error_of("echo 'fail: no --in' >&2; exit 2").cls, ErrorClass::invalid_request);
  EXPECT_EQ(error_of("echo 'fail: no --in' >&2; exit 2").message, "fail: no --in");
  EXPECT_EQ(error_of("exit 28").cls, ErrorClass::storage);
  EXPECT_EQ(error_of("exit 255").cls, ErrorClass::interrupted);
  EXPECT_EQ(error_of("kill -INT $$").cls, ErrorClass::interrupted);
  EXPECT_EQ(error_of("kill -KILL $$").message, "fail: ended from outside by signal 9");
  EXPECT_EQ(error_of("kill -SEGV $$").cls, ErrorClass::media);
}

TEST_F(RunningAScript, TheLastLineIsTheMessageAndTheTailTheDetails) {
  script("fail", R"(i=0; while [ $i -lt 400 ]; do echo "warning $i: something" >&2; i=$((i+1)); done
printf 'Invalid data \033[31mfound\001\n\n  \n' >&2; exit 1)");
  const auto said = run_script(call("fail"));
  ASSERT_FALSE(said);
  EXPECT_EQ(said.error().message, "fail: Invalid data [31mfound");
  EXPECT_THAT(said.error().details, HasSubstr("warning 399"));
  EXPECT_LE(said.error().details.size(), 4096u);
}

TEST_F(RunningAScript, ALongLastLineIsCutBetweenCharacters) {
  script("fail", R"(i=0; while [ $i -lt 300 ]; do printf 'añ你' >&2; i=$((i+1)); done; exit 1)");
  const auto said = run_script(call("fail"));
  ASSERT_FALSE(said);
  const std::string& message = said.error().message;
  EXPECT_LE(message.size(), 510u);
  const bool whole = message.ends_with("a") || message.ends_with("ñ") || message.ends_with("你");
  EXPECT_TRUE(whole) << message.substr(message.size() - 6);
}

TEST_F(RunningAScript, AStopTellsWhy) {
  const std::pair<StopReason, ErrorClass> reasons[] = {{StopReason::cancelled, ErrorClass::cancelled},
                                                       {StopReason::shutdown, ErrorClass::interrupted},
                                                       {StopReason::timed_out, ErrorClass::timeout}};
  script("wait", "echo total_us=100 >&3; echo out_time_us=1 >&3; exec sleep infinity");
  for (const auto& [reason, cls] : reasons) {
    Stop once;
    ScriptCall what = call("wait");
    what.on_progress = [&once, why = reason](double) { once.ask(why); };
    const auto said = wait_for(scripts->run(std::move(what), once));
    ASSERT_FALSE(said);
    EXPECT_EQ(said.error().cls, cls) << said.error().message;
  }
}

TEST_F(RunningAScript, LimitsAreTimeouts) {
  using std::chrono_literals::operator""ms;
  script("wait", "while :; do echo out_time_us=7 >&3; echo progress=continue >&3; done");
  ScriptCall slow = call("wait");
  slow.time_limit = 200ms;
  const auto late = run_script(std::move(slow));
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().cls, ErrorClass::timeout);
  EXPECT_EQ(late.error().message, "wait: not done within 1 s");

  ScriptCall standing = call("wait");
  standing.stall_limit = 200ms;
  const auto stalled = run_script(std::move(standing));
  ASSERT_FALSE(stalled);
  EXPECT_EQ(stalled.error().cls, ErrorClass::timeout);
  EXPECT_EQ(stalled.error().message, "wait: no progress for 1 s") << "it reported, but nothing that moved";
}

TEST_F(RunningAScript, ARealEncodeReportsItsProgress) {
  script("encode", R"(
echo total_us=2000000 >&3
exec ffmpeg -nostdin -hide_banner -y -v warning -progress pipe:3 -stats_period 0.02 \
  -f lavfi -i testsrc2=s=320x180:r=30:d=2 -c:v libx264 -preset slow -pix_fmt yuv420p "$2")");
  std::vector<double> fractions;
  ScriptCall what = call("encode");
  what.options = {{"out", Output{"made.mp4"}}};
  what.on_progress = [&](double fraction) { fractions.push_back(fraction); };
  const auto said = run_script(std::move(what));
  ASSERT_TRUE(said) << said.error().message << said.error().details;
  EXPECT_GT(std::filesystem::file_size(work / "made.mp4"), 1000u);
  ASSERT_GE(fractions.size(), 2u);
  EXPECT_TRUE(std::is_sorted(fractions.begin(), fractions.end()));
  EXPECT_GE(fractions.front(), 0.0);
  EXPECT_LE(fractions[fractions.size() - 2], 0.99);
  EXPECT_EQ(fractions.back(), 1.0);
}

// Fonts, libass, temporary files, progress: all that an encode touches is inside the box.
TEST_F(RunningAScript, AShippedScriptWorksInTheBox) {
  script("still", R"(exec ffmpeg -nostdin -v error -f lavfi -i color=c=blue:s=320x180:d=1 -frames:v 1 "$2")");
  ScriptCall still = call("still");
  still.options = {{"out", Output{"still.png"}}};
  const auto drawn = run_script(std::move(still));
  ASSERT_TRUE(drawn) << drawn.error().message;
  std::ofstream(work / "captions.ass")
      << "[Script Info]\nScriptType: v4.00+\nPlayResX: 320\nPlayResY: 180\n[V4+ Styles]\n"
      << "Format: Name, Fontname, Fontsize, PrimaryColour, Alignment\nStyle: "
         "Default,Sans,40,&H00FFFFFF,5\n[Events]\n"
      << "Format: Start, End, Style, Text\nDialogue: 0:00:00.00,0:00:05.00,Default,¿Qué tal?\n";

  double reported = 0;
  ScriptCall piece = call("piece");
  piece.options = {{"out", Output{"piece.mp4"}},       {"frames", std::int64_t{60}},
                   {"width", std::int64_t{320}},       {"height", std::int64_t{180}},
                   {"still", Input{"still.png"}},      {"from", std::string("0.5,0.5,1")},
                   {"to", std::string("0.5,0.5,1.2")}, {"captions", Input{work / "captions.ass"}}};
  piece.on_progress = [&](double fraction) { reported = fraction; };
  const auto made = run_script(std::move(piece));
  ASSERT_TRUE(made) << made.error().message << made.error().details;
  EXPECT_THAT(*made, HasSubstr("\"frames\": 60"));
  EXPECT_EQ(reported, 1.0);
  EXPECT_GT(std::filesystem::file_size(work / "piece.mp4"), 1000u);
}

}  // namespace
}  // namespace reelspool
