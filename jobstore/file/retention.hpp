#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <optional>
#include <vector>

#include "jobstore/file/fold.hpp"
#include "jobstore/retention_rules.hpp"

namespace reelspool {

/// Says which entries have to leave. It removes nothing itself.
///
/// Order     What is older is told by the sequence of ends. An end that lies in the future (the clock was wrong
///           then) is as old as those after it.
/// Clocks    After a jump of the wall clock by more than a day, and at a start with an end as far from the
///           present, nothing leaves by its age for an hour: a clock that is wrong for a moment costs nothing.
/// Threads   One at a time.
class Retention {
 public:
  static constexpr std::chrono::hours jump{24};
  static constexpr std::chrono::hours quiet{1};
  static constexpr std::chrono::minutes between_sweeps{1};

  explicit Retention(const RetentionRules& rules) : rules_(rules) {}

  /// Notes the time of a sweep: sees jumps.
  void begin(const Fold& fold, const TwoClocks& now);
  /// Those that have to leave, oldest first, `most` at the most. What a living job names in its dependsOn stays.
  std::vector<const Row*> due(const Fold& fold, std::size_t most) const;
  /// How long until a sweep finds something, at least a minute; nothing: not before something ends.
  std::optional<std::chrono::milliseconds> next(const Fold& fold) const;
  /// Whether outputs of this age have to go.
  bool is_past(Time made_at) const;

 private:
  struct Sort {
    Status status;
    std::chrono::milliseconds age;
    std::size_t most;
  };
  std::array<Sort, 3> sorts() const;
  bool is_over(const Fold& fold) const;
  bool is_quiet() const { return now_.running < quiet_until_; }

  RetentionRules rules_;
  std::optional<TwoClocks> before_;
  TwoClocks now_;
  std::chrono::milliseconds quiet_until_{0};  // running clock
};

}  // namespace reelspool
