#pragma once

#include <sys/types.h>

#include <filesystem>
#include <string>

#include "jobstore/result.hpp"
#include "worker/programs/descriptor.hpp"
#include "worker/programs/programs.hpp"

namespace reelspool {

/// A shim that waits for "go", and our ends of what joins us to it. All are close-on-exec and do not block.
struct Launched {
  pid_t pid = 0;         ///< the shim: our child, leader of a session of its own, not yet reaped
  Descriptor output;     ///< the program's stdout
  Descriptor complaint;  ///< its stderr
  Descriptor progress;   ///< its descriptor 3
  Descriptor control;    ///< see reelspool-exec.c; closing it ends everything
  Descriptor exit;       ///< readable once the shim has died (pidfd)
};

/// Starts the shim for `command`, whose environment gets REELSPOOL_RUN=`mark`.
/// posix_spawn, because a fork of a process with threads may only call what is safe in a signal handler.
/// Errors: as Programs::run
Result<Launched> launch(const std::filesystem::path& shim, const Command& command, const std::string& mark);

}  // namespace reelspool
