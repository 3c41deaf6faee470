#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>

#include "jobstore/window/watch.hpp"

namespace reelspool::window {

/// How often a file may be rewritten: at once when it has been quiet, and never so often that the writing
/// costs more than a share of one core or more than a rate of bytes.
///
/// Threads  One.
class Pace {
 public:
  struct Limits {
    double core_share = 0.05;
    double bytes_per_second = 8e6;
    std::chrono::milliseconds shortest{50};  ///< between two rewrites: front ends read each of them
  };
  explicit Pace(const Limits& limits) : limits_(limits) {}
  /// A part of what is allowed, for one of several that share it.
  static Limits part_of(Limits limits, double share) {
    limits.core_share *= share;
    limits.bytes_per_second *= share;
    return limits;
  }

  /// The earliest moment for the next rewrite.
  Moment next() const { return next_; }

  /// One rewrite, finished at `now`, took `cpu` of a core's time and wrote `bytes`. It is paid for before the
  /// next.
  void spent(Moment now, std::chrono::nanoseconds cpu, std::uint64_t bytes) {
    using Seconds = std::chrono::duration<double>;
    const Seconds for_cpu = Seconds(cpu) / limits_.core_share;
    const Seconds for_bytes(static_cast<double>(bytes) / limits_.bytes_per_second);
    const Seconds pause = std::max({for_cpu, for_bytes, Seconds(limits_.shortest)});
    next_ = now + std::chrono::duration_cast<Moment::duration>(pause);
  }

 private:
  Limits limits_;
  Moment next_{};
};

}  // namespace reelspool::window
