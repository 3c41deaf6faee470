#include "worker/programs/launch.hpp"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string_view>
#include <vector>

namespace reelspool {
namespace {

constexpr int control_number = 4;  // what reelspool-exec calls `control`

struct Pipe {
  Descriptor ours, theirs;
};

Result<Pipe> new_pipe() {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return system_error("making a pipe", errno);
  Pipe pipe{Descriptor(ends[0]), Descriptor(ends[1])};
  ::fcntl(ends[0], F_SETFL, O_NONBLOCK);  // ours only: the program's end must block as programs expect
  return pipe;
}

Result<Pipe> new_control() {
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
    return system_error("making a socket pair", errno);
  Pipe pair{Descriptor(ends[0]), Descriptor(ends[1])};
  ::fcntl(ends[0], F_SETFL, O_NONBLOCK);
  return pair;
}

/// Strings as exec wants them. Valid as long as the strings are.
std::vector<char*> pointers(const std::vector<std::string>& strings) {
  std::vector<char*> result;
  result.reserve(strings.size() + 1);
  for (const std::string& text : strings) result.push_back(const_cast<char*>(text.c_str()));
  result.push_back(nullptr);
  return result;
}

std::vector<std::string> arguments(const std::filesystem::path& shim, const Command& command) {
  std::vector<std::string> list{shim.string()};
  if (command.box.enabled) list.emplace_back("--landlock");
  const auto add = [&list](const char* option, const std::filesystem::path& path) {
    list.emplace_back(option);
    list.push_back(path.string());
  };
  add("--read", command.argv.front());
#ifdef REELSPOOL_SANITIZED
  add("--read", "/proc");  // the sanitizers' run-time reads its own memory map
#endif
  for (const auto& path : command.box.readable) add("--read", path);
  for (const auto& path : command.box.writable) add("--write", path);
  add("--in", command.directory);
  list.emplace_back("--");
  list.insert(list.end(), command.argv.begin(), command.argv.end());
  return list;
}

std::vector<std::string> environment(const Command& command, const std::string& mark) {
  std::map<std::string, std::string> all = command.environment;
  all.emplace("PATH", "/usr/local/bin:/usr/bin:/bin");
  all.emplace("LANG", "C.UTF-8");
  all.emplace("HOME", command.directory.string());
  all.emplace("TMPDIR", command.directory.string());
#ifdef REELSPOOL_SANITIZED
  all.emplace("ASAN_OPTIONS",
              "detect_leaks=0");  // the leak check traces its own process, which the box forbids
#endif
  all["REELSPOOL_RUN"] = mark;
  std::vector<std::string> list;
  for (const auto& [name, value] : all) list.push_back(name + "=" + value);
  return list;
}

Result<> check(const Command& command) {
  if (command.argv.empty())
    return make_error(ErrorClass::invalid_request, "cannot start a program: no name given");
  const std::string& program = command.argv.front();
  const auto cannot = [&program](const std::string& why) {
    return make_error(ErrorClass::invalid_request, "cannot start " + program + ": " + why);
  };
  if (!program.starts_with('/')) return cannot("the name must be an absolute path");
  if (::access(program.c_str(), X_OK) != 0)
    return cannot(std::strerror(errno));  // NOLINT(concurrency-mt-unsafe)
  if (std::filesystem::is_directory(program)) return cannot("it is a folder");
  if (!command.directory.is_absolute() || !std::filesystem::is_directory(command.directory))
    return cannot("its working folder '" + command.directory.string() + "' is no folder");
  const auto cut_short = [](const std::string& text) { return text.find('\0') != std::string::npos; };
  if (std::any_of(command.argv.begin(), command.argv.end(), cut_short))
    return cannot("an argument contains a zero byte, which no argument can");
  return ok;
}

/// The attributes of posix_spawn, freed by their owner.
struct SpawnSettings {
  posix_spawnattr_t attributes;
  posix_spawn_file_actions_t files;
  SpawnSettings() {
    ::posix_spawnattr_init(&attributes);
    ::posix_spawn_file_actions_init(&files);
  }
  ~SpawnSettings() {
    ::posix_spawnattr_destroy(&attributes);
    ::posix_spawn_file_actions_destroy(&files);
  }
  SpawnSettings(const SpawnSettings&) = delete;
  SpawnSettings& operator=(const SpawnSettings&) = delete;
};

}  // namespace

Result<Launched> launch(const std::filesystem::path& shim, const Command& command, const std::string& mark) {
  if (auto checked = check(command); !checked) return std::move(checked.error());
  const auto failed = [&command](Error error) {
    return std::move(error).while_doing("starting " + command.argv.front());
  };
  auto output = new_pipe();
  if (!output) return failed(std::move(output.error()));
  auto complaint = new_pipe();
  if (!complaint) return failed(std::move(complaint.error()));
  auto progress = new_pipe();
  if (!progress) return failed(std::move(progress.error()));
  auto control = new_control();
  if (!control) return failed(std::move(control.error()));

  // A dup2 onto a number that one of the sources has would close it: the sources are moved above all targets
  // first.
  std::vector<Descriptor> sources;
  for (const Descriptor* end : {&output->theirs, &complaint->theirs, &progress->theirs, &control->theirs}) {
    sources.emplace_back(::fcntl(end->number(), F_DUPFD_CLOEXEC, control_number + 1));
    if (!sources.back()) return failed(system_error("duplicating a descriptor", errno));
  }

  SpawnSettings spawn;
  sigset_t every, none;
  ::sigfillset(&every);
  ::sigemptyset(&none);
  ::posix_spawnattr_setsigdefault(&spawn.attributes, &every);
  ::posix_spawnattr_setsigmask(&spawn.attributes, &none);
  // A session of its own from its first instruction: the worker's terminal cannot reach it, and its number
  // names its kin.
  ::posix_spawnattr_setflags(&spawn.attributes,
                             POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSID);
  ::posix_spawn_file_actions_addopen(&spawn.files, 0, "/dev/null", O_RDONLY, 0);
  for (int number = 1; number <= control_number; ++number)
    ::posix_spawn_file_actions_adddup2(&spawn.files, sources[static_cast<std::size_t>(number - 1)].number(),
                                       number);

  const auto argv = arguments(shim, command);
  const auto variables = environment(command, mark);
  Launched launched;
  const int error = ::posix_spawn(&launched.pid, shim.c_str(), &spawn.files, &spawn.attributes,
                                  pointers(argv).data(), pointers(variables).data());
  if (error == E2BIG)
    return make_error(ErrorClass::invalid_request,
                      "cannot start " + command.argv.front() + ": its arguments are too long");
  if (error == ENOENT || error == EACCES)
    return make_error(ErrorClass::unavailable, "cannot start programs: " + shim.string() +
                                                   " is missing or not executable; install reelspool anew");
  if (error != 0) return failed(system_error("posix_spawn", error));

  launched.output = std::move(output->ours);
  launched.complaint = std::move(complaint->ours);
  launched.progress = std::move(progress->ours);
  launched.control = std::move(control->ours);
  launched.exit.reset(static_cast<int>(::syscall(SYS_pidfd_open, launched.pid, 0)));
  if (!launched.exit) {
    Error why = system_error("watching its end", errno);
    launched.control.reset();  // it has not begun, and ends at end-of-file
    ::waitpid(launched.pid, nullptr, 0);
    return failed(std::move(why));
  }
  return launched;
}

}  // namespace reelspool
