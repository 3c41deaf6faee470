#include "jobstore/file/live_attempts.hpp"

#include <algorithm>

namespace reelspool {
namespace {

using std::chrono::milliseconds;

/// Of a type that no rule of this process limits.
constexpr std::size_t starts_remembered = 100;

}  // namespace

LiveAttempts::LiveAttempts(std::shared_ptr<const ClaimRules> rules) : rules_(std::move(rules)) {
  lanes_.emplace_back(rules_->only_types.empty());
  for (std::size_t number = 0; number < rules_->limits.size(); ++number) {
    const ClaimLimit& limit = rules_->limits[number];
    lanes_of_limit_.emplace_back();
    for (const std::string& type : limit.types) {
      const Lane lane = make_lane(type);
      lanes_[lane].limits.push_back(number);
      lanes_[lane].most_starts =
          std::max(lanes_[lane].most_starts, static_cast<std::size_t>(std::max(0, limit.starts)));
      lanes_of_limit_.back().push_back(lane);
    }
  }
  for (const std::string& type : rules_->only_types) lanes_[make_lane(type)].is_wanted = true;
  starts_of_limit_.resize(rules_->limits.size());
}

LiveAttempts::Lane LiveAttempts::make_lane(const std::string& type) {
  const auto [known, is_new] = lane_by_type_.try_emplace(type, lanes());
  if (is_new) lanes_.emplace_back(rules_->only_types.empty());
  return known->second;
}

LiveAttempts::Lane LiveAttempts::lane_of(std::string_view type) const {
  const auto found = lane_by_type_.find(type);
  return found == lane_by_type_.end() ? 0 : found->second;
}

void LiveAttempts::started(std::string_view type, Time at) {
  const OneLane& lane = lanes_[lane_of(type)];
  auto its = starts_.find(type);
  if (its == starts_.end()) its = starts_.try_emplace(std::string(type)).first;
  its->second.push_back(at);
  if (its->second.size() > std::max(starts_remembered, lane.most_starts)) its->second.pop_front();
  for (const std::size_t limit : lane.limits)
    if (rules_->limits[limit].starts > 0) fresh_.push_back({limit, at});
}

void LiveAttempts::set_now(const TwoClocks& now) {
  now_ = now;
  for (const Fresh& start : fresh_) {
    const ClaimLimit& limit = rules_->limits[start.limit];
    // One that seems to be in the future, or long ago because the clock was set, waits its own time at most.
    const milliseconds age = std::clamp(now.wall - start.at, milliseconds(0), limit.per);
    auto& starts = starts_of_limit_[start.limit];
    const milliseconds at = now.running - age;
    starts.insert(std::upper_bound(starts.begin(), starts.end(), at), at);
    if (starts.size() > static_cast<std::size_t>(limit.starts)) starts.pop_front();
  }
  fresh_.clear();
}

int LiveAttempts::running_under(std::size_t limit) const {
  int running = 0;
  for (const Lane lane : lanes_of_limit_[limit]) running += lanes_[lane].running;
  return running;
}

/// When one more start is allowed, by the running clock; nothing: now.
std::optional<milliseconds> LiveAttempts::free_at(std::size_t limit) const {
  const ClaimLimit& rule = rules_->limits[limit];
  const auto& starts = starts_of_limit_[limit];
  if (rule.starts <= 0 || starts.size() < static_cast<std::size_t>(rule.starts)) return std::nullopt;
  const milliseconds free = starts.front() + rule.per;
  return free > now_.running ? std::optional(free) : std::nullopt;
}

bool LiveAttempts::is_open(Lane lane) const {
  return std::all_of(lanes_[lane].limits.begin(), lanes_[lane].limits.end(), [&](std::size_t limit) {
    const int most = rules_->limits[limit].at_once;
    return (most <= 0 || running_under(limit) < most) && !free_at(limit);
  });
}

std::optional<Time> LiveAttempts::opens_at(Lane lane) const {
  std::optional<milliseconds> latest;
  for (const std::size_t limit : lanes_[lane].limits) {
    const int most = rules_->limits[limit].at_once;
    if (most > 0 && running_under(limit) >= most) return std::nullopt;
    if (const auto free = free_at(limit)) latest = std::max(latest.value_or(*free), *free);
  }
  if (!latest) return std::nullopt;
  return now_.wall + (*latest - now_.running);
}

bool LiveAttempts::counts_running(Lane lane) const {
  return std::any_of(lanes_[lane].limits.begin(), lanes_[lane].limits.end(),
                     [&](std::size_t limit) { return rules_->limits[limit].at_once > 0; });
}

LiveAttempts::Starts LiveAttempts::starts_since(Time moment) const {
  Starts since;
  for (const auto& [type, starts] : starts_)
    for (const Time at : starts)
      if (at >= moment) since[type].push_back(at);
  return since;
}

}  // namespace reelspool
