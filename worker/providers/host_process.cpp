#include "worker/providers/host_process.hpp"

#include <fcntl.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <utility>
#include <vector>

#include "worker/programs/descriptor.hpp"

namespace reelspool {
namespace {

constexpr off_t printed_tail_bytes = 2048;
constexpr int host_socket_fd = 3;  // plugins/host/host.cpp

// pidfd calls go by number: sys/pidfd.h of glibc 2.36 lacks the extern "C" for C++.

/// posix_spawn with the descriptors 0 to 3 and nothing else of ours. Returns the error number.
int spawn(const std::filesystem::path& program, const std::filesystem::path& library, bool without_landlock,
          int socket_fd, int print_fd, pid_t& pid) {
  std::vector<std::string> words = {program.string()};
  if (without_landlock) words.emplace_back("--without-landlock");
  words.push_back(library.string());
  std::vector<char*> argv;
  for (auto& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  char* no_environment[] = {nullptr};

  posix_spawn_file_actions_t files;
  posix_spawn_file_actions_init(&files);
  posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&files, print_fd, STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&files, print_fd, STDERR_FILENO);
  posix_spawn_file_actions_adddup2(&files, socket_fd,
                                   host_socket_fd);  // last: its target may be print_fd's number

  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  sigset_t none, all;
  sigemptyset(&none);
  sigfillset(&all);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setsigdefault(&attributes, &all);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);

  const int failed = posix_spawn(&pid, program.c_str(), &files, &attributes, argv.data(), no_environment);
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&files);
  return failed;
}

}  // namespace

Result<std::shared_ptr<HostProcess>> HostProcess::start(boost::asio::any_io_executor executor,
                                                        const std::filesystem::path& program,
                                                        const std::filesystem::path& library,
                                                        bool without_landlock) {
  int ends[2];
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
    return system_error("making the socket to a plugin", errno);
  Descriptor ours(ends[0]);
  Descriptor theirs(ends[1]);
  // What a plugin prints is kept for the crash report; the host limits the size of the file.
  Descriptor print(memfd_create("plugin-output", MFD_CLOEXEC));
  if (print.number() < 0) return system_error("making the memory file for a plugin's output", errno);

  pid_t pid = 0;
  const int failed = spawn(program, library, without_landlock, theirs.number(), print.number(), pid);
  if (failed == ENOENT || failed == EACCES || failed == ENOEXEC)
    return make_error(
        ErrorClass::unavailable,
        program.string() + " cannot be started, so no plugin can run: is reelspool installed completely?");
  if (failed != 0) return system_error("starting " + program.string(), failed);
  Descriptor exit(static_cast<int>(syscall(SYS_pidfd_open, pid, 0)));
  if (exit.number() < 0) {
    const int why = errno;
    ::kill(pid, SIGKILL);
    waitpid(pid, nullptr, 0);
    return system_error("watching a plugin's process", why);
  }
  return std::shared_ptr<HostProcess>(
      new HostProcess(std::move(executor), pid, ours.release(), exit.release(), print.release()));
}

HostProcess::HostProcess(boost::asio::any_io_executor executor, pid_t pid, int socket_fd, int pid_fd,
                         int print_fd)
    : socket(executor, boost::asio::local::stream_protocol(), socket_fd),
      exit(executor, pid_fd),
      pid_(pid),
      print_fd_(print_fd) {}

HostProcess::~HostProcess() {
  kill();
  reap();
  close(print_fd_);
}

void HostProcess::kill() {
  if (!reaped_) syscall(SYS_pidfd_send_signal, exit.native_handle(), SIGKILL, nullptr, 0);
}

HostProcess::Death HostProcess::reap() {
  if (reaped_) return death_;
  siginfo_t info{};
  while (waitid(P_PIDFD, static_cast<id_t>(exit.native_handle()), &info, WEXITED) != 0 && errno == EINTR) {
  }
  reaped_ = true;
  death_ = {.exited = info.si_code == CLD_EXITED, .status = info.si_status};
  return death_;
}

std::string HostProcess::printed() const {
  struct stat file {};
  if (fstat(print_fd_, &file) != 0) return "";
  const off_t from = file.st_size > printed_tail_bytes ? file.st_size - printed_tail_bytes : 0;
  std::string text(static_cast<std::size_t>(file.st_size - from), '\0');
  const ssize_t got = pread(print_fd_, text.data(), text.size(), from);
  text.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
  return text;
}

}  // namespace reelspool
