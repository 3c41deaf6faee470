#include "worker/programs/programs.hpp"

#include <linux/landlock.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/async_result.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <exception>
#include <memory>
#include <new>

#include "worker/programs/launch.hpp"
#include "worker/programs/records.hpp"
#include "worker/programs/running.hpp"

namespace reelspool {

int landlock_version() {
  const long version = ::syscall(SYS_landlock_create_ruleset, nullptr, 0, LANDLOCK_CREATE_RULESET_VERSION);
  return static_cast<int>(std::max(version, 0L));
}

Programs::Programs(boost::asio::any_io_executor executor, Options options)
    : executor_(std::move(executor)), options_(std::move(options)) {
  ::signal(SIGCHLD, SIG_DFL);
  std::error_code ignored;  // a folder that cannot be made is reported by the first run that needs it
  std::filesystem::create_directories(options_.records, ignored);
}

Programs::~Programs() {
  for (const auto& [pid, running] : std::exchange(running_, {})) running->abandon();
}

boost::asio::awaitable<Result<Exit>> Programs::run(Command command, Stop& stop) {
  if (stop.asked())
    co_return Exit{.status = 128 + SIGTERM, .output = {}, .complaint = {}, .cause = Exit::Cause::stopped};
  const std::string program = command.argv.empty() ? "a program" : command.argv.front();

  std::shared_ptr<Running> running;
  try {
    ProgramRecord record;
    record.mark = new_mark();
    auto launched = launch(options_.shim, command, record.mark);
    if (!launched) co_return std::move(launched.error());
    record.pid = launched->pid;
    record.start = start_of(record.pid);
    record.boot = boot_id();
    record.owner = ::getpid();
    record.owner_start = start_of(record.owner);
    auto recorded = write_record(options_.records, record);
    running = std::make_shared<Running>(executor_, options_, std::move(command), std::move(*launched),
                                        std::move(record));
    if (!recorded) co_return std::move(recorded.error()).while_doing("starting " + program);
    running->watch();
  } catch (const std::exception& failure) {
    // Out of descriptors for the loop, or of memory; the destructor of what was started ends it.
    co_return make_error(ErrorClass::transient, "cannot start " + program + ": " + failure.what());
  }

  running_.emplace(running->pid(), running);
  const Stop::Hook hook = stop.on_ask([running = running.get(), &stop] {
    const bool hurry = stop.asked() == StopReason::shutdown;
    running->end(Exit::Cause::stopped, hurry ? patience_at_shutdown : std::chrono::milliseconds::max());
  });
  // A wait that does not listen to Asio's cancellation: whoever gives up on a program still waits until it is
  // gone. From here on `this` is used by the callback only: when the coroutine goes on it may be gone.
  Running* const waited_for = running.get();
  auto wait = [this, waited_for](auto handler) {
    auto kept = std::make_shared<decltype(handler)>(std::move(handler));
    waited_for->when_over([this, kept, pid = waited_for->pid()] {
      running_.erase(pid);
      boost::asio::post(executor_, std::move(*kept));
    });
  };
  co_await boost::asio::async_initiate<const boost::asio::use_awaitable_t<>&, void()>(
      wait, boost::asio::use_awaitable);
  co_return running->outcome();
}

int Programs::sweep() {
  int found = 0;
  const std::string boot = boot_id();
  for (const ProgramRecord& record : read_records(options_.records)) {
    const bool same_boot = record.boot == boot;
    if (same_boot && start_of(record.owner) == record.owner_start) continue;  // its worker lives
    if (same_boot) found += end_kin(record);
    forget_record(options_.records, record);
  }
  return found;
}

}  // namespace reelspool
