#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "jobstore/claim_rules.hpp"
#include "jobstore/file/ledger.hpp"
#include "jobstore/job_store.hpp"
#include "jobstore/retention_rules.hpp"

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
  ClaimRules rules;           ///< what a worker claims, and how much of it at once
  std::uint64_t snapshot_at_bytes = 64U << 20;  ///< of journal, or the size of the last snapshot if larger

  std::uint64_t least_free_bytes = 0;  ///< while the disk has less, no job is claimed
  RetentionRules retention;            ///< nothing leaves by itself unless it says so

  /// Told of what went wrong behind the scenes and is tried again, and of who keeps us waiting for the store's lock. From any thread; must only note and return.
  std::function<void(const Error&)> report;

  const Clock* clock = nullptr;  ///< nothing: the machine's
  Files* files = nullptr;        ///< nothing: the machine's
};

/// What became of one line of an export.
struct Imported {
  enum class Kind {
    added,    ///< a job as it was, with its steps; or the memory of a removed one
    known,    ///< its id is in use here, or was; skipped
    refused,  ///< `problem` says why; nothing was done
  };
  Kind kind = Kind::added;
  std::string id;
  Error problem;
};

/// All faces of the file store. See JobStore for jobs, Ledger for the window; here is what keeps the files in order.
class FileJobStore : public JobStore, public Ledger {
 public:
  using JobStore::find;  // a face of the ledger as well; it is one function

  /// (disk) Goes on in a new segment, writes a snapshot of all before, and deletes what that covers, whatever the sizes.
  virtual Result<> compact() = 0;

  /// Gives all jobs with their steps, and what is remembered of removed ones, to `write`, a JSON object a line without
  /// its line break (jobstore/FORMAT.md, Export): one state of the store, while others go on writing. Stops at the
  /// first error of `write`.
  virtual Result<> export_to(const std::function<Result<>(std::string_view line)>& write) = 0;

  /// (disk) Takes in lines of an export, in one append and one sync. A job that was running is pending here, or cancelled
  /// if that was wished; ended ones are history. Doing it twice does nothing.
  virtual Result<std::vector<Imported>> import(const std::vector<std::string_view>& lines) = 0;

  /// (disk) Removes the entries that have to leave now by FileStoreOptions::retention, a few hundred a transaction, and
  /// old outputs; returns how many entries. A worker does so by itself at its start and at most once a minute, and
  /// only where something has ended.
  virtual Result<std::size_t> sweep() = 0;
};

/// Opens the store, creating it when absent; reads the journal (longest good prefix). A worker then gives the
/// jobs of dead workers back.
/// Errors: storage          the disk refused; or the journal is damaged where it was synced (the message
/// names
///                          file and line; nothing was touched)
///         unavailable      a living worker has this name
///         invalid_request  the worker's name is none
Result<std::unique_ptr<FileJobStore>> open_file_store(const FileStoreOptions& options);

}  // namespace reelspool
