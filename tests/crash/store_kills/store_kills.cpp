// store_kills - kills the processes of one store with SIGKILL, at random, again and again.
//
//   store_kills [KILLS] [SEED] [DIRECTORY]      (100 kills; 10 000 with REELSPOOL_LONG=1; below /dev/shm)
//
// Workers claim and finish jobs, one of them publishes jobs.json, submitters submit through the store and by the drop
// folder. Whoever is killed starts again, under the same name or a new one. Every 500 kills they are let finish, and
// then: every job whose submit was acknowledged is done; none was run by two at the same time; none was run again
// after its end was acknowledged; tokens only grew.
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdlib>
#include <functional>
#include <iostream>
#include <map>
#include <optional>
#include <random>
#include <set>
#include <sstream>
#include <vector>

#include "jobstore/file/file_job_store.hpp"
#include "tests/crash/store_kills/roles.hpp"

namespace reelspool::crash {
namespace {

namespace fs = std::filesystem;

constexpr int kills_a_round = 500;
constexpr int jobs_a_kill = 3, jobs_at_once = 20;
constexpr std::chrono::seconds patience{120};  ///< nothing heard for so long: it hangs
using Clock = std::chrono::steady_clock;

using Be = void (*)(const Role&);

struct Post {
  Be be = nullptr;
  std::string name;
  int incarnation = 0;
  pid_t pid = 0;
  int hear = -1;     ///< what it tells
  int credits = -1;  ///< a submitter's
  std::string heard;
};

struct Counts {
  std::size_t kills = 0, jobs = 0, runs = 0, interrupted = 0;
  void add(const Counts& other) {
    kills += other.kills;
    jobs += other.jobs;
    runs += other.runs;
    interrupted += other.interrupted;
  }
};

class Round {
 public:
  Round(const fs::path& folder, std::minstd_rand& random, Counts& counts)
      : folder_(folder), random_(random), counts_(counts) {
    fs::create_directories(folder / "runs");
    fs::create_directories(folder / "inbox");
    for (const char* name : {"w1", "w2", "w3"}) add(be_worker, name);
    for (const char* name : {"s1", "s2"}) add(be_submitter, name);
    add(be_front_end, "f1");
  }
  ~Round() {
    for (Post& post : posts_) kill(post);
  }
  Round(const Round&) = delete;

  /// What was wrong; empty: nothing.
  std::string run(int kills) {
    grant(jobs_at_once);
    for (int i = 0; i < kills && wrong_.empty(); ++i) {
      listen(std::chrono::microseconds(random_() % 8000));
      // Half of them in the midst of a run, as soon as one has begun.
      if (random_() % 2 == 0)
        for (int tries = 0; tries < 20 && !runner_; ++tries) listen(std::chrono::milliseconds(10));
      const std::size_t any = random_() % posts_.size();
      Post& victim = posts_[std::exchange(runner_, std::nullopt).value_or(any)];
      kill(victim);
      ++counts_.kills;
      start(victim);
      grant(jobs_a_kill);
    }
    // Who was killed between an acknowledgement and telling of it leaves us to look for ourselves.
    for (auto heard_at = Clock::now(); wrong_.empty() && !undone().empty();) {
      listen(std::chrono::milliseconds(500));
      if (has_heard_) heard_at = Clock::now();
      if (Clock::now() - heard_at > patience) complain("nothing happens any more: " + undone());
    }
    for (Post& post : posts_) kill(post);
    return wrong_.empty() ? verdict() : wrong_;
  }

 private:
  void add(Be be, const std::string& name) {
    posts_.push_back({});
    posts_.back().be = be;
    posts_.back().name = name;
    start(posts_.back());
  }

  void start(Post& post) {
    int hear[2], credits[2];
    if (::pipe(hear) != 0 || ::pipe(credits) != 0) std::abort();
    const bool is_submitter = post.be != be_worker;
    const bool is_renamed = is_submitter || random_() % 2 == 0;
    if (is_renamed) ++post.incarnation;
    const Role role{folder_, post.name + "." + std::to_string(post.incarnation), hear[1], credits[0]};
    post.pid = ::fork();
    if (post.pid == 0) {
      for (const Post& other : posts_)
        for (const int fd : {other.hear, other.credits})
          if (fd >= 0) ::close(fd);
      ::close(hear[0]);
      ::close(credits[1]);
      post.be(role);
    }
    ::close(hear[1]);
    ::close(credits[0]);
    post.hear = hear[0];
    post.credits = credits[1];
  }

  /// And hears the last that it said.
  void kill(Post& post) {
    if (post.pid == 0) return;
    ::kill(post.pid, SIGKILL);
    ::waitpid(post.pid, nullptr, 0);
    while (hear(post)) {
    }
    ::close(post.hear);
    ::close(post.credits);
    post.hear = post.credits = -1;
    post.pid = 0;
    post.heard.clear();
  }

  /// Lets so many more jobs be submitted, by whoever has the turn.
  void grant(int jobs) {
    for (; jobs > 0; --jobs) {
      const Post& submitter = posts_[3 + random_() % 3];
      const char credit = 0;
      if (::write(submitter.credits, &credit, 1) != 1) complain(submitter.name + " is gone");
    }
  }

  /// Until something is said, or for so long.
  void listen(std::chrono::microseconds longest) {
    std::array<pollfd, 6> sources{};
    for (std::size_t i = 0; i < posts_.size(); ++i) sources.at(i) = {posts_[i].hear, POLLIN, 0};
    const timespec time{longest.count() / 1'000'000, longest.count() % 1'000'000 * 1000};
    has_heard_ = ::ppoll(sources.data(), posts_.size(), &time, nullptr) > 0;
    for (std::size_t i = 0; i < posts_.size(); ++i)
      if (sources.at(i).revents != 0 && !hear(posts_[i])) complain(posts_[i].name + " ended by itself");
  }

  /// False: all was heard, and it has ended.
  bool hear(Post& post) {
    std::array<char, 4096> text;
    const ssize_t size = ::read(post.hear, text.data(), text.size());
    if (size <= 0) return false;
    post.heard.append(text.data(), static_cast<std::size_t>(size));
    for (std::size_t end = 0; (end = post.heard.find('\n')) != std::string::npos;) {
      const std::string line = post.heard.substr(0, end);
      note(line);
      if (line[0] == 'B') runner_ = static_cast<std::size_t>(&post - posts_.data());
      if (line[0] == 'E') runner_.reset();
      post.heard.erase(0, end + 1);
    }
    return true;
  }

  void note(const std::string& line) {
    std::istringstream words(line);
    std::string word, id;
    std::uint64_t token = 0;
    words >> word >> id >> token;
    if (word == "S") submitted_.insert(id);
    if (word == "E") ended_.insert(id);
    if (word == "B" || word == "E") tokens_[id].insert(token);
    if (word == "B") ++counts_.runs;
    if (word == "B" && begun_[id]++ > 0) ++counts_.interrupted;
    if (word == "T") complain("job " + id + " was run by two at the same time");
    if (word == "X") complain(line);
    // Lines of different processes may be heard in another order than they were said; tokens tell the true one.
    if (word == "E") last_token_[id] = token;
  }

  /// The first acknowledged job that is not done, as the store has it; empty: all are.
  std::string undone() {
    FileStoreOptions options;
    options.data = folder_;
    auto store = open_file_store(options);
    if (!store) return store.error().message;
    for (const std::string& id : submitted_) {
      if (ended_.count(id) > 0 && has_heard_) continue;  // looked at in the end
      const Result<Job> job = (*store)->find(id);
      if (!job) return id + " was acknowledged, and is lost";
      if (job->status != Status::done) return id + " is " + std::string(to_string(job->status));
    }
    return {};
  }

  std::string verdict() {
    counts_.jobs += submitted_.size();
    has_heard_ = false;
    if (std::string lost = undone(); !lost.empty()) return lost;
    for (const auto& [id, token] : last_token_)
      if (*tokens_[id].rbegin() > token) return id + " was run again after its end was acknowledged";
    return {};
  }

  void complain(const std::string& what) {
    if (wrong_.empty()) wrong_ = what;
  }

  const fs::path folder_;
  std::minstd_rand& random_;
  Counts& counts_;
  std::vector<Post> posts_;
  bool has_heard_ = false;
  std::optional<std::size_t> runner_;  ///< who began a run that has not ended
  std::set<std::string> submitted_, ended_;
  std::map<std::string, std::set<std::uint64_t>> tokens_;
  std::map<std::string, std::uint64_t> last_token_;
  std::map<std::string, int> begun_;
  std::string wrong_;
};

void report(const Counts& counts) {
  std::cout << counts.kills << " kills: " << counts.jobs << " acknowledged submits, all done; " << counts.runs
            << " runs, " << counts.interrupted << " of them anew; 0 lost, 0 run by two, 0 run again"
            << std::endl;
}

/// Round after round, each on a store of its own. True: nothing was wrong.
bool run_rounds(int kills, unsigned seed, const std::string& place, Counts& counts) {
  std::minstd_rand random(seed);
  for (int left = kills; left > 0; left -= kills_a_round) {
    std::string folder = place + "/store-kills-XXXXXX";
    if (::mkdtemp(folder.data()) == nullptr) {
      std::cerr << "cannot make " << folder << "\n";
      return false;
    }
    std::string wrong;
    {
      Round round(folder, random, counts);
      wrong = round.run(std::min(left, kills_a_round));
    }
    if (!wrong.empty()) {
      std::cout << "FAILED after " << counts.kills << " kills: " << wrong << "; the store is kept in "
                << folder << std::endl;
      return false;
    }
    fs::remove_all(folder);
    report(counts);
  }
  return true;
}

/// Several at the same time: most of the time each waits for a process to start.
int run(int kills, unsigned seed, const std::string& place) {
  const int lanes = kills >= 1000 ? 4 : 1;
  std::cout << kills << " kills, seed " << seed << std::endl;
  auto* const counts =
      static_cast<Counts*>(::mmap(nullptr, sizeof(Counts) * static_cast<std::size_t>(lanes),
                                  PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0));
  if (counts == MAP_FAILED) return 2;
  for (int lane = 0; lane < lanes; ++lane)
    if (::fork() == 0)
      ::_exit(run_rounds(kills / lanes, seed + static_cast<unsigned>(lane), place, counts[lane]) ? 0 : 1);
  bool is_good = true;
  for (int lane = 0; lane < lanes; ++lane) {
    int status = 0;
    ::wait(&status);
    is_good = is_good && WIFEXITED(status) && WEXITSTATUS(status) == 0;
  }
  Counts all;
  for (int lane = 0; lane < lanes; ++lane) all.add(counts[lane]);
  if (is_good && lanes > 1) report(all);
  return is_good ? 0 : 1;
}

}  // namespace
}  // namespace reelspool::crash

int main(int count, char** words) {
  ::signal(SIGPIPE, SIG_IGN);
  const char* wish = std::getenv("REELSPOOL_LONG");
  const bool is_long = wish != nullptr && std::string(wish) == "1";
  const int kills = count > 1 ? std::atoi(words[1]) : is_long ? 10'000 : 100;
  const unsigned seed = count > 2 ? static_cast<unsigned>(std::atoi(words[2])) : std::random_device()();
  return reelspool::crash::run(kills, seed, count > 3 ? words[3] : "/dev/shm");
}
