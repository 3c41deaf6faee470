#include "jobstore/file/fold.hpp"

#include <algorithm>

#include "jobstore/entry.hpp"

namespace reelspool {

const Row* Fold::find(std::string_view id) const {
  return rows_.find(id);
}

Row* Fold::row_of(std::string_view id) {
  return rows_.find(id);
}

const Gone* Fold::find_gone(std::string_view id) const {
  const auto found = gone_.find(id);
  return found == gone_.end() ? nullptr : &found->second;
}

std::string_view Fold::id_with_key(std::string_view idempotency_key) const {
  const auto found = ids_by_key_.find(std::string(idempotency_key));
  return found == ids_by_key_.end() ? std::string_view() : found->second;
}

Job Fold::copy(const Row& row) {
  const KeptJob& kept = row.job;
  Job job;
  job.id = kept.id;
  job.type = kept.type;
  job.body = kept.body;
  job.params = params_of(job.body);
  job.status = kept.status;
  job.priority = kept.priority;
  job.created_at = kept.created_at;
  job.updated_at = kept.updated_at;
  job.started_at = kept.started_at;
  job.finished_at = kept.finished_at;
  job.run_at = kept.run_at;
  job.rev = kept.rev;
  job.token = kept.token;
  job.attempt = kept.attempt;
  job.max_attempts = kept.max_attempts;
  job.interruptions = kept.interruptions;
  job.worker = kept.worker;
  job.cancel_requested = kept.cancel_requested;
  job.progress = kept.progress;
  job.stage = kept.stage;
  job.scene = kept.scene;
  job.scenes = kept.scenes;
  job.message = kept.message;
  if (kept.eta_seconds >= 0) job.eta_seconds = kept.eta_seconds;
  if (!kept.fields.empty()) job.fields = kept.fields;
  return job;
}

// ---- what a pending job waits for

Fold::Waiting Fold::waiting(const Row& row, std::string* culprit) const {
  bool is_blocked = false;
  for (const std::string& id : row.depends_on) {
    const Row* prerequisite = find(id);
    const Gone* removed = prerequisite ? nullptr : find_gone(id);
    if (!prerequisite && !removed) {
      is_blocked = true;  // its own removal was forgotten; nobody can say how it ended
      continue;
    }
    const Status status = prerequisite ? prerequisite->job.status : removed->status;
    if (status == Status::failed || status == Status::cancelled) {
      if (culprit) *culprit = id;
      return Waiting::doomed;
    }
    if (status != Status::done) is_blocked = true;
  }
  if (is_blocked) return Waiting::blocked;
  return row.job.run_at && !row.is_due ? Waiting::delayed : Waiting::ready;
}

void Fold::place_pending(Row& row) {
  switch (waiting(row)) {
    case Waiting::ready:
      ready_.add(queued(row), row);
      ++news_;
      break;
    case Waiting::delayed:
      delayed_.put({*row.job.run_at, row.place}, &row);
      break;
    case Waiting::doomed:
      doomed_.put(row.place, &row);
      break;
    case Waiting::blocked:
      break;
  }
}

void Fold::displace_pending(Row& row) {
  ready_.drop(queued(row));
  if (row.job.run_at) delayed_.erase({*row.job.run_at, row.place});
  doomed_.erase(row.place);
}

void Fold::make_due(const TwoClocks& now) {
  attempts_.set_now(now);
  while (!delayed_.empty() && delayed_.begin()->first.first <= now.wall) {
    Row& row = *delayed_.begin()->second;
    delayed_.erase(delayed_.begin()->first);
    row.is_due = true;
    place_pending(row);
  }
}

const Row* Fold::best() const {
  return ready_.best(
      [this](FairQueue::Lane lane) { return attempts_.is_wanted(lane) && attempts_.is_open(lane); });
}

bool Fold::is_claimable(const Row& row) const {
  return ready_.has(queued(row)) && attempts_.is_open(attempts_.lane_of(row.job.type.view()));
}

std::optional<Time> Fold::next_due() const {
  std::optional<Time> next;
  if (!delayed_.empty()) next = delayed_.begin()->first.first;
  for (FairQueue::Lane lane = 0; lane < attempts_.lanes(); ++lane) {
    const auto opens = attempts_.opens_at(lane);
    if (opens && (!next || *opens < *next) && ready_.waits(lane)) next = opens;
  }
  return next;
}

std::optional<Fold::Doomed> Fold::doomed() const {
  if (doomed_.empty()) return std::nullopt;
  Doomed found{doomed_.begin()->second, {}};
  waiting(*found.row, &found.prerequisite);
  return found;
}

// ---- the indexes

void Fold::enter(Row& row) {
  by_place_.put(row.place, &row);
  by_status_[static_cast<std::size_t>(row.job.status)].put(row.place, &row);
  if (row.job.status == Status::pending) place_pending(row);
  if (row.job.status == Status::running) {
    by_worker_[std::string(row.job.worker)][row.place] = &row;
    attempts_.runs(attempts_.lane_of(row.job.type.view()));
  }
  ready_.note_claim(row.job.priority, row.user.view(), row.job.token, row);
  if (has_ended(row.job.status))
    ended_.add(row.job.status, row.ended, row);
  else
    for (const std::string& id : row.depends_on) ++awaited_[id];
  touch(row);
}

void Fold::leave(Row& row) {
  by_status_[static_cast<std::size_t>(row.job.status)].erase(row.place);
  ended_.drop(row.job.status, row.ended);
  if (!has_ended(row.job.status))
    for (const std::string& id : row.depends_on)
      if (const auto awaited = awaited_.find(id); awaited != awaited_.end() && --awaited->second == 0)
        awaited_.erase(awaited);
  displace_pending(row);
  ready_.forget_claim(row.job.priority, row.user.view(), row.job.token);
  if (row.job.status == Status::running) attempts_.runs_no_more(attempts_.lane_of(row.job.type.view()));
  const auto worker = by_worker_.find(row.job.worker.view());
  if (worker == by_worker_.end()) return;
  worker->second.erase(row.place);
  if (worker->second.empty()) by_worker_.erase(worker);
}

void Fold::touch(Row& row) {
  if (row.changed != 0) by_change_.erase(row.changed);
  row.changed = ++now_;
  by_change_.put(row.changed, &row);
}

void Fold::look_again_at_dependents(const std::string& id) {
  const auto waiting_for_it = dependents_.find(id);
  if (waiting_for_it == dependents_.end()) return;
  for (const std::string& dependent : waiting_for_it->second) {
    Row* row = row_of(dependent);
    if (!row || row->job.status != Status::pending) continue;
    displace_pending(*row);
    place_pending(*row);
  }
}

std::vector<std::string> Fold::busy_workers() const {
  std::vector<std::string> names;
  for (const auto& [name, rows] : by_worker_) names.push_back(name);
  return names;
}

std::vector<const Row*> Fold::run_by(std::string_view worker) const {
  std::vector<const Row*> rows;
  if (const auto found = by_worker_.find(worker); found != by_worker_.end())
    for (const auto& [place, row] : found->second) rows.push_back(row);
  return rows;
}

void Fold::note_removals_since(const Fold& before) {
  removals_ = before.removals_;
  for (const auto& [place, row] : before.by_place_)
    if (!find(row->job.id)) removals_[++now_] = {place, std::string(row->job.id)};
}

}  // namespace reelspool
