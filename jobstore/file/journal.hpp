#pragma once

#include <compare>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "jobstore/file/files.hpp"
#include "jobstore/file/journal_room.hpp"
#include "jobstore/file/record.hpp"
#include "jobstore/result.hpp"

namespace reelspool {

/// A place in the journal: everything before it, in this segment and those before, is meant.
struct Position {
  std::uint64_t segment = 0;
  std::uint64_t offset = 0;
  auto operator<=>(const Position&) const = default;
};

/// The journal as one process reads and writes it: numbered segments store/journal-000001, -000002, ...
///
/// Rotation   The next segment is created and synced before `sealed` is appended to the old one and that synced:
///            in every other order a power loss can lose what was acknowledged.
/// Damage     The longest good prefix counts. What follows it is cut off, under the lock: a write that never
///            finished, or a hole that a power loss left. But if a good line behind the damage says that the
///            damaged place had been synced, something has eaten the disk: then nothing is touched, and the error
///            names file and offset.
/// Fill       Behind the end of the current segment stand blanks, written ahead: a record that is written over them does not
///            change the size of the file, and its sync need not wait for the file system's own journal. They mean nothing, may be
///            fewer, lost or cut, and no record begins with one.
/// Failed     fsync(2) tells only those of it who had the file open, and then takes the pages for clean. So what stood
/// syncs      in a segment unsynced when it was opened here is written once more, as it is: our own sync covers it then.
/// Threads    One at a time; the store's mutex sees to it.
class Journal {
 public:
  enum class Access {
    full,
    look,  ///< nothing is ever written, and so nothing that was read may be called safe
  };

  /// Receives each record once, in order. An error stops the reading.
  using Apply = std::function<Result<>(const Record&)>;
  using Covered = std::function<Result<std::uint64_t>()>;

  Journal(Files& files, std::filesystem::path store, Access access = Access::full);

  /// Makes the first segment of a new store, synced.
  Result<> create_first();
  /// Reading starts at the first line of `segment`, after the record numbered `sequence`. One that may only be read
  /// will do for read_new() and may_cut().
  /// Errors: `code` ENOENT  there is no such segment
  Result<> start(std::uint64_t segment, std::uint64_t sequence);

  enum class Tail {
    clean,  ///< read to the end
    torn,   ///< what follows the last good line is no line: see cut()
    lost,   ///< the next segment is gone: start again from the snapshot
    unrescued  ///< the segment was given up after a failed sync, here or by whoever sealed it, but the snapshot that
               ///< replaces it is missing
  };
  /// Reads what others appended since. `covered` tells the last segment that the snapshot covers.
  /// Lock: shared or exclusive.
  Result<Tail> read_new(const Apply& apply, const Covered& covered);

  /// Cuts off what read_new() found torn, or says why not. Lock: exclusive.
  Result<> cut();
  /// Whether it may be cut off. Errors: storage, code "damaged"  it was safe on disk once; the message says how we know
  Result<> may_cut() const;

  /// Appends one record; returns it as a reader will see it, valid until the next call. On an error nothing was
  /// appended. Lock: exclusive, after read_new() said clean.
  /// `room` has to be allocated behind it, else it is refused; nothing: that is not looked at.
  Result<Record> append(RecordKind kind, std::string_view payload, std::optional<KeptRoom> room = {});
  /// Whether nothing stands behind the last line that was read. Needs no lock: what is true may have changed since.
  bool is_at_end();
  /// Cuts off the fill, if this process has written any, and with it the room kept behind it. Lock: exclusive.
  void drop_fill();
  /// Allocates so much behind the end, as far as the disk has it. Lock: exclusive.
  void restore_room(std::optional<KeptRoom> room) { static_cast<void>(make_room(0, room)); }

  /// The last segment that was sealed, and the number of its last record: what a snapshot then covers.
  struct Sealed {
    std::uint64_t segment = 0;
    std::uint64_t sequence = 0;
  };
  using WriteSnapshot = std::function<Result<>(const Sealed&)>;
  /// Goes on in a new segment; the old one is sealed and synced. If that sync fails, `rescue` has to write a
  /// snapshot that takes its place. `room` is kept in the new one as it was in the old. On an error the journal stands
  /// where it stood. Lock: exclusive.
  Result<Sealed> rotate(const WriteSnapshot& rescue, std::optional<KeptRoom> room = {});
  /// After a failed sync: as rotate(), but nothing is asked of the old segment any more, and readers go on only
  /// when the snapshot covers it. `room` is kept if it can be had.
  Result<Sealed> give_up(const WriteSnapshot& rescue, std::optional<KeptRoom> room = {});

  Position end() const { return end_; }
  std::uint64_t sequence() const { return chain_.sequence; }
  /// The open current segment; stays valid for whoever syncs it while the journal moves on.
  std::shared_ptr<Fd> segment() const { return fd_; }
  /// Notes that all before `position` is synced.
  void note_synced(Position position);
  Position synced() const { return {end_.segment, synced_}; }

  std::filesystem::path path_of(std::uint64_t segment) const;
  /// The numbers of the segments that exist, in order.
  Result<std::vector<std::uint64_t>> segments() const;

 private:
  /// A segment that holds its head and nothing else, all of it synced.
  struct Fresh {
    Chain chain;
    std::uint64_t size_bytes = 0;
  };
  /// Reading stands behind a `sealed` and has not gone on yet.
  struct Seal {
    bool is_given_up = false;  ///< only the snapshot makes it safe
  };
  Result<Tail> read_lines(const Apply& apply, const Covered& covered);
  Result<Tail> look_at_fill();
  Result<> next_has_not_begun() const;
  Result<Tail> pass_seal(const Covered& covered);
  Result<> adopt();
  Result<Fresh> create(std::uint64_t segment, std::uint64_t sequence);
  Result<Sealed> move_on(bool given_up, const WriteSnapshot& rescue, std::optional<KeptRoom> room);
  Result<> write_line(RecordKind kind, std::string_view payload, std::optional<KeptRoom> room,
                      std::string& line);
  Result<> write_at_end(std::string& line, bool is_last);
  Result<> make_room(std::uint64_t record_bytes, std::optional<KeptRoom> room);
  Result<> make_room_in(std::uint64_t segment, std::uint64_t offset, std::optional<KeptRoom> room);
  void shorten(std::uint64_t size, std::optional<KeptRoom> room);

  Files& files_;
  std::filesystem::path store_;
  const Access access_;
  JournalRoom room_;
  std::shared_ptr<Fd> fd_;
  bool is_inherited_ =
      false;      ///< others may have written into the segment before it was opened here: see adopt()
  Chain chain_;   ///< after the last good line
  Position end_;  ///< behind the last good line
  std::optional<Seal> seal_;  ///< of the current segment
  std::uint64_t synced_ = 0;  ///< offset within the current segment
  std::uint64_t filled_to_ =
      0;  ///< of the current segment, as far as this process knows: others may have cut it, or gone on
  bool has_filled_ = false;    ///< the current segment
  std::uint64_t written_ = 0;  ///< bytes, by this process
  bool knows_fill_ = false;    ///< that nothing hides in it: only a power loss leaves a line behind blanks
  std::string buffer_;
};

}  // namespace reelspool
