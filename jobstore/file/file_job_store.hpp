#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>

#include "jobstore/file/ledger.hpp"
#include "jobstore/job_store.hpp"

namespace reelspool {

/// How to open the job store that lives in files below <data>/store/ (jobstore/FORMAT.md).
struct FileStoreOptions {
  enum class Role {
    worker,  ///< claims jobs; holds its liveness lock store/workers/<name> and takes over from dead workers
    client,  ///< a command: submits, reads, cancels; claims nothing
  };
  std::filesystem::path data;  ///< the data directory; created when absent
  Role role = Role::client;
  std::string worker;  ///< a worker's name, like a job id; one living worker a name

  int max_attempts = 3;       ///< for entries that do not say
  int max_interruptions = 5;  ///< a job that was running when its worker died so often, with no step done in
                              ///< between, has failed
  std::uint64_t snapshot_at_bytes = 64U << 20;  ///< of journal, or the size of the last snapshot if larger

  const Clock* clock = nullptr;  ///< nothing: the machine's
  Files* files = nullptr;        ///< nothing: the machine's
};

/// Both faces of the file store. See JobStore for jobs and Ledger for the window.
class FileJobStore : public JobStore, public Ledger {};

/// Opens the store, creating it when absent; reads the journal (longest good prefix). A worker then gives the
/// jobs of dead workers back.
/// Errors: storage          the disk refused; or the journal is damaged where it was synced (the message
/// names
///                          file and line; nothing was touched)
///         unavailable      a living worker has this name
///         invalid_request  the worker's name is none
Result<std::unique_ptr<FileJobStore>> open_file_store(const FileStoreOptions& options);

}  // namespace reelspool
