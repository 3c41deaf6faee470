// reelspool-plugin-host [--without-landlock] LIBRARY
//
// Runs one provider plugin for the worker, in a process that can do nothing but compute, and answers on
// descriptor 3 (a socket, frames of wire.hpp). A plugin that crashes, hangs, leaks or prints costs one step
// of its own, never the worker.
//
// It ends when the socket closes, which the kernel does for a worker that dies in whatever way; a thread of
// its own watches for that, so a plugin that hangs holds nothing up. INT and TERM are ignored: a supervisor
// that signals the whole process tree must not fail a request that the worker is about to save. Exit
// statuses: 0 the socket closed, 1 refused, 2 usage.

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <string>
#include <string_view>
#include <thread>

#include "plugins/host/box.hpp"
#include "plugins/host/library.hpp"
#include "plugins/host/wire.hpp"

namespace {

using namespace reelspool;
using wire::What;

constexpr int worker_fd = 3;
constexpr rlim_t output_limit_bytes =
    1 << 20;  // of what a plugin prints, kept in a memory file for the crash report
constexpr rlim_t seconds_of_processor_a_call = 30;
#ifndef REELSPOOL_SANITIZED
constexpr rlim_t memory_limit_bytes = rlim_t{1} << 30;
#endif

void limit(__rlimit_resource_t what, rlim_t soft, rlim_t hard) {
  const rlimit value{soft, hard};
  setrlimit(what, &value);
}

/// Leaves nothing to lean on: no other descriptor, no core, no tracing, no new privileges, bounded memory.
void strip() {
  for (int signal : {SIGINT, SIGTERM, SIGHUP, SIGPIPE, SIGXFSZ}) std::signal(signal, SIG_IGN);
  close_range(worker_fd + 1, ~0u, 0);
  prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
  limit(RLIMIT_CORE, 0, 0);
  limit(RLIMIT_FSIZE, output_limit_bytes, output_limit_bytes);
#ifndef REELSPOOL_SANITIZED  // the shadow memory of a sanitizer is many times that
  limit(RLIMIT_AS, memory_limit_bytes, memory_limit_bytes);
#endif
}

/// A spinning plugin is ended even if the worker that would miss the answer is itself stopped. Set anew for
/// each call.
void limit_next_call() {
#ifndef REELSPOOL_SANITIZED
  rusage used{};
  getrusage(RUSAGE_SELF, &used);
  const auto so_far = static_cast<rlim_t>(used.ru_utime.tv_sec + used.ru_stime.tv_sec);
  limit(RLIMIT_CPU, so_far + seconds_of_processor_a_call, RLIM_INFINITY);
#endif
}

void end_with_the_worker() {
  pollfd worker{worker_fd, POLLRDHUP, 0};
  while (poll(&worker, 1, -1) < 0 && errno == EINTR) {
  }
  _exit(0);
}

void send(What what, std::uint64_t id, std::string_view body) {
  const std::string bytes = wire::encode(what, id, body);
  for (std::size_t sent = 0; sent < bytes.size();) {
    const ssize_t wrote = write(worker_fd, bytes.data() + sent, bytes.size() - sent);
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote < 0) _exit(0);  // the worker is gone
    sent += static_cast<std::size_t>(wrote);
  }
}

[[noreturn]] void refuse(const Error& why) {
  send(What::refused, 0, why.message);
  _exit(1);
}

void answer(const Library& library, const wire::Frame& question) {
  limit_next_call();
  Result<std::string> text =
      question.what == What::describe ? library.describe() : library.next(question.body);
  if (text)
    send(What::answer, question.id, *text);
  else
    send(What::fault, question.id, text.error().message);
}

[[noreturn]] void serve(const Library& library) {
  wire::Reader reader;
  std::string buffer(64 * 1024, '\0');
  for (;;) {
    while (auto question = reader.take()) answer(library, *question);
    const ssize_t got = read(worker_fd, buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) _exit(0);
    reader.feed(std::string_view(buffer).substr(0, static_cast<std::size_t>(got)));
  }
}

}  // namespace

#ifdef REELSPOOL_SANITIZED
// The leak checker traces its own process, which the box forbids; it would report that instead of leaks.
extern "C" const char* __asan_default_options();
extern "C" const char* __asan_default_options() {
  return "detect_leaks=0";
}
#endif

int main(int argc, char** argv) {
  const bool without_landlock = argc == 3 && std::string_view(argv[1]) == "--without-landlock";
  int type = 0;
  socklen_t size = sizeof type;
  if (argc != (without_landlock ? 3 : 2) || getsockopt(worker_fd, SOL_SOCKET, SO_TYPE, &type, &size) != 0) {
    std::fputs(
        "reelspool-plugin-host: started by reelspool only: [--without-landlock] LIBRARY, and a socket as "
        "descriptor 3\n",
        stderr);
    return 2;
  }
  const char* file = argv[argc - 1];

  strip();
  limit_next_call();
  Result<Box> box = Box::before_loading(file, without_landlock);
  if (!box) refuse(box.error());
  std::thread(end_with_the_worker).detach();  // before loading: a constructor can hang as well
  Result<Library> library = Library::load(file);
  if (!library) refuse(library.error());
  if (Result<> held = box->after_loading(); !held) refuse(held.error());
  send(What::ready, 0, "{}");
  serve(*library);
}
