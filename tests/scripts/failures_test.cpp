#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/support/media.hpp"

namespace reelspool::test {
namespace {

const char* const all_scripts[] = {"piece", "mix", "finish", "probe", "thumbnail", "sheet", "loudness"};

TEST(EveryScript, ExplainsItself) {
  for (const char* name : all_scripts) {
    const Ended helped = script(name, {"--help"});
    EXPECT_EQ(helped.status, 0) << name;
    EXPECT_TRUE(helped.output.starts_with(std::string(name) + " - ")) << helped.output;
    EXPECT_NE(helped.output.find("Exit status"), std::string::npos) << name;
  }
}

TEST(EveryScript, RefusesOptionsItDoesNotKnowWithOneLine) {
  for (const char* name : all_scripts) {
    for (const std::vector<std::string>& options :
         {std::vector<std::string>{"--colour", "red"}, {"--out"}, {}}) {
      const Ended refused = script(name, options);
      EXPECT_EQ(refused.status, 2) << name;
      EXPECT_TRUE(refused.complaint.starts_with(std::string(name) + ": ")) << refused.complaint;
      EXPECT_EQ(refused.complaint, refused.last_line() + "\n") << name;
    }
  }
}

TEST(EveryScript, NamesTheOptionThatIsWrong) {
  Scratch scratch;
  make("-f lavfi -i testsrc2=s=64x64 -frames:v 1", scratch / "still.png");
  const std::vector<std::string> good{
      "--out", scratch / "p.mp4", "--frames", "2",       "--width",
      "64",    "--height",        "64",       "--still", scratch / "still.png"};
  struct Case {
    std::vector<std::string> more;
    const char* named;
  };
  for (const Case& c : {Case{{"--frames", "0"}, "--frames"},
                        Case{{"--frames", "1e9"}, "--frames"},
                        Case{{"--frames", "-3"}, "--frames"},
                        Case{{"--fps", "7"}, "--fps"},
                        Case{{"--width", "65"}, "--width"},
                        Case{{"--width", "$(id)"}, "--width"},
                        Case{{"--from", "0.5,0.5"}, "--from"},
                        Case{{"--to", "0.5,2,1"}, "--to"},
                        Case{{"--crf", "99"}, "--crf"},
                        Case{{"--preset", "quick"}, "--preset"},
                        Case{{"--watermark-opacity", "2\n0"}, "--watermark-opacity"},
                        Case{{"--clip", scratch / "still.png"}, "two sources need a --transition"},
                        Case{{"--transition", "wipe-left"}, "--transition goes with two sources"},
                        Case{{"--skip", "3"}, "--skip"},
                        Case{{"--crop", "0.5,0,0.6,1"}, "--crop"},
                        Case{{"--background", "red"}, "--background"},
                        Case{{"--trim", "1"}, "--trim"},
                        Case{{"--still", scratch / "none.png"}, "none.png"},
                        Case{{"--captions", scratch.path()}, "--captions"},
                        Case{{"--out", scratch / "none/p.mp4"}, "--out"}}) {
    std::vector<std::string> options = good;
    options.insert(options.end(), c.more.begin(), c.more.end());
    const Ended refused = script("piece", options);
    EXPECT_EQ(refused.status, 2) << c.named;
    EXPECT_NE(refused.complaint.find(c.named), std::string::npos) << refused.complaint;
  }
  EXPECT_EQ(scratch.names(), std::vector<std::string>{"still.png"});
}

// Transcoded without -xerror, a file cut short gives a quarter of a second and exit status 0.
TEST(EveryScript, FailsOnDamagedInputAndKeepsTheOldOutput) {
  Scratch scratch;
  make("-f lavfi -i testsrc2=s=320x240:r=30:d=2 -f lavfi -i sine=d=2 -c:v libx264 -g 10 -movflags +faststart",
       scratch / "whole.mp4");
  write_file(scratch / "out", "old");
  const std::string bytes = read_file(scratch / "whole.mp4");
  write_file(scratch / "cut.mp4", bytes.substr(0, bytes.size() / 2));
  write_file(scratch / "text.mp4", "this is no video\n");
  write_file(scratch / "empty.mp4", "");
  const auto before = scratch.names();
  for (const char* name : {"cut.mp4", "text.mp4", "empty.mp4"}) {
    const std::vector<std::pair<const char*, std::vector<std::string>>> calls{
        {"piece",
         {"--out", scratch / "out", "--frames", "60", "--width", "64", "--height", "64", "--clip",
          scratch / name}},
        {"mix", {"--out", scratch / "out", "--seconds", "2", "--voice", scratch / name}},
        {"sheet", {"--out", scratch / "out", "--in", scratch / name}},
        {"probe", {"--decode", "yes", "--in", scratch / name}}};
    for (const auto& [called, options] : calls) {
      const Ended failed = script(called, options);
      EXPECT_EQ(failed.status, 1) << called << " " << name << failed.complaint;
      EXPECT_TRUE(failed.last_line().starts_with(std::string(called) + ": ")) << failed.complaint;
    }
  }
  EXPECT_TRUE(read_file(scratch / "out") == "old");
  EXPECT_EQ(scratch.names(), before);
}

TEST(EveryScript, ReadsNoAddressAndNoListOfOtherFiles) {
  Scratch scratch;
  make("-f lavfi -i sine=d=0.2", scratch / "sound.wav");
  write_file(scratch / "list.m3u8",
             "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nhttp://127.0.0.1:9/a.ts\n#EXT-X-ENDLIST\n");
  const Ended failed = script("loudness", {"--in", scratch / "list.m3u8"});
  EXPECT_EQ(failed.status, 1);
  EXPECT_EQ(failed.complaint.find("Connection refused"), std::string::npos) << failed.complaint;
}

TEST(EveryScript, SaysThatTheDiskIsFullWithAStatusOfItsOwn) {
  Scratch scratch;
  make("-f lavfi -i testsrc2=s=640x640,noise=alls=90 -frames:v 1", scratch / "still.png");
  std::filesystem::create_directory(scratch / "disk");
  // A file system of our own, of 1 MiB, in a mount name space of our own.
  const auto on_small_disk = [&](const std::string& command) {
    return run({"unshare", "-rm", "sh", "-c", "mount -t tmpfs -o size=1m none disk && " + command},
               scratch.path());
  };
  if (on_small_disk("true").status != 0) GTEST_SKIP() << "mounting is not allowed here";
  const std::string scripts = REELSPOOL_SCRIPTS;
  const Ended pieced = on_small_disk("'" + scripts +
                                     "/piece' --out disk/p.mp4 --frames 60 --width 640 --height 640 --crf 1 "
                                     "--still still.png; s=$?; ls -A disk >&3; exit $s");
  EXPECT_EQ(pieced.status, 28) << pieced.complaint;
  EXPECT_EQ(pieced.last_line(), "piece: the disk is full");
  EXPECT_EQ(pieced.progress.find(".reelspool"), std::string::npos) << pieced.progress;
  const Ended mixed = on_small_disk("'" + scripts + "/mix' --out disk/m.wav --seconds 10");
  EXPECT_EQ(mixed.status, 28) << mixed.complaint;
}

TEST(EveryScript, ReportsProgressWhenSomebodyListens) {
  Scratch scratch;
  make("-f lavfi -i testsrc2=s=64x64 -frames:v 1", scratch / "still.png");
  const Ended made = script("piece", {"--out", scratch / "p.mp4", "--frames", "45", "--width", "64",
                                      "--height", "64", "--still", scratch / "still.png"});
  ASSERT_EQ(made.status, 0) << made.complaint;
  EXPECT_TRUE(made.progress.starts_with("total_us=1500000\n")) << made.progress;
  EXPECT_NE(made.progress.find("\nout_time_us="), std::string::npos) << made.progress;
  EXPECT_TRUE(made.progress.ends_with("progress=end\n")) << made.progress;
  const Ended closed = run({"sh", "-c", "exec 3>&-; exec \"$@\"", "sh",
                            std::string(REELSPOOL_SCRIPTS) + "/piece", "--out", scratch / "p.mp4", "--frames",
                            "5", "--width", "64", "--height", "64", "--still", scratch / "still.png"});
  EXPECT_EQ(closed.status, 0) << closed.complaint;
  EXPECT_EQ(closed.complaint, "");
}

TEST(EveryScript, EndedBySigtermLeavesNothingAndDiesOfIt) {
  Scratch scratch;
  make("-f lavfi -i testsrc2=s=64x64 -frames:v 1", scratch / "still.png");
  int progress[2];
  ASSERT_EQ(::pipe(progress), 0);
  const std::string program = std::string(REELSPOOL_SCRIPTS) + "/piece", out = scratch / "p.mp4",
                    still = scratch / "still.png";
  const pid_t child = ::fork();
  if (child == 0) {
    ::setpgid(0, 0);
    ::dup2(progress[1], 3);
    const int quiet = ::open("/dev/null", O_RDWR);
    ::dup2(quiet, 2);
    ::execl(program.c_str(), "piece", "--out", out.c_str(), "--frames", "1000000", "--width", "64",
            "--height", "64", "--still", still.c_str(), nullptr);
    ::_exit(127);
  }
  ::close(progress[1]);
  std::string seen;
  char buffer[4096];
  while (seen.find("progress=continue") == std::string::npos) {
    const ssize_t n = ::read(progress[0], buffer, sizeof buffer);
    ASSERT_GT(n, 0) << "ended before it was told to: " << seen;
    seen.append(buffer, static_cast<std::size_t>(n));
  }
  ::kill(-child, SIGTERM);
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ::close(progress[0]);
  EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM) << status;
  EXPECT_EQ(scratch.names(), std::vector<std::string>{"still.png"});
}

}  // namespace
}  // namespace reelspool::test
