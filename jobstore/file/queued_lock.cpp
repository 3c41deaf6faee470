#include "jobstore/file/queued_lock.hpp"

#include <fcntl.h>
#include <sys/file.h>

#include <cerrno>
#include <csignal>
#include <mutex>
#include <thread>

#include "jobstore/file/files.hpp"

namespace reelspool {

struct QueuedLock::Shared {
  std::mutex mutex;
  Fd file;                         // guarded once `held` or `left`; before that the waiting thread's
  std::function<void()> acquired;  // guarded
  bool held = false;               // guarded
  bool left = false;               // guarded; nobody wants the lock any more
};

namespace {

Result<Fd> open_lock(const std::filesystem::path& file) {
  Fd fd(open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644));
  if (!fd) return system_error("opening " + file.string(), errno);
  return fd;
}

}  // namespace

Result<QueuedLock> QueuedLock::queue(const std::filesystem::path& file, std::function<void()> acquired) {
  Result<Fd> fd = open_lock(file);
  if (!fd) return std::move(fd.error());
  auto shared = std::make_shared<Shared>();
  shared->file = *std::move(fd);
  shared->acquired = std::move(acquired);

  // Signals are for the threads that the program meant them for.
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  try {
    std::thread([shared] {
      while (flock(shared->file.number(), LOCK_EX) != 0 && errno == EINTR) {
      }
      std::lock_guard lock(shared->mutex);
      if (shared->left) {
        shared->file = Fd();
        return;
      }
      shared->held = true;
      shared->acquired();
    }).detach();
  } catch (const std::system_error& problem) {
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
    return system_error("starting the thread that waits for " + file.string(), problem.code().value());
  }
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  return QueuedLock(std::move(shared));
}

Result<QueuedLock> QueuedLock::try_now(const std::filesystem::path& file) {
  Result<Fd> fd = open_lock(file);
  if (!fd) return std::move(fd.error());
  auto shared = std::make_shared<Shared>();
  if (flock(fd->number(), LOCK_EX | LOCK_NB) == 0)
    shared->held = true;
  else if (errno != EWOULDBLOCK)
    return system_error("locking " + file.string(), errno);
  shared->file = *std::move(fd);
  return QueuedLock(std::move(shared));
}

bool QueuedLock::held() const {
  if (!shared_) return false;
  std::lock_guard lock(shared_->mutex);
  return shared_->held;
}

void QueuedLock::leave() {
  if (!shared_) return;
  std::lock_guard lock(shared_->mutex);
  shared_->left = true;
  shared_->acquired = nullptr;
  if (shared_->held) shared_->file = Fd();
  shared_->held = false;
}

QueuedLock& QueuedLock::operator=(QueuedLock&& other) noexcept {
  if (this != &other) {
    leave();
    shared_ = std::move(other.shared_);
  }
  return *this;
}

QueuedLock::~QueuedLock() {
  leave();
}

}  // namespace reelspool
