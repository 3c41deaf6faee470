#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "jobstore/file/fold.hpp"

namespace reelspool::fuzz {

/// What jobstore/FORMAT.md says of a store's files, read by a second reader that shares nothing with the first but the fold:
/// its own CRC, bit by bit, its own lines, its own recovery.
struct Expected {
  bool opens = false;  ///< else it is refused, and no byte is touched
  Fold fold;           ///< all records up to the last good one
  /// As the next one reads it who opens the store: of what a rescue's snapshot stands for only what a snapshot keeps.
  Fold fold_again;
  std::map<std::string, std::string> files;  ///< as they are after opening; without the snapshot of a rescue
  bool rescues = false;                      ///< a segment that was given up is replaced by a snapshot
  std::string reason;                        ///< why it is refused
};

/// `through_snapshot`: the fold as it comes out of a snapshot that is written of it now.
Expected read_by_the_book(const std::map<std::string, std::string>& files,
                          const std::function<Fold(const Fold&)>& through_snapshot);

/// "journal-000007" for 7.
std::string segment_name(std::uint64_t number);

/// The CRC-32C of a line: over "SEGMENT CRC_BEFORE REST", REST being the line without its own CRC.
std::uint32_t line_crc(std::uint64_t segment, std::uint32_t before, std::string_view sequence,
                       std::string_view rest);

/// A line's words: SEQUENCE CRC REST (KIND SYNCED PAYLOAD). Nothing: it has no two blanks.
struct Words {
  std::string_view sequence, crc, rest;
};
std::optional<Words> words_of(std::string_view line);

}  // namespace reelspool::fuzz
