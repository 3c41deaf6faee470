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

void SyncPage::wait(std::uint32_t heard, std::chrono::nanoseconds most) const {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(most);
  const struct ::timespec time { seconds.count(), (most - seconds).count() };
  ::syscall(SYS_futex, &numbers_->rings, FUTEX_WAIT, heard, &time, nullptr, 0);
}

void SyncPage::ring() {
  ++numbers_->rings;
  ::syscall(SYS_futex, &numbers_->rings, FUTEX_WAKE, INT_MAX, nullptr, nullptr, 0);
}

}  // namespace reelspool
