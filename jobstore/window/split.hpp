#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "jobstore/job.hpp"
#include "jobstore/result.hpp"

namespace reelspool::window {

/// The bytes of a file that somebody else wrote, with the room behind them that simdjson reads into.
class ForeignText {
 public:
  /// Reserve as much more than the text needs, and a large one is not copied.
  static constexpr std::size_t room_bytes = 64;
  explicit ForeignText(std::string bytes);
  std::string_view view() const { return {bytes_.data(), size_}; }
  /// Readable bytes from the beginning of `part`, a part of view(), on.
  std::size_t capacity_from(std::string_view part) const {
    return static_cast<std::size_t>(bytes_.data() + bytes_.size() - part.data());
  }

 private:
  std::string bytes_;
  std::size_t size_ = 0;
};

/// One entry that can be read. Views point into the ForeignText.
struct ForeignEntry {
  std::string_view text;  ///< the JSON object as it was written
  std::string id;  ///< from `id`, `jobId` or `job_id`, a text or a number; else the key it stands under
  bool id_is_in_text = true;
  std::optional<std::uint64_t> rev;
  std::optional<Status> status;  ///< nothing: absent or a word nobody knows
  bool cancel_requested = false;
  bool remove_requested = false;
  std::size_t line = 0;  ///< from 1, in the file
};

/// One entry that cannot be read; the others are not touched by it.
struct BadEntry {
  std::string_view text;
  std::string id;     ///< as far as it could be read; may be empty or no job id
  std::string where;  ///< "jobs[3] (line 211)"
  std::string reason;
};

struct ForeignFile {
  std::vector<ForeignEntry> entries;  ///< in the order of the file
  std::vector<BadEntry> bad;
  std::uint64_t revision = 0;  ///< the file's own, 0 when it has none
  /// Fields beside version, revision, publishedAt and jobs, as they were written: (key with its quotes,
  /// value).
  std::vector<std::pair<std::string_view, std::string_view>> others;
};

/// Splits a jobs.json into its entries without building a tree: an object with `jobs` (an array, or an object
/// keyed by id), an object keyed by id, or a bare array. A byte order mark is skipped. An entry is looked at
/// only as far as the fields of ForeignEntry need; whether the rest of it is JSON is for whoever takes it in
/// to find out. Bytes that are not UTF-8 and raw control characters in strings make one bad entry, not a bad
/// file. Errors: invalid_request, code "not_json"  the file as a whole cannot be read; the message gives the
/// line
Result<ForeignFile> split(const ForeignText& text);

/// A reason of parse_json() for an entry that begins at line `first_line`, with the file's count of lines instead of
/// the entry's own.
std::string with_lines_of_file(std::string reason, std::size_t first_line);

/// A file that holds one job: `name` is its id if it does not say one. All of it is checked.
/// Errors: invalid_request  it is not one JSON object, or has no usable id
Result<ForeignEntry> read_one(const ForeignText& text, std::string_view name);

/// The entry with its id in it: as written, or, for one that stood under its id as key, with "id" put in
/// front.
std::string with_id(const ForeignEntry& entry);

}  // namespace reelspool::window
