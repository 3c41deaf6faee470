#include "tests/crash/power_loss/machine.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <iostream>

namespace reelspool::crash {
namespace {

Disk::Inode inode_of(int fd) {
  struct stat found {};
  if (::fstat(fd, &found) != 0) std::abort();
  return found.st_ino;
}

std::string path_of(int fd) {
  return std::filesystem::read_symlink("/proc/self/fd/" + std::to_string(fd)).string();
}

bool is_folder(int fd) {
  struct stat found {};
  return ::fstat(fd, &found) == 0 && S_ISDIR(found.st_mode);
}

/// In a row, without a call between them: then both wait for ever.
constexpr int most_waits = 1000;

/// Unwinds a program that was killed; then its files are closed, as the kernel would do it.
struct Killed {};

}  // namespace

std::string Schedule::text() const {
  const std::string who = first == 0 ? "A" : "B";
  if (changes_every > 0) return who + " first, turns of " + std::to_string(changes_every) + " calls";
  if (hands_over_after > 0)
    return who + " first, interrupted after " + std::to_string(hands_over_after) + " calls";
  return who + " first, to its end";
}

/// The seam of one program. Calls by other threads than the program's own are none of the history.
class Machine::Process final : public Files {
 public:
  Process(Machine& machine, int number) : machine_(machine), number_(number) {}
  void starts() { thread_ = std::this_thread::get_id(); }

 protected:
  long make(const Deed& deed) override {
    if (deed.call == Call::touch) return 0;
    if (std::this_thread::get_id() != thread_ || machine_.is_killed(number_)) {
      errno = EAGAIN;
      return -1;
    }
    machine_.wait_for_turn(number_);
    const long answer = deed.call == Call::lock ? take_lock(deed) : make_and_note(deed);
    const int problem = errno;
    machine_.pass_on(number_);
    if (machine_.is_killed(number_)) throw Killed();
    errno = problem;
    return answer;
  }

 private:
  long take_lock(Deed deed) {
    const bool waits = (deed.flags & LOCK_NB) == 0;
    deed.flags |= LOCK_NB;
    while (true) {
      const long answer = Files::make(deed);
      if (answer == 0 || errno != EWOULDBLOCK || !waits) return answer;
      machine_.lend(number_, path_of(deed.fd));
    }
  }

  long make_and_note(const Deed& deed) {
    Disk& disk = machine_.disk_;
    // What is allocated behind the end of a file is none of what may be found in it.
    const bool changes = deed.call != Call::read && deed.call != Call::allocate &&
                         (deed.call != Call::open || (deed.flags & O_ACCMODE) != O_RDONLY);
    if (changes) machine_.moment_(disk);
    const bool is_new = deed.call == Call::open && ::access(deed.path, F_OK) != 0;
    if (deed.call == Call::sync && !can_sync(deed.fd)) {
      disk.synced(inode_of(deed.fd), false);
      errno = EIO;
      return -1;
    }
    const long answer = Files::make(deed);
    if (answer < 0) return answer;
    switch (deed.call) {
      case Call::open:
        if (is_folder(static_cast<int>(answer))) break;
        failures_seen_[static_cast<int>(answer)] = machine_.failures_[inode_of(static_cast<int>(answer))];
        if (is_new) disk.created(deed.path, inode_of(static_cast<int>(answer)));
        if (deed.flags & O_TRUNC) disk.cut(inode_of(static_cast<int>(answer)), 0);
        break;
      case Call::write:
        disk.wrote(inode_of(deed.fd), deed.offset, {deed.from, static_cast<std::size_t>(answer)});
        break;
      case Call::truncate:
        disk.cut(inode_of(deed.fd), deed.offset);
        break;
      case Call::sync:
        disk.synced(inode_of(deed.fd), true);
        break;
      case Call::sync_dir:
        disk.synced_folder(path_of(deed.fd));
        break;
      case Call::rename:
        disk.renamed(deed.path, deed.other_path);
        break;
      case Call::exchange:
        disk.exchanged(deed.path, deed.other_path);
        break;
      case Call::unlink:
        disk.unlinked(deed.path);
        break;
      case Call::mkdir:
        disk.made_folder(deed.path);
        break;
      case Call::read:
      case Call::lock:
      case Call::touch:
      case Call::allocate:
        break;
    }
    return answer;
  }

  bool can_sync(int fd) {
    int& failures = machine_.failures_[inode_of(fd)];
    if (++machine_.syncs_ == machine_.failing_sync_) {
      ++failures;
      if (machine_.failing_kills_) machine_.killed_by_sync_ = number_;
    }
    return std::exchange(failures_seen_[fd], failures) == failures;
  }

  Machine& machine_;
  const int number_;
  std::thread::id thread_;
  std::map<int, int> failures_seen_;  // by descriptor
};

Machine::Machine(const std::filesystem::path& root, const Schedule& schedule, Moment moment)
    : schedule_(schedule), moment_(std::move(moment)), disk_(root) {}

Machine::~Machine() = default;

void Machine::run(const std::vector<Program>& programs) {
  turn_ = schedule_.first;
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < programs.size(); ++i) {
    processes_[i] = std::make_unique<Process>(*this, static_cast<int>(i));
    runs_[i] = true;
  }
  for (std::size_t i = 0; i < programs.size(); ++i)
    threads.emplace_back([this, i, &program = programs[i]] {
      processes_[i]->starts();
      wait_for_turn(static_cast<int>(i));
      try {
        program(*processes_[i]);
      } catch (const Killed&) {
      }
      end(static_cast<int>(i));
    });
  for (std::thread& thread : threads) thread.join();
  moment_(disk_);
}

bool Machine::others_run(int program) const {
  return runs_.at(static_cast<std::size_t>(1 - program));
}

void Machine::wait_for_turn(int program) {
  std::unique_lock lock(mutex_);
  turned_.wait(lock, [&] { return turn_ == program; });
}

/// After a call.
void Machine::pass_on(int program) {
  std::unique_lock lock(mutex_);
  const int made = ++calls_.at(static_cast<std::size_t>(program));
  ++since_turn_;
  waits_ = 0;
  if (lender_) {
    turn_ = *lender_;
    lender_.reset();
  } else if (others_run(program)) {
    const bool is_interrupted =
        !schedule_.kills && program == schedule_.first && made == schedule_.hands_over_after;
    const bool is_over = schedule_.changes_every > 0 && since_turn_ >= schedule_.changes_every;
    if (!is_interrupted && !is_over) return;
    turn_ = 1 - program;
    since_turn_ = 0;
  }
  turned_.notify_all();
  turned_.wait(lock, [&] { return turn_ == program; });
}

/// `program` cannot go on: the other one makes one call. That may be one who waits, too: a lock that goes free when its
/// file is closed is no call.
void Machine::lend(int program, const std::string& lock_file) {
  std::unique_lock lock(mutex_);
  if (!others_run(program) || ++waits_ > most_waits) {
    std::cerr << schedule_.text() << ": " << (program == 0 ? "A" : "B") << " waits for " << lock_file
              << ", which nobody will ever free\n";
    std::abort();
  }
  lender_ = program;
  turn_ = 1 - program;
  turned_.notify_all();
  turned_.wait(lock, [&] { return turn_ == program; });
}

void Machine::end(int program) {
  std::lock_guard lock(mutex_);
  runs_.at(static_cast<std::size_t>(program)) = false;
  if (lender_ == program) lender_.reset();
  turn_ = 1 - program;
  turned_.notify_all();
}

}  // namespace reelspool::crash
