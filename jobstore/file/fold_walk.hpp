#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "jobstore/file/fold.hpp"
#include "jobstore/file/record.hpp"
#include "jobstore/time.hpp"

namespace reelspool {

/// How far a snapshot has got, and what has to be written down early because it changed before its turn.
///
/// Removed jobs come first, by id, then the rows by place: two orders in which nothing that is new comes before what was
/// there. What came after `last` is passed over by its number.
class FoldWalk {
 public:
  using Lines = std::vector<std::pair<RecordKind, std::string>>;

  FoldWalk(std::uint64_t sequence, Time forget, Lines whole)
      : last(sequence), forget_before(forget), head(std::move(whole)) {}

  const std::uint64_t last;  ///< number of the last record that the snapshot covers
  const Time forget_before;
  const Lines head;  ///< of the whole store

  enum class Turn { head, gone, rows, over };
  Turn turn = Turn::head;
  std::string gone_done;         ///< up to this id, once it is the turn of the removed jobs
  std::uint64_t place_done = 0;  ///< up to this place

  struct KeptGone {
    Gone gone;
    bool is_named;  ///< by a job that waits for it
  };
  std::map<std::string, KeptGone> kept_gone;
  std::map<std::uint64_t, Lines> kept_rows;
};

}  // namespace reelspool
