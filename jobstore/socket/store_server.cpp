#include "jobstore/socket/store_server.hpp"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <thread>

#include "jobstore/file/queued_lock.hpp"
#include "jobstore/file/quiet_thread.hpp"
#include "jobstore/socket/clients.hpp"

namespace reelspool {
namespace {

constexpr int backlog = 128;
constexpr int forever = -1;
constexpr int pause_when_busy_ms = 20, pause_when_out_ms = 500;

/// Rung by the lock's thread, by clients' threads and by the destructor. Shared with the lock's callback, which may
/// outlive the server.
class EventBell {
 public:
  EventBell() : event_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}
  explicit operator bool() const { return static_cast<bool>(event_); }
  void ring() const {
    const std::uint64_t one = 1;
    static_cast<void>(!::write(event_.number(), &one, sizeof one));
  }
  void silence() const {
    std::uint64_t count = 0;
    static_cast<void>(!::read(event_.number(), &count, sizeof count));
  }
  int number() const { return event_.number(); }

  std::atomic<bool> is_ours = false;  ///< store/socket.lock
  std::atomic<bool> is_ending = false;

 private:
  Fd event_;
};

/// A listening socket under its name. The name comes last, so whoever finds it can connect; a socket that a killed
/// worker left there is replaced in the same moment.
Result<Fd> listen_in(const std::filesystem::path& folder) {
  const std::string doing = "listening on " + (folder / "socket").string();
  Fd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!socket) return system_error(doing, errno);
  struct stat status {};
  if (::stat(folder.c_str(), &status) != 0) return system_error(doing, errno);
  const std::filesystem::path beside = folder / "socket.new";
  ::unlink(beside.c_str());
  const auto bind = [&](const sockaddr* address, unsigned length) {
    return ::bind(socket.number(), address, length);
  };
  if (Result<> bound = socket::with_address(folder, "socket.new", bind, doing); !bound)
    return std::move(bound.error());
  const mode_t mode = (status.st_mode & S_IWGRP) != 0 ? 0660 : 0600;
  if (::chmod(beside.c_str(), mode) != 0 || ::listen(socket.number(), backlog) != 0 ||
      ::rename(beside.c_str(), (folder / "socket").c_str()) != 0)
    return system_error(doing, errno);
  return socket;
}

}  // namespace

struct StoreServer::Inside {
  Inside(JobStore& the_store, std::filesystem::path the_folder,
         std::function<void(const std::string&)> the_report)
      : folder(std::move(the_folder)),
        report(std::move(the_report)),
        clients(the_store, [bell = bell] { bell->ring(); }) {}

  const std::filesystem::path folder;
  const std::function<void(const std::string&)> report;
  const std::shared_ptr<EventBell> bell = std::make_shared<EventBell>();
  socket::Clients clients;  // of the thread
  std::optional<QueuedLock> lock;
  std::thread thread;

  void run();
  void listen_to(const Fd& listener);
  void wait(int descriptor, int time_ms);
  void accept_one(const Fd& listener);
};

/// Sleeps until the bell rings, or `descriptor` (none: -1) has news.
void StoreServer::Inside::wait(int descriptor, int time_ms) {
  std::array<pollfd, 2> sources = {{{bell->number(), POLLIN, 0}, {descriptor, POLLIN, 0}}};
  ::poll(sources.data(), sources.size(), time_ms);
  bell->silence();
}

void StoreServer::Inside::run() {
  while (!bell->is_ours && !bell->is_ending) wait(-1, forever);
  if (bell->is_ending) return;
  const Result<Fd> listener = listen_in(folder);
  if (listener) return listen_to(*listener);
  if (report) report(listener.error().message + " - commands open the store themselves, which takes longer");
  lock.reset();  // another worker may be able to
}

void StoreServer::Inside::listen_to(const Fd& listener) {
  while (!bell->is_ending) {
    clients.sweep();
    pollfd newcomer{listener.number(), POLLIN, 0};
    if (::poll(&newcomer, 1, 0) <= 0)
      wait(listener.number(), forever);
    else if (!clients.full())
      accept_one(listener);
    else if (clients.make_room())
      wait(-1, forever);  // until the place is free
    else
      wait(-1, pause_when_busy_ms);  // all of them have asked the store, which answers them in time
  }
  ::unlink((folder / "socket").c_str());
}

void StoreServer::Inside::accept_one(const Fd& listener) {
  Fd socket(::accept4(listener.number(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
  const int problem = errno;
  if (!socket && (problem == EAGAIN || problem == EINTR || problem == ECONNABORTED)) return;  // it went away
  if (socket && clients.take(std::move(socket))) return;
  // Out of descriptors, memory or threads: somebody has to go, or others in this process have to give some back.
  wait(-1, clients.make_room() ? forever : pause_when_out_ms);
}

StoreServer::StoreServer(std::unique_ptr<Inside> inside) : inside_(std::move(inside)) {}

Result<std::unique_ptr<StoreServer>> StoreServer::open(JobStore& store, const std::filesystem::path& folder,
                                                       std::function<void(const std::string&)> report) {
  auto inside = std::make_unique<Inside>(store, folder, std::move(report));
  if (!*inside->bell) return system_error("opening store/socket", errno);
  const std::shared_ptr<EventBell> bell = inside->bell;
  Result<QueuedLock> lock = QueuedLock::queue(folder / "socket.lock", [bell] {
    bell->is_ours = true;
    bell->ring();
  });
  if (!lock) return std::move(lock.error());
  inside->lock.emplace(*std::move(lock));
  Result<std::thread> thread =
      quiet_thread("the thread of store/socket", [raw = inside.get()] { raw->run(); });
  if (!thread) return std::move(thread.error());
  inside->thread = *std::move(thread);
  return std::unique_ptr<StoreServer>(new StoreServer(std::move(inside)));
}

StoreServer::~StoreServer() {
  inside_->bell->is_ending = true;
  inside_->bell->ring();
  inside_->thread.join();
}

}  // namespace reelspool
