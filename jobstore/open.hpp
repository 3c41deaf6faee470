#pragma once

#include <memory>

#include "jobstore/file/file_job_store.hpp"
#include "jobstore/window/window.hpp"

namespace reelspool {

struct JobStoreOptions {
  FileStoreOptions store;
  WindowOptions window;
};

/// Opens the job store of a data directory together with its window, so that front ends see what changes and
/// what they write is taken in, with nothing more to call.
///
/// A worker's store lives with the window: it serves jobs.json, or stands in line to; and it answers commands over
/// store/socket, or stands in line to. A client's store (a command that no worker answers, see NearestStore) leaves
/// jobs.json to the living workers. When none lives, it takes in what front ends wrote and publishes once: as it opens,
/// if something lies in the drop folder, and as it closes a store in which something changed.
///
/// Ownership  The window goes with the last copy of the pointer, after a last publish; it may wait for the
/// disk. Errors     As open_file_store() and Window::open().
Result<std::shared_ptr<FileJobStore>> open_file_job_store(const JobStoreOptions& options);

}  // namespace reelspool
