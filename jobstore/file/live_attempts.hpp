#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "jobstore/claim_rules.hpp"
#include "jobstore/file/fair_queue.hpp"
#include "jobstore/time.hpp"

namespace reelspool {

/// Which types of job may be claimed now: counts what runs and what has begun lately, by the claims in the
/// journal, and holds that against the rules.
///
/// Lanes      Each type that the rules name has a lane of its own, all others share lane 0. A lane is open or
///            closed as a whole, so a claim asks each lane once, however many jobs wait in it.
/// Starts     Of each type the newest are remembered, whatever the rules of this process: a command that knows of
///            no limit may be the one that writes the snapshot.
/// Time       A start is dated by the wall clock in the journal and by the running clock from the moment that
///            this process reads of it: after that no clock that is set lengthens or shortens a wait.
class LiveAttempts {
 public:
  using Lane = FairQueue::Lane;
  using Starts = std::map<std::string, std::vector<Time>>;

  explicit LiveAttempts(std::shared_ptr<const ClaimRules> rules);

  Lane lane_of(std::string_view type) const;
  Lane lanes() const { return static_cast<Lane>(lanes_.size()); }

  void runs(Lane lane) { ++lanes_[lane].running; }
  void runs_no_more(Lane lane) { --lanes_[lane].running; }
  /// A job of this type was claimed at `at`.
  void started(std::string_view type, Time at);
  void set_now(const TwoClocks& now);

  bool is_open(Lane lane) const;
  /// Whether a process with these rules claims jobs of this lane at all, unless by id.
  bool is_wanted(Lane lane) const { return lanes_[lane].is_wanted; }
  /// When the starts allow a closed lane to open; nothing where it is open, or waits for an attempt to end.
  std::optional<Time> opens_at(Lane lane) const;
  /// True where the end of an attempt may open a lane.
  bool counts_running(Lane lane) const;

  /// The starts since then that are remembered, by type, for a snapshot.
  Starts starts_since(Time moment) const;

  const std::shared_ptr<const ClaimRules>& rules() const { return rules_; }

 private:
  struct OneLane {
    explicit OneLane(bool wanted) : is_wanted(wanted) {}
    bool is_wanted;
    std::vector<std::size_t> limits;
    int running = 0;
    std::size_t most_starts = 0;
  };
  struct Fresh {
    std::size_t limit;
    Time at;
  };
  Lane make_lane(const std::string& type);
  int running_under(std::size_t limit) const;
  std::optional<std::chrono::milliseconds> free_at(std::size_t limit) const;

  std::shared_ptr<const ClaimRules> rules_;
  std::vector<OneLane> lanes_;
  std::map<std::string, Lane, std::less<>> lane_by_type_;
  std::vector<std::vector<Lane>> lanes_of_limit_;
  std::map<std::string, std::deque<Time>, std::less<>> starts_;         // by type, in the order of the claims
  std::vector<std::deque<std::chrono::milliseconds>> starts_of_limit_;  // running clock, oldest first
  std::vector<Fresh> fresh_;                                            // not yet dated by it
  TwoClocks now_;
};

}  // namespace reelspool
