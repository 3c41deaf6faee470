#pragma once

// What a plugin can reach from where it is: each attempt with the errno that it ended with, 0 for success.

#include <fcntl.h>
#include <pthread.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>

#include "plugins/sdk/provider.hpp"

inline int outcome(long result) {
  return result < 0 ? errno : 0;
}

inline int open_outcome(const char* path, int flags) {
  const int fd = open(path, flags, 0600);
  const int seen = outcome(fd);
  if (fd >= 0) close(fd);
  return seen;
}

inline int fork_outcome() {
  const pid_t child = fork();
  if (child == 0) _exit(0);
  return outcome(child);
}

inline int thread_outcome() {
  pthread_t thread;
  const int failed = pthread_create(
      &thread, nullptr, [](void* nothing) { return nothing; }, nullptr);
  if (failed == 0) pthread_join(thread, nullptr);
  return failed;
}

inline reelspool::sdk::Json look_around() {
  int variables = 0;
  for (char** variable = environ; variable != nullptr && *variable != nullptr; ++variable) ++variables;
  char* const nothing[] = {nullptr};
  int open_descriptors = 0;
  for (int fd = 0; fd < 1024; ++fd) {
    struct stat status {};
    if (fstat(fd, &status) == 0) ++open_descriptors;
  }
  return {{"environment variables", variables},
          {"descriptors", open_descriptors},
          {"internet socket", outcome(socket(AF_INET, SOCK_STREAM, 0))},
          {"unix socket", outcome(socket(AF_UNIX, SOCK_STREAM, 0))},
          {"read a file", open_outcome("/etc/hostname", O_RDONLY)},
          {"read a library", open_outcome("/usr/lib/os-release", O_RDONLY)},
          {"read my environment", open_outcome("/proc/self/environ", O_RDONLY)},
          {"read another's environment", open_outcome("/proc/1/environ", O_RDONLY)},
          {"write a file", open_outcome("/tmp/reelspool-plugin-was-here", O_WRONLY | O_CREAT)},
          {"fork", fork_outcome()},
          {"exec", outcome(execve("/bin/true", nothing, nothing))},
          {"signal another", outcome(kill(1, 0))},
          {"trace", outcome(ptrace(PTRACE_TRACEME, 0, nullptr, nullptr))},
          {"start a thread", thread_outcome()}};
}
