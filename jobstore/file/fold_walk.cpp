// The fold as the text of a snapshot, all at once or step by step.
#include "jobstore/file/fold_walk.hpp"

#include <limits>

#include "jobstore/file/payloads.hpp"
#include "jobstore/object_text.hpp"

namespace reelspool {
namespace {

FoldWalk::Lines lines_of(const Row& row) {
  FoldWalk::Lines lines;
  lines.emplace_back(RecordKind::job, job_payload(row));
  for (const StepRecord& step : row.steps)
    lines.emplace_back(RecordKind::step, step_payload(row.job.id, step));
  // Reading a finished step sets the count back, which is right in the journal and wrong here.
  if (row.job.interruptions != 0 && !row.steps.empty())
    lines.emplace_back(RecordKind::set,
                       ObjectText().add("id", row.job.id).add("interruptions", row.job.interruptions).text());
  return lines;
}

void add(SnapshotText& text, const FoldWalk::Lines& lines) {
  for (const auto& [kind, payload] : lines) text.add(kind, payload);
}

/// `is_named`: a job that is here waits for it.
void add_gone(SnapshotText& text, const std::string& id, const Gone& gone, bool is_named,
              Time forget_before) {
  if (gone.at >= forget_before) {
    text.add(RecordKind::gone, gone_payload(id, gone));
  } else if (is_named) {
    Gone end_alone = gone;
    end_alone.idempotency_key.clear();  // is free, and may be another's by now
    text.add(RecordKind::gone, gone_payload(id, end_alone));
  }
}

}  // namespace

Fold::Fold(std::shared_ptr<const ClaimRules> rules) : attempts_(std::move(rules)) {}
Fold::~Fold() = default;
Fold::Fold(Fold&&) noexcept = default;
Fold& Fold::operator=(Fold&&) noexcept = default;

Fold::Lines Fold::lines_of_the_whole(Time forget_before) const {
  Lines lines;
  lines.emplace_back(RecordKind::queue, queue_payload(is_paused_));
  if (const auto starts = attempts_.starts_since(forget_before); !starts.empty())
    lines.emplace_back(RecordKind::queue, starts_payload(starts));
  for (const auto& [removal, line] : unarchived_)
    lines.emplace_back(RecordKind::queue, unarchived_payload(removal, line));
  return lines;
}

void Fold::begin_walk(std::uint64_t sequence, Time forget_before) {
  walk_ = std::make_unique<FoldWalk>(sequence, forget_before, lines_of_the_whole(forget_before));
}

bool Fold::is_walked_from(std::uint64_t sequence) const {
  return walk_ && walk_->last == sequence;
}

void Fold::end_walk(std::uint64_t sequence) {
  if (is_walked_from(sequence)) walk_.reset();
}

bool Fold::walk(SnapshotText& text, std::size_t most) {
  return step(*walk_, text, most);
}

void Fold::write(SnapshotText& text, Time forget_before) const {
  FoldWalk walk(std::numeric_limits<std::uint64_t>::max(), forget_before, lines_of_the_whole(forget_before));
  while (step(walk, text, std::numeric_limits<std::size_t>::max())) {
  }
}

void Fold::keep(const Row& row) {
  if (!walk_ || row.place <= walk_->place_done || row.place > walk_->last) return;
  if (const auto [kept, is_new] = walk_->kept_rows.try_emplace(row.place); is_new)
    kept->second = lines_of(row);
}

void Fold::keep(const std::string& id, const Gone& gone) {
  if (!walk_ || walk_->turn > FoldWalk::Turn::gone || id <= walk_->gone_done || gone.number > walk_->last)
    return;
  walk_->kept_gone.emplace(id, FoldWalk::KeptGone{gone, dependents_.count(id) > 0});
}

bool Fold::step(FoldWalk& walk, SnapshotText& text, std::size_t most) const {
  using Turn = FoldWalk::Turn;
  if (walk.turn == Turn::head) {
    add(text, walk.head);
    walk.turn = Turn::gone;
  }
  std::size_t count = 0;
  if (walk.turn == Turn::gone) {
    auto present = gone_.upper_bound(walk.gone_done);
    for (; count < most; ++count) {
      const auto kept = walk.kept_gone.begin();
      const bool has_present = present != gone_.end(), has_kept = kept != walk.kept_gone.end();
      if (!has_present && !has_kept) {
        walk.turn = Turn::rows;
        break;
      }
      if (has_kept && (!has_present || kept->first <= present->first)) {
        if (has_present && kept->first == present->first) ++present;
        walk.gone_done = kept->first;
        add_gone(text, kept->first, kept->second.gone, kept->second.is_named, walk.forget_before);
        walk.kept_gone.erase(kept);
      } else {
        walk.gone_done = present->first;
        if (present->second.number <= walk.last)
          add_gone(text, present->first, present->second, dependents_.count(present->first) > 0,
                   walk.forget_before);
        ++present;
      }
    }
  }
  if (walk.turn != Turn::rows) return true;

  for (auto present = by_place_.upper_bound(walk.place_done); count < most; ++count) {
    const auto kept = walk.kept_rows.begin();
    const bool has_present = present != by_place_.end() && present->first <= walk.last;
    const bool has_kept = kept != walk.kept_rows.end();
    if (!has_present && !has_kept) {
      walk.turn = Turn::over;
      return false;
    }
    if (has_kept && (!has_present || kept->first <= present->first)) {
      if (has_present && kept->first == present->first) ++present;
      walk.place_done = kept->first;
      add(text, kept->second);
      walk.kept_rows.erase(kept);
    } else {
      walk.place_done = present->first;
      add(text, lines_of(*present->second));
      ++present;
    }
  }
  return true;
}

}  // namespace reelspool
