#include "jobstore/file/sync_page.hpp"

#include <fcntl.h>
#include <linux/futex.h>
#include <sched.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <ctime>

namespace reelspool {
namespace {

/// An open file description lock (fcntl(2)): goes with the last descriptor, and does not mind the flock(2) on the same file.
bool set_lock(const Fd& file, short type) {
  struct ::flock all {};
  all.l_type = type;
  all.l_whence = SEEK_SET;
  int done = 0;
  do done = ::fcntl(file.number(), F_OFD_SETLK, &all);
  while (done != 0 && errno == EINTR);
  return done == 0;
}

/// Its last user has it to itself for the moment in which it removes it.
bool join_users(const Fd& file) {
  return ::flock(file.number(), LOCK_SH | LOCK_NB) == 0;
}

/// While a sync goes on, those whom it covers have noted the number before its own, and those who need the next one its own:
/// one of the two is even. (Who waits for longer, after a failure, is woken by chance, or has slept enough.)
int bit_of(std::uint64_t noted) {
  return noted % 2 == 0 ? 1 : 2;
}

constexpr int most_openings = 1000;

}  // namespace

std::unique_ptr<SyncPage> SyncPage::of(Files& files, const std::filesystem::path& store) {
  const Result<Files::Stat> folder = files.stat(store);
  if (!folder) return nullptr;
  const std::string name = "/reelspool-" + std::to_string(::geteuid()) + "-" +
                           std::to_string(folder->device) + "-" + std::to_string(folder->inode);
  for (int i = 0; i < most_openings; ++i) {
    Fd file(::shm_open(name.c_str(), O_RDWR | O_CREAT, 0600));  // close-on-exec, and follows no link
    if (!file) return nullptr;
    struct ::stat found {};
    if (!join_users(file) || ::fstat(file.number(), &found) != 0 || found.st_nlink == 0) {
      ::sched_yield();  // it is being removed, or was between the calls
      continue;
    }
    if (found.st_uid != ::geteuid() || (found.st_mode & 0777) != 0600) return nullptr;
    // Allocated: a write into memory that cannot be had would end the process.
    if (::posix_fallocate(file.number(), 0, sizeof(Numbers)) != 0) return nullptr;
    void* const memory =
        ::mmap(nullptr, sizeof(Numbers), PROT_READ | PROT_WRITE, MAP_SHARED, file.number(), 0);
    if (memory == MAP_FAILED) return nullptr;
    return std::unique_ptr<SyncPage>(new SyncPage(std::move(file), name, static_cast<Numbers*>(memory)));
  }
  return nullptr;
}

SyncPage::~SyncPage() {
  ::munmap(numbers_, sizeof(Numbers));
  // Not ours alone: flock(2) then gives up the lock that it had, and the last one removes it.
  if (::flock(file_.number(), LOCK_EX | LOCK_NB) == 0) ::shm_unlink(name_.c_str());
}

bool SyncPage::lead() {
  return set_lock(file_, F_WRLCK);
}

void SyncPage::stop_leading() {
  set_lock(file_, F_UNLCK);
}

void SyncPage::wait(std::uint32_t heard, std::uint64_t noted, std::chrono::nanoseconds most) const {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(most);
  // FUTEX_WAIT_BITSET, unlike FUTEX_WAIT, takes a moment of the monotonic clock (futex(2)).
  struct ::timespec until {};
  ::clock_gettime(CLOCK_MONOTONIC, &until);
  const auto nanoseconds = std::chrono::nanoseconds(until.tv_nsec) + (most - seconds);
  until.tv_sec += seconds.count() + (nanoseconds >= std::chrono::seconds(1) ? 1 : 0);
  until.tv_nsec = (nanoseconds % std::chrono::seconds(1)).count();
  ::syscall(SYS_futex, &numbers_->rings, FUTEX_WAIT_BITSET, heard, &until, nullptr, bit_of(noted));
}

void SyncPage::ring(std::uint64_t number) {
  ++numbers_->rings;
  ::syscall(SYS_futex, &numbers_->rings, FUTEX_WAKE_BITSET, INT_MAX, nullptr, nullptr, bit_of(number - 1));
  ::syscall(SYS_futex, &numbers_->rings, FUTEX_WAKE_BITSET, 1, nullptr, nullptr, bit_of(number));
}

}  // namespace reelspool
