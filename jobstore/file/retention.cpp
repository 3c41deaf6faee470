#include "jobstore/file/retention.hpp"

#include <algorithm>

namespace reelspool {
namespace {

using std::chrono::milliseconds;

Time end_of(const Row& row) {
  return row.job.finished_at ? *row.job.finished_at : row.job.updated_at;
}

std::optional<Time> newest_end(const Fold& fold) {
  std::optional<Time> newest;
  std::uint64_t sequence = 0;
  for (const Status status : {Status::done, Status::failed, Status::cancelled}) {
    const EndedJobs::ByEnd& ended = fold.ended().with(status);
    if (ended.empty() || ended.rbegin()->first < sequence) continue;
    sequence = ended.rbegin()->first;
    newest = end_of(*ended.rbegin()->second);
  }
  return newest;
}

}  // namespace

std::array<Retention::Sort, 3> Retention::sorts() const {
  return {{{Status::done, rules_.done, rules_.most_done},
           {Status::failed, rules_.failed, rules_.most_failed},
           {Status::cancelled, rules_.failed, rules_.most_failed}}};
}

void Retention::begin(const Fold& fold, const TwoClocks& now) {
  milliseconds moved{0};
  if (before_)
    moved = (now.wall - before_->wall) - (now.running - before_->running);
  else if (const auto newest = newest_end(fold))
    moved = now.wall - *newest;
  if (std::chrono::abs(moved) > jump) quiet_until_ = now.running + quiet;
  before_ = now_ = now;
}

std::vector<const Row*> Retention::due(const Fold& fold, std::size_t most) const {
  std::vector<const Row*> rows;
  for (const Sort& sort : sorts()) {
    const EndedJobs::ByEnd& ended = fold.ended().with(sort.status);
    std::size_t too_many = sort.most > 0 && ended.size() > sort.most ? ended.size() - sort.most : 0;
    std::vector<const Row*> passed;  // old, or dated in the future: decided by one that comes later
    for (const auto& [sequence, row] : ended) {
      const bool is_old = sort.age.count() > 0 && !is_quiet() && end_of(*row) + sort.age <= now_.wall;
      const bool is_undated = end_of(*row) > now_.wall;
      if (too_many == 0 && !is_old && !is_undated) break;
      passed.push_back(row);
      if (too_many == 0 && !is_old) continue;
      if (too_many > 0) --too_many;
      for (const Row* leaves : passed)
        if (rows.size() < most && !fold.is_awaited(*leaves)) rows.push_back(leaves);
      passed.clear();
      if (rows.size() >= most) return rows;
    }
  }
  return rows;
}

std::optional<milliseconds> Retention::next(const Fold& fold) const {
  std::optional<milliseconds> next;
  for (const Sort& sort : sorts()) {
    const EndedJobs::ByEnd& ended = fold.ended().with(sort.status);
    if (ended.empty() || sort.age.count() == 0) continue;
    const milliseconds left = end_of(*ended.begin()->second) + sort.age - now_.wall;
    next = std::min(next.value_or(left), left);
  }
  if (is_over(fold)) next = milliseconds(0);
  if (!next) return std::nullopt;
  if (is_quiet()) next = std::max(*next, quiet_until_ - now_.running);
  return std::max(*next, milliseconds(between_sweeps));
}

bool Retention::is_past(Time made_at) const {
  return rules_.outputs.count() > 0 && !is_quiet() && made_at + rules_.outputs <= now_.wall;
}

bool Retention::is_over(const Fold& fold) const {
  const std::array<Sort, 3> all = sorts();
  return std::any_of(all.begin(), all.end(), [&](const Sort& sort) {
    return sort.most > 0 && fold.ended().with(sort.status).size() > sort.most;
  });
}

}  // namespace reelspool
