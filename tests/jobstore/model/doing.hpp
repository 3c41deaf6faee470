#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "jobstore/file/file_job_store.hpp"
#include "tests/jobstore/model/history.hpp"
#include "tests/jobstore/model/model.hpp"

namespace reelspool::model {

/// What clients' handles keep to. Workers would sweep at moments of their own, so theirs keep to nothing.
inline constexpr Stay stay = {
    .done = std::chrono::hours(1), .failed = std::chrono::hours(24), .most_done = 1, .most_failed = 1};

/// What everybody claims by.
inline const Limit claim_limit = {.type = "clip", .at_once = 3, .starts = 4, .per = std::chrono::seconds(10)};

/// An operation with all that it depends on when it is done.
struct Doing {
  const Op& op;
  std::vector<Draft> entries;  ///< take_in
  Claim claim;                 ///< what an attempt writes with
  std::optional<Time> until;   ///< of a retry
  bool is_quiet = false;       ///< sweep: the handle takes its clock for wrong
};

/// The entries that an operation brings, with its wish about a job that the model knows.
std::vector<Draft> entries_of(const Model& model, const Op& op);

/// Does it and says what the store answered.
std::string act(FileJobStore& store, const Doing& doing);
/// What the store must answer. `real`: its answer, or what is to be seen of the job, for what nobody can foretell.
/// `most`: of the entries or jobs that it is about, see Model.
std::string expected(Model& model, const Doing& doing, const std::string& real, std::size_t most = SIZE_MAX);

/// The token in an answer to a claim; 0: there is none.
std::uint64_t token_in(const std::string& answer);

inline std::string worker_of(int slot) {
  return std::string(slots[static_cast<std::size_t>(slot)]);
}

}  // namespace reelspool::model
