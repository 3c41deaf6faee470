#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace reelspool {

/// The kinds of lines; jobstore/FORMAT.md says what stands in each.
enum class RecordKind {
  head,      ///< the first line of a segment or snapshot
  job,       ///< a job: what the store made of it, and the submitted text verbatim
  set,       ///< fields that the worker owns, and what happened (`event`)
  progress,  ///< what a running job shows; never waited for
  step,      ///< one record of a step's memory
  gone,      ///< a removed job: what is remembered of it
  queue,     ///< of the whole store: paused
  sealed,    ///< the last line of a segment that goes on in the next
  end,       ///< the last line of a snapshot
};
std::string_view to_string(RecordKind kind);
std::optional<RecordKind> record_kind_from(std::string_view word);

/// Stands in every head; a reader refuses any other. To change it: FORMAT.md first, then reading both versions,
/// then writing the new one.
inline constexpr int store_format_version = 1;

/// Where a chain of lines stands. Each line's CRC covers the one before it, so a line proves all before it.
struct Chain {
  std::uint64_t segment = 0;   ///< number of the file the lines are in
  std::uint64_t sequence = 0;  ///< of the last line; grows by one over the whole store
  std::uint32_t crc = 0;       ///< of the last line; 0 at the start of a file
};

/// One line, read. The views point into the line, or into `restored`.
struct Record {
  std::uint64_t sequence = 0;
  RecordKind kind = RecordKind::head;
  std::uint64_t synced = 0;  ///< up to this offset the file was known to be synced when the line was written
  std::string_view fields;   ///< JSON object text
  std::string_view entry;    ///< kind `job`: the submitted text
  std::string restored;
};

/// SEQUENCE CRC KIND SYNCED PAYLOAD\n, and moves the chain on. A line break in the payload (white space of JSON,
/// never inside a string) stands as the byte 0x1E, which JSON cannot contain: so a record is one line, and comes
/// back byte for byte.
std::string encode_line(Chain& chain, RecordKind kind, std::uint64_t synced, std::string_view payload);

/// Reads one line (without its \n) that goes on from `chain`, and moves the chain on. False: it does not; the
/// chain stays.
bool decode_line(std::string_view line, Chain& chain, Record& record);

/// The synced mark of what looks like a line, not asking for its CRC or for what came before it. Nothing: it does
/// not look like one.
std::optional<std::uint64_t> mark_of(std::string_view line);

}  // namespace reelspool
