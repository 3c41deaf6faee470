// The worker is killed, at whatever moment: nothing that it started may be left, and the next one checks.
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "tests/programs/harness.hpp"
#include "worker/programs/records.hpp"

namespace reelspool {
namespace {

class WorkerDeath : public ProgramsTest {
 protected:
  pid_t worker = 0;
  Descriptor said;  ///< the worker's stdout

  void start_worker(const std::vector<std::string>& program) {
    int ends[2];
    ASSERT_EQ(::pipe2(ends, O_CLOEXEC), 0);
    said.reset(ends[0]);
    const Descriptor theirs(ends[1]);
    std::vector<std::string> words{WORKER, SHIM, records.string(), work.string()};
    words.insert(words.end(), program.begin(), program.end());
    std::vector<char*> argv;
    for (auto& word : words) argv.push_back(word.data());
    argv.push_back(nullptr);
    posix_spawn_file_actions_t files;
    ::posix_spawn_file_actions_init(&files);
    ::posix_spawn_file_actions_adddup2(&files, theirs.number(), STDOUT_FILENO);
    ASSERT_EQ(::posix_spawn(&worker, WORKER, &files, nullptr, argv.data(), environ), 0);
    ::posix_spawn_file_actions_destroy(&files);
  }
  /// One line of the worker, or what came before end-of-file.
  std::string line() {
    std::string text;
    for (char c = 0; ::read(said.number(), &c, 1) == 1 && c != '\n';) text += c;
    return text;
  }
  void kill_worker() {
    ::kill(worker, SIGKILL);
    ::waitpid(worker, nullptr, 0);
  }
  std::vector<Stranger> family(const std::string& pids) {
    std::istringstream words(pids);
    std::vector<Stranger> members;
    for (int pid = 0; words >> pid;) members.emplace_back(pid);
    EXPECT_EQ(members.size(), 3u) << pids;
    return members;
  }
};

TEST_F(WorkerDeath, LeavesNothingRunning) {
  for (const char* how : {"stay", "session", "leave"}) {
    start_worker({INSIDE, "stubborn", how});
    const auto members = family(line());
    kill_worker();
    for (const Stranger& member : members) EXPECT_TRUE(member.dies()) << how;
  }
  EXPECT_EQ(programs->sweep(), 0) << "the shims had seen to it";
}

TEST_F(WorkerDeath, TogetherWithItsShimIsSweptByTheNext) {
  // The second family left the session that the record names: only its mark tells whose it is.
  for (const char* how : {"stay", "session"}) {
    start_worker({INSIDE, "stubborn", how});
    const std::string pids = line();
    const auto members = family(pids);
    std::istringstream words(pids);
    int parent = 0, shim = 0;
    words >> parent >> shim;
    // The worker first stands still, so that it cannot do what it would; then both are gone at a stroke.
    ::kill(worker, SIGSTOP);
    ::kill(shim, SIGKILL);
    EXPECT_TRUE(members[1].dies());
    kill_worker();
    EXPECT_FALSE(members[0].dead());

    EXPECT_EQ(programs->sweep(), 2) << "the program and its grandchild, " << how;
    for (const Stranger& member : members) EXPECT_TRUE(member.dead());
    EXPECT_EQ(programs->sweep(), 0);
  }
}

TEST_F(WorkerDeath, ASweepLetsTheProgramsOfALivingWorkerBe) {
  start_worker({INSIDE, "stubborn", "stay"});
  const auto members = family(line());
  EXPECT_EQ(programs->sweep(), 0);
  for (const Stranger& member : members) EXPECT_FALSE(member.dead());
  kill_worker();
  for (const Stranger& member : members) EXPECT_TRUE(member.dies());
  programs->sweep();
}

TEST_F(WorkerDeath, ASweepKillsNobodyElse) {
  // A stranger that leads a session of its own, and two records with its number: of another boot, and of a process that
  // had the number before.
  posix_spawnattr_t attributes;
  ::posix_spawnattr_init(&attributes);
  ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSID);
  std::string name = "/bin/sleep", how_long = "infinity";
  char* argv[] = {name.data(), how_long.data(), nullptr};
  pid_t stranger = 0;
  ASSERT_EQ(::posix_spawn(&stranger, argv[0], nullptr, &attributes, argv, environ), 0);
  ::posix_spawnattr_destroy(&attributes);

  const std::uint64_t start = start_of(stranger);
  for (const bool same_boot : {true, false}) {
    ProgramRecord record;
    record.pid = stranger;
    record.start = same_boot ? start - 1 : start;
    record.boot = same_boot ? boot_id() : "another";
    record.mark = new_mark();
    record.owner = ::getpid();
    record.owner_start = 1;
    ASSERT_TRUE(write_record(records, record));
  }
  std::ofstream(records / "torn.run") << "1 4711 99";
  EXPECT_EQ(programs->sweep(), 0);
  EXPECT_TRUE(std::filesystem::is_empty(records));
  EXPECT_FALSE(Stranger(stranger).dead());
  ::kill(stranger, SIGKILL);
  ::waitpid(stranger, nullptr, 0);
}

TEST_F(WorkerDeath, BeforeGoNothingBegins) {
  // The worker's part up to the record; then it dies (end-of-file), or the program is stopped before it began.
  for (const std::string said_first : {"", "t"}) {
    int control[2];
    ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, control), 0);
    Descriptor ours(control[0]);
    const std::string target = (work / "begun").string();
    std::vector<std::string> words{SHIM, "--in", work.string(), "--", "/usr/bin/touch", target};
    std::vector<char*> argv;
    for (auto& word : words) argv.push_back(word.data());
    argv.push_back(nullptr);
    posix_spawn_file_actions_t files;
    ::posix_spawn_file_actions_init(&files);
    ::posix_spawn_file_actions_adddup2(&files, control[1], 4);
    pid_t shim = 0;
    ASSERT_EQ(::posix_spawn(&shim, SHIM, &files, nullptr, argv.data(), environ), 0);
    ::posix_spawn_file_actions_destroy(&files);
    ::close(control[1]);
    if (said_first.empty())
      ours.reset();
    else
      ASSERT_EQ(::write(ours.number(), said_first.data(), 1), 1);
    int status = 0;
    ASSERT_EQ(::waitpid(shim, &status, 0), shim);
    EXPECT_EQ(status, 0);
    EXPECT_FALSE(std::filesystem::exists(target));
  }
}

}  // namespace
}  // namespace reelspool
