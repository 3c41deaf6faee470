#pragma once

#include <chrono>
#include <cstddef>

namespace reelspool {

/// How long entries stay once they have ended, and how many (REQUIREMENTS J11). 0: for ever, any number.
struct RetentionRules {
  std::chrono::milliseconds done{0}, failed{0};  ///< `failed` is for cancelled ones too
  std::size_t most_done = 0, most_failed = 0;
  std::chrono::milliseconds outputs{0};  ///< what `remove` leaves of a job's folder, from its making on
};

}  // namespace reelspool
