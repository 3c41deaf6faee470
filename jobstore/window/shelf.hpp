#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "jobstore/file/ledger.hpp"
#include "jobstore/file/owned_by_id.hpp"
#include "jobstore/file/row_index.hpp"
#include "jobstore/file/text.hpp"
#include "jobstore/window/split.hpp"

namespace reelspool::window {

/// What jobs.json shows: every job's entry as text, in its place. It follows the ledger's changes, so a
/// publish only writes out what lies here, and an entry that a front end gave back unchanged is known without
/// reading it. Costs about the size of jobs.json in memory, in the one process that publishes.
///
/// Threads  One, the window's.
class Shelf {
 public:
  struct Shown {
    Text id;
    Text entry;  ///< published_entry(job)
    Status status = Status::pending;
    friend std::string_view id_of(const Shown& shown) { return shown.id; }
  };

  /// Takes up the ledger's changes; `changed` is told each job that is new or different, `gone` each that was
  /// removed. True: something changed, and jobs.json is out of date.
  Result<bool> follow(Ledger& ledger, const std::function<void(const Job&)>& changed,
                      const std::function<void(const std::string& id)>& gone);

  /// Nothing when the id is not shown.
  const Shown* find(std::string_view id) const;
  std::size_t size() const { return by_place_.size(); }
  /// Of all entries together.
  std::uint64_t size_bytes() const { return size_bytes_; }

  /// A foreign file's fields beside `jobs` are put back with the next publish (the last value of a key
  /// counts; one that is absent is not deleted), and revisions go on above the file's.
  void remember(const ForeignFile& file);

  /// Gives the text of jobs.json to `write` in pieces of about 1 MiB, with the next revision. Stops at the
  /// first error.
  Result<> write_out(const std::string& published_at, const std::function<Result<>(std::string_view)>& write);
  std::uint64_t revision() const { return revision_; }

 private:
  void put_up(std::uint64_t place, const Job& job);
  void take_down(std::uint64_t place);

  OwnedById<Shown> jobs_;
  RowIndex<std::uint64_t, Shown> by_place_;
  std::vector<std::pair<std::string, std::string>> others_;  // key with its quotes, value
  std::uint64_t size_bytes_ = 0;
  std::uint64_t cursor_ = 0;
  std::uint64_t revision_ = 0;
};

}  // namespace reelspool::window
