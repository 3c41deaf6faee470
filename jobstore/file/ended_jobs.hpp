#pragma once

#include <array>
#include <cstdint>

#include "jobstore/file/row_index.hpp"
#include "jobstore/job.hpp"

namespace reelspool {

/// The jobs that have ended, by state, in the order of their ends. That order is the sequence of the records by
/// which they ended: no clock that was set can change it.
class EndedJobs {
 public:
  using ByEnd = RowIndex<std::uint64_t>;

  void add(Status status, std::uint64_t ended, Row& row) { of(status).put(ended, &row); }
  void drop(Status status, std::uint64_t ended) { of(status).erase(ended); }

  const ByEnd& with(Status status) const { return by_status_[index(status)]; }
  std::size_t size() const {
    return with(Status::done).size() + with(Status::failed).size() + with(Status::cancelled).size();
  }

 private:
  static std::size_t index(Status status) { return static_cast<std::size_t>(status); }
  ByEnd& of(Status status) { return by_status_[index(status)]; }

  std::array<ByEnd, 5> by_status_;  // pending and running: always empty
};

}  // namespace reelspool
