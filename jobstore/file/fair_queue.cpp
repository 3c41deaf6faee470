#include "jobstore/file/fair_queue.hpp"

#include <limits>
#include <optional>
#include <tuple>

namespace reelspool {

const FairQueue::User* FairQueue::find(std::string_view user) const {
  const auto found = users_.find(user);
  return found == users_.end() ? nullptr : &found->second;
}

std::uint64_t FairQueue::last_claim(int priority, UserNumber user) const {
  auto next = claims_.upper_bound({user, priority, std::numeric_limits<std::uint64_t>::max()});
  if (next == claims_.begin()) return 0;
  --next;
  return next->first.user == user && next->first.priority == priority ? next->first.token : 0;
}

FairQueue::User& FairQueue::use(std::string_view user) {
  auto found = users_.find(user);
  if (found == users_.end()) found = users_.try_emplace(std::string(user), User{++last_user_, 0}).first;
  ++found->second.uses;
  return found->second;
}

void FairQueue::leave(std::string_view user) {
  const auto found = users_.find(user);
  if (--found->second.uses == 0) users_.erase(found);
}

const RowIndex<FairQueue::Ready>::value_type* FairQueue::first(int priority, UserNumber user,
                                                               Lane lane) const {
  const auto found = ready_.lower_bound({priority, user, lane, 0});
  return found != ready_.end() && found->first.is_in_line(priority, user, lane) ? &*found : nullptr;
}

void FairQueue::move_heads(int priority, UserNumber user, std::uint64_t from, std::uint64_t to) {
  if (from == to) return;
  for (auto next = ready_.lower_bound({priority, user, 0, 0});
       next != ready_.end() && next->first.priority == priority && next->first.user == user;
       next = ready_.lower_bound({priority, user, next->first.lane + 1, 0})) {
    const Ready& head = next->first;
    heads_.erase({head.lane, -priority, from, head.place});
    heads_[{head.lane, -priority, to, head.place}] = next->second;
  }
}

void FairQueue::add(const Place& at, Row& row) {
  if (has(at)) return;
  const UserNumber user = use(at.user).number;
  const std::uint64_t last = last_claim(at.priority, user);
  if (const auto* before = first(at.priority, user, at.lane)) {
    if (before->first.place < at.place) {
      ready_.put({at.priority, user, at.lane, at.place}, &row);
      return;
    }
    heads_.erase({at.lane, -at.priority, last, before->first.place});
  }
  ready_.put({at.priority, user, at.lane, at.place}, &row);
  heads_[{at.lane, -at.priority, last, at.place}] = &row;
}

void FairQueue::drop(const Place& at) {
  if (!has(at)) return;
  const UserNumber user = find(at.user)->number;
  const std::uint64_t last = last_claim(at.priority, user);
  const bool is_head = heads_.erase({at.lane, -at.priority, last, at.place}) > 0;
  ready_.erase({at.priority, user, at.lane, at.place});
  if (is_head)
    if (const auto* next = first(at.priority, user, at.lane))
      heads_[{at.lane, -at.priority, last, next->first.place}] = next->second;
  leave(at.user);
}

bool FairQueue::has(const Place& at) const {
  const User* user = find(at.user);
  return user && ready_.count({at.priority, user->number, at.lane, at.place}) > 0;
}

void FairQueue::note_claim(int priority, std::string_view user, std::uint64_t token, Row& row) {
  if (token == 0) return;
  const UserNumber number = use(user).number;
  if (claims_.count({number, priority, token}) > 0) return leave(user);
  const std::uint64_t before = last_claim(priority, number);
  claims_.put({number, priority, token}, &row);
  move_heads(priority, number, before, last_claim(priority, number));
}

void FairQueue::forget_claim(int priority, std::string_view user, std::uint64_t token) {
  const User* known = find(user);
  if (!known || claims_.count({known->number, priority, token}) == 0) return;
  const UserNumber number = known->number;
  const std::uint64_t before = last_claim(priority, number);
  claims_.erase({number, priority, token});
  move_heads(priority, number, before, last_claim(priority, number));
  leave(user);
}

bool FairQueue::waits(Lane lane) const {
  const auto head = heads_.lower_bound({lane, std::numeric_limits<int>::min(), 0, 0});
  return head != heads_.end() && head->first.lane == lane;
}

Row* FairQueue::best(const std::function<bool(Lane)>& is_open) const {
  std::optional<Head> best;
  Row* row = nullptr;
  const auto order = [](const Head& head) {
    return std::tuple(head.priority_down, head.last_claim, head.place);
  };
  for (auto head = heads_.begin(); head != heads_.end();) {
    const Lane lane = head->first.lane;
    if ((!best || order(head->first) < order(*best)) && is_open(lane)) {
      best = head->first;
      row = head->second;
    }
    head = heads_.lower_bound({lane + 1, std::numeric_limits<int>::min(), 0, 0});
  }
  return row;
}

}  // namespace reelspool
