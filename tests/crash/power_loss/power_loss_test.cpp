// Every state in which the power can leave the store. Two processes share it; their calls are interleaved in every
// way in which one can be interrupted by the other, and after each call every state that the disk may be found in is
// made and opened. All that was acknowledged by then must be there, and no state may look damaged.
//
// Short by default. REELSPOOL_LONG=1 walks every interruption, and the power losses during recovery from power losses.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <unordered_map>

#include "tests/crash/actor.hpp"
#include "tests/crash/power_loss/machine.hpp"
#include "tests/jobstore/scratch.hpp"

namespace reelspool::crash {
namespace {

bool is_long() {
  const char* wish = std::getenv("REELSPOOL_LONG");
  return wish != nullptr && std::string(wish) == "1";
}

/// Opens states and remembers what was in them: most moments share most of theirs.
class Explorer {
 public:
  struct Found {
    std::string problem;  ///< the store does not open, or shows nonsense
    Looks looks;
    Disk::State state;
  };

  /// What is wrong with any state of this moment, if it must keep these promises; empty: nothing.
  std::string look(const Disk& disk, const Promises& promises) {
    ++moments_;
    std::string complaints;
    disk.each_state([&](const Disk::State& state) {
      ++states_;
      const std::size_t number = found_number(state);
      if (seen_at_.size() < found_.size()) seen_at_.resize(found_.size(), 0);
      if (std::exchange(seen_at_[number], moments_) == moments_) return;
      const Found& found = found_[number];
      const std::string wrong = found.problem.empty() ? promises.judge(found.looks) : found.problem;
      if (!wrong.empty() && complaints.empty()) complaints = wrong + describe(state);
    });
    return complaints;
  }

  std::size_t moments() const { return moments_; }
  std::size_t states() const { return states_; }
  const std::vector<Found>& found() const { return found_; }

 private:
  std::size_t found_number(const Disk::State& state) {
    std::string key;
    for (const auto& [name, content] : state) key += name + ':' + std::to_string(content) + ' ';
    const auto [known, is_new] = numbers_.try_emplace(std::move(key), found_.size());
    if (is_new) found_.push_back(open(state));
    return known->second;
  }

  static Found open(const Disk::State& state) {
    Scratch scratch(Scratch::Place::in_memory);
    Disk::materialise(state, scratch.path());
    Found found{{}, {}, state};
    Result<std::unique_ptr<FileJobStore>> store = open_file_store(options_for(scratch));
    if (!store) {
      found.problem = store.error().message + "\n";
      return found;
    }
    Result<Looks> looks = looks_of(**store);
    if (looks)
      found.looks = *std::move(looks);
    else
      found.problem = looks.error().message + "\n";
    if (found.problem.empty()) found.problem = judge_archive(**store, scratch.path(), found.looks);
    return found;
  }

  /// A removed job has one line, all others have none.
  static std::string judge_archive(FileJobStore& store, const std::filesystem::path& data,
                                   const Looks& looks) {
    if (const Result<std::size_t> swept = store.sweep(); !swept) return swept.error().message + "\n";
    const Result<std::map<std::string, int>> lines = archived(data);
    if (!lines) return lines.error().message + "\n";
    for (const auto& [job, look] : looks)
      if (lines->contains(job)) return job + " is there and in the archive\n";
    for (const std::string job : {"a1", "a2", "b1", "b2"}) {
      const auto line = lines->find(job);
      const int count = line == lines->end() ? 0 : line->second;
      const bool is_gone = !looks.contains(job) && !store.submit(Actor::entry(job));
      if (count != (is_gone ? 1 : 0))
        return job + " has " + std::to_string(count) + " lines in the archive\n";
    }
    return {};
  }

  static std::string describe(const Disk::State& state) {
    std::string text = "on a disk with\n";
    for (const auto& [name, content] : state) {
      text += "---- " + name + "\n";
      for (const char byte : Disk::content(content)) text += byte == '\0' ? '@' : byte;
    }
    return text;
  }

  std::size_t moments_ = 0, states_ = 0;
  std::unordered_map<std::string, std::size_t> numbers_;
  std::vector<Found> found_;
  std::vector<std::size_t> seen_at_;
};

/// What happens in one history: everything that is acknowledged, and rotations with their snapshots in between.
class History {
 public:
  enum class Story { work, removal };
  explicit History(Explorer& explorer, Story story = Story::work) : explorer_(explorer), story_(story) {}

  /// Returns what was wrong first.
  std::string run(const Schedule& schedule, int failing_sync = 0, bool kills = false) {
    Scratch scratch(Scratch::Place::in_memory);
    Machine machine(scratch.path(), schedule, [this](const Disk& disk) {
      if (wrong_.empty()) wrong_ = explorer_.look(disk, promises_);
    });
    machine.fail_sync(failing_sync, kills);
    machine.run(
        {program(machine, 0, scratch, "A", {"a1", "a2"}), program(machine, 1, scratch, "B", {"b1", "b2"})});
    calls_ = {machine.calls_of(0), machine.calls_of(1)};
    syncs_ = machine.syncs();
    stores_.clear();
    if (!wrong_.empty()) wrong_ = schedule.text() + ": " + wrong_;
    return wrong_;
  }

  const std::array<int, 2>& calls() const { return calls_; }
  int syncs() const { return syncs_; }

 private:
  /// Submits two jobs, does the first with a step on the way, cancels the second; then takes over from the dead.
  Machine::Program program(const Machine& machine, int number, const Scratch& scratch,
                           const std::string& worker, std::array<std::string, 2> jobs) {
    return [this, &machine, number, &scratch, worker, jobs](Files& files) {
      // Opening takes back the jobs of the dead, too.
      if (machine.is_killed(1 - number))
        for (const std::string& job : promises_.jobs()) promises_.begin(job, effects::worker_died);
      FileStoreOptions options = options_for(scratch, worker);
      options.clock = &clock_;
      options.files = &files;
      auto opened = open_file_store(options);
      // A second one in this program, as a command would open it: that one writes its snapshots in this thread.
      options.role = FileStoreOptions::Role::client;
      options.snapshot_at_bytes = 900;
      auto command = open_file_store(options);
      if (!opened || !command) return;
      Actor actor(**opened, promises_, Actor::Crash::of_the_power);
      Actor commander(**command, promises_, Actor::Crash::of_the_power);
      if (story_ == Story::removal) {
        commander.submit(jobs[0]);
        commander.cancel(jobs[0]);
        commander.remove(jobs[0]);
        stores_.push_back(*std::move(opened));
        stores_.push_back(*std::move(command));
        return;
      }
      commander.submit(jobs[0]);
      commander.submit(jobs[1]);
      if (const auto claim = actor.claim(jobs[0])) {
        static_cast<void>(actor.store().progress(*claim, {.percent = 50}));
        actor.step(*claim, "s1");
        actor.finish(*claim);
      }
      commander.cancel(jobs[1]);
      if (machine.is_killed(1 - number)) {
        for (const std::string& job : promises_.jobs()) promises_.begin(job, effects::worker_died);
        static_cast<void>(actor.store().recover());
      }
      // Closed when both are done: a worker that leaves is news to the other.
      stores_.push_back(*std::move(opened));
      stores_.push_back(*std::move(command));
    };
  }

  Explorer& explorer_;
  const Story story_;
  StandingClock clock_;
  Promises promises_;
  std::vector<std::unique_ptr<FileJobStore>> stores_;
  std::string wrong_;
  std::array<int, 2> calls_{};
  int syncs_ = 0;
};

void report(const Explorer& explorer, std::size_t histories) {
  std::cout << histories << " histories, " << explorer.moments() << " moments, " << explorer.states()
            << " states of the disk, " << explorer.found().size() << " different ones opened\n";
}

/// Every call of each program as the one after which the other interrupts it; all that are `stride` apart.
std::vector<Schedule> schedules(const std::array<int, 2>& calls, int stride) {
  std::vector<Schedule> all;
  for (const int first : {0, 1}) {
    all.push_back({.first = first});
    for (const bool kills : {false, true})
      for (int n = 1; n < calls[static_cast<std::size_t>(first)]; n += stride)
        all.push_back({.first = first, .hands_over_after = n, .kills = kills});
    for (const int turns : {1, 2, 3, 5, 8})
      if (is_long() || turns == 3) all.push_back({.first = first, .changes_every = turns});
  }
  return all;
}

TEST(PowerLoss, AtAnyMomentOfAnyInterleavingLosesNothingThatWasAcknowledged) {
  Explorer explorer;
  std::size_t histories = 0;
  History measured(explorer);
  ASSERT_EQ(measured.run({}), "");
  for (const Schedule& schedule : schedules(measured.calls(), is_long() ? 1 : 80)) {
    ++histories;
    ASSERT_EQ(History(explorer).run(schedule), "");
  }
  report(explorer, histories);
  const auto is_rotated = [](const Explorer::Found& found) {
    return found.state.count("store/snapshot") > 0 && found.state.count("store/journal-000001") == 0;
  };
  EXPECT_TRUE(std::any_of(explorer.found().begin(), explorer.found().end(), is_rotated))
      << "the histories are to have rotations and snapshots";
}

TEST(PowerLoss, AtAnyMomentOfARemovalLosesNoLineOfTheArchiveAndWritesNoneTwice) {
  Explorer explorer;
  std::size_t histories = 0;
  History measured(explorer, History::Story::removal);
  ASSERT_EQ(measured.run({}), "");
  for (const Schedule& schedule : schedules(measured.calls(), is_long() ? 1 : 24)) {
    ++histories;
    ASSERT_EQ(History(explorer, History::Story::removal).run(schedule), "");
  }
  report(explorer, histories);
}

/// `kills`: whoever has the failed sync dies of it, and the others have to do without what he knew.
void fail_each_sync(bool kills) {
  Explorer explorer;
  std::size_t histories = 0;
  const std::vector<Schedule> all = {{}, {.first = 1}, {.changes_every = 3}, {.changes_every = 1}};
  for (const Schedule& schedule :
       std::vector<Schedule>(all.begin(), is_long() ? all.end() : all.begin() + 1)) {
    for (int nth = 1;; nth += is_long() ? 1 : 13) {
      SCOPED_TRACE("failing sync " + std::to_string(nth));
      ++histories;
      History history(explorer);
      ASSERT_EQ(history.run(schedule, nth, kills), "");
      if (history.syncs() < nth) break;
    }
  }
  report(explorer, histories);
}

TEST(PowerLoss, AfterAFailedSyncLosesNothingThatWasAcknowledged) {
  fail_each_sync(false);
}

TEST(PowerLoss, AfterASyncThatFailsAndAKillLosesNothingThatWasAcknowledged) {
  fail_each_sync(true);
}

/// A worker finds the store as the power loss left it, and works; then the power fails again.
std::string lose_power_again(Explorer& explorer, const Explorer::Found& found) {
  Scratch scratch(Scratch::Place::in_memory);
  Disk::materialise(found.state, scratch.path());
  Promises promises = Promises::that(found.looks);
  for (const auto& [job, look] : found.looks) promises.begin(job, effects::worker_died);
  StandingClock clock;
  std::string wrong;
  Machine machine(scratch.path(), {}, [&](const Disk& disk) {
    if (wrong.empty()) wrong = explorer.look(disk, promises);
  });
  std::unique_ptr<FileJobStore> store;
  machine.run({[&](Files& files) {
    FileStoreOptions options = options_for(scratch, "C");
    options.clock = &clock;
    options.files = &files;
    auto opened = open_file_store(options);
    if (!opened) {
      wrong = opened.error().message;
      return;
    }
    store = *std::move(opened);
    Actor actor(*store, promises, Actor::Crash::of_the_power);
    actor.submit("c");
    if (const auto claim = actor.claim("c")) actor.finish(*claim);
  }});
  return wrong;
}

TEST(PowerLoss, DuringTheRecoveryFromAPowerLossLosesNothingThatHadSurvivedThat) {
  Explorer first, second;
  ASSERT_EQ(History(first).run({.changes_every = 3}), "");
  const std::size_t stride = is_long() ? 1 : first.found().size() / 10;
  std::size_t recoveries = 0;
  for (std::size_t i = 0; i < first.found().size(); i += stride, ++recoveries)
    ASSERT_EQ(lose_power_again(second, first.found()[i]), "");
  report(second, recoveries);
}

}  // namespace
}  // namespace reelspool::crash
