#pragma once

#include <filesystem>

#include "jobstore/result.hpp"

namespace reelspool {

/// The box a plugin lives in, built in two stages, because a library's constructors run while it is loaded:
/// boxed only afterwards, a constructor could read the worker's environment and open a socket (measured).
///
///   before loading  Landlock: read the system's library folders, the loader's cache and the one library,
///                   nothing else.
///                   seccomp: memory, threads, signals to itself, reading files; no sockets, no exec, no
///                   processes.
///   after loading   Landlock: no path at all. seccomp: no open either. What is left is computing, and the
///                   descriptors that are open: 0 (/dev/null), 1 and 2 (a bounded memory file), 3 (the socket to
///                   the worker).
///
/// A forbidden system call fails with EPERM. Neither stage can be undone by the process or by what it loads.
/// Threads  Call each once, from the main thread. seccomp covers all threads; Landlock covers the calling thread
///          and those that it starts later. A thread that a constructor started keeps stage one of Landlock, but
///          cannot open either.
class Box {
 public:
  /// Stage one.
  /// Errors: unavailable  the kernel has no Landlock, or it is switched off, and `without_landlock` is false
  ///         transient    the box could not be built
  static Result<Box> before_loading(const std::filesystem::path& library, bool without_landlock);

  /// Stage two. Errors: transient.
  Result<> after_loading() const;

 private:
  explicit Box(bool landlock) : landlock_(landlock) {}
  bool landlock_;
};

}  // namespace reelspool
