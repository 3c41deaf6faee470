#pragma once

#include <pthread.h>
#include <signal.h>

#include <functional>
#include <system_error>
#include <thread>

#include "jobstore/result.hpp"

namespace reelspool {

/// Starts a thread that takes no signals: those are for the threads that the program meant them for. (A new thread
/// inherits the mask.)
/// Errors: transient  out of threads or memory; "starting <what>: ..."
inline Result<std::thread> quiet_thread(std::string_view what, std::function<void()> body) {
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  Result<std::thread> started = make_error(ErrorClass::transient, "");
  try {
    started = std::thread(std::move(body));
  } catch (const std::system_error& problem) {
    started = system_error("starting " + std::string(what), problem.code().value());
  }
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  return started;
}

}  // namespace reelspool
