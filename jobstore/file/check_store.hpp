#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "jobstore/file/files.hpp"
#include "jobstore/file/fold.hpp"
#include "jobstore/file/journal.hpp"

namespace reelspool {

/// What a look at the private store has found, and the state that it holds.
struct CheckedStore {
  struct Finding {
    enum class Level {
      good,
      note,     ///< nothing is wrong, but a person may ask
      damaged,  ///< something that was safe on disk has been altered or is missing
    };
    Level level = Level::good;
    std::string file;  ///< "store/journal-000003"
    std::string what;
  };
  std::vector<Finding> findings;

  /// The longest good prefix, as it would be in memory.
  Fold fold;
  std::uint64_t sequence = 0;  ///< of its last record

  /// Where what has to go begins, so that the good prefix is the store: a segment is cut there, and those behind it go.
  /// Nothing: the store is whole; or its snapshot is damaged, and there is no such place (`repairable`).
  std::optional<Position> damage;
  bool repairable = true;

  bool whole() const { return !damage && repairable; }
};

/// Reads the store in the folder `store` with the store's own reader, and changes nothing. Beside living workers too: only
/// for the last few records are they locked out (flock, shared).
/// Errors: storage, transient  it cannot be read at all
Result<CheckedStore> check_store(Files& files, const std::filesystem::path& store);

}  // namespace reelspool
