// How a record changes the fold: the one place where what stands in the journal becomes state, whether it was
// written a moment ago by this process, or last week by another.
#include <algorithm>
#include <charconv>

#include "jobstore/file/fold.hpp"
#include "jobstore/file/payloads.hpp"
#include "jobstore/json.hpp"
#include "jobstore/lifecycle.hpp"
#include "jobstore/members.hpp"
#include "jobstore/object_text.hpp"

namespace reelspool {
namespace {

Error senseless(const Record& record, std::string_view reason) {
  return make_error(ErrorClass::invalid_request, "record " + std::to_string(record.sequence) + " (" +
                                                     std::string(to_string(record.kind)) +
                                                     "): " + std::string(reason));
}

const Member* member_of(const std::vector<Member>& members, std::string_view key) {
  for (const Member& member : members)
    if (member.key == key) return &member;
  return nullptr;
}

std::string text_under(const std::vector<Member>& members, std::string_view key) {
  const Member* member = member_of(members, key);
  return member ? string_in(member->value).value_or("") : std::string();
}

std::optional<Time> time_in(std::string_view value) {
  const auto text = string_in(value);
  return text ? parse_time(*text) : std::nullopt;
}

std::uint64_t hash_in(std::string_view value) {
  const std::string text = string_in(value).value_or("");
  std::uint64_t hash = 0;
  std::from_chars(text.data(), text.data() + text.size(), hash, 16);
  return hash;
}

/// Within bounds in which one more, one less and the negative are numbers too.
int small(std::string_view value) {
  return static_cast<int>(
      std::clamp<std::int64_t>(integer_in(value).value_or(0), -1'000'000'000, 1'000'000'000));
}
std::uint64_t large(std::string_view value) {
  return static_cast<std::uint64_t>(std::clamp<std::int64_t>(integer_in(value).value_or(0), 0, 1LL << 53));
}

std::vector<std::string> texts_in(std::string_view value) {
  std::vector<std::string> texts;
  if (const Result<Json> list = parse_json(value); list && list->is_array())
    for (const Json& text : *list)
      if (text.is_string()) texts.push_back(text);
  return texts;
}

/// What a record of a kind may say of a job that is there: a `set` nothing that the fold keeps books by for ever,
/// progress only what it shows. FORMAT.md promises no more, and the indexes rely on it.
bool may_change(RecordKind kind, std::string_view key) {
  if (kind == RecordKind::set)
    return key != "place" && key != "key" && key != "user" && key != "ended" && key != "dependsOn";
  return key == "progress" || key == "stage" || key == "scene" || key == "scenes" || key == "message" ||
         key == "etaSeconds" || key == "at";
}

/// Puts one member of a `job`, `set` or `progress` record into a row. Names that a newer version may add are
/// passed over.
void put(Row& row, const Member& member) {
  KeptJob& job = row.job;
  const std::string_view key = member.key;
  const std::string_view value = member.value;
  if (key == "type")
    job.type = string_in(value).value_or("");
  else if (key == "priority")
    job.priority = small(value);
  else if (key == "maxAttempts")
    job.max_attempts = small(value);
  else if (key == "hash")
    row.body_hash = hash_in(value);
  else if (key == "key")
    row.idempotency_key = string_in(value).value_or("");
  else if (key == "user")
    row.user = string_in(value).value_or("");
  else if (key == "dependsOn")
    row.depends_on = texts_in(value);
  else if (key == "place")
    row.place = large(value);
  else if (key == "ended")
    row.ended = large(value);
  else if (key == "createdAt")
    job.created_at = time_in(value).value_or(Time{});
  else if (key == "at")
    job.updated_at = time_in(value).value_or(job.updated_at);
  else if (key == "startedAt")
    job.started_at = time_in(value);
  else if (key == "finishedAt")
    job.finished_at = time_in(value);
  else if (key == "runAt")
    job.run_at = time_in(value);
  else if (key == "rev")
    job.rev = large(value);
  else if (key == "token")
    job.token = large(value);
  else if (key == "attempt")
    job.attempt = small(value);
  else if (key == "interruptions")
    job.interruptions = small(value);
  else if (key == "worker")
    job.worker = string_in(value).value_or("");
  else if (key == "cancelRequested")
    job.cancel_requested = value == "true";
  else if (key == "retryRev")
    row.retry_rev = large(value);
  else if (key == "progress")
    job.progress = number_in(value).value_or(0);
  else if (key == "stage")
    job.stage = string_in(value).value_or("");
  else if (key == "scene")
    job.scene = small(value);
  else if (key == "scenes")
    job.scenes = small(value);
  else if (key == "message")
    job.message = string_in(value).value_or("");
  else if (key == "etaSeconds")
    job.eta_seconds = small(value);
  else if (key == "fields")
    job.fields = merged(job.fields.empty() ? "{}" : job.fields.view(), value);
}

}  // namespace

Result<> Fold::apply(const Record& record) {
  switch (record.kind) {
    case RecordKind::job:
      return apply_job(record);
    case RecordKind::set:
      return apply_set(record);
    case RecordKind::progress:
      return apply_progress(record);
    case RecordKind::step:
      return apply_step(record);
    case RecordKind::gone:
      return apply_gone(record);
    case RecordKind::queue:
      return apply_queue(record);
    case RecordKind::head:
      return apply_head(record);
    case RecordKind::sealed:
    case RecordKind::end:
      return ok;
  }
  return ok;
}

Result<> Fold::apply_job(const Record& record) {
  const auto members = members_of(record.fields);
  if (!members) return senseless(record, "is no JSON object");
  auto row = std::make_unique<Row>();
  row->job.id = text_under(*members, "id");
  if (!is_job_id(row->job.id)) return senseless(record, "has no id");
  const auto status = status_from(text_under(*members, "status"));
  if (!status) return senseless(record, "has no status");
  row->job.status = *status;
  row->job.body = record.entry;
  row->place = record.sequence;
  if (has_ended(*status)) row->ended = record.sequence;
  for (const Member& member : *members) put(*row, member);
  if (row->place == 0 || by_place_.count(row->place) > 0)
    return senseless(record, "its place " + std::to_string(row->place) + " is in use");
  if (has_ended(*status) && ended_.with(*status).count(row->ended) > 0)
    return senseless(record, "another job ended by record " + std::to_string(row->ended));

  Row& kept = *row;
  const std::string id(kept.job.id);
  if (!rows_.add(std::move(row))) return senseless(record, "the id " + id + " is in use");
  forget(id);  // the first one of this id: it was removed long ago
  if (!kept.idempotency_key.empty()) ids_by_key_[std::string(kept.idempotency_key)] = id;
  for (const std::string& prerequisite : kept.depends_on) dependents_[prerequisite].insert(id);
  enter(kept);
  look_again_at_dependents(id);
  return ok;
}

void Fold::forget(const std::string& id) {
  const auto gone = gone_.find(id);
  if (gone == gone_.end()) return;
  if (const auto key = ids_by_key_.find(gone->second.idempotency_key);
      key != ids_by_key_.end() && key->second == id)
    ids_by_key_.erase(key);
  keep(id, gone->second);
  gone_.erase(gone);
}

Result<> Fold::apply_set(const Record& record) {
  const auto members = members_of(record.fields);
  Row* row = members ? row_of(text_under(*members, "id")) : nullptr;
  if (!row) return senseless(record, "is about a job that is not there");
  keep(*row);
  std::optional<Status> status;
  const Member* happened = member_of(*members, "event");
  if (happened) {
    const auto event = event_from(string_in(happened->value).value_or(""));
    if (event) status = reelspool::after(row->job.status, *event);
    if (!status)
      return senseless(record, "a " + std::string(to_string(row->job.status)) + " job cannot be " +
                                   string_in(happened->value).value_or("?"));
  }

  const bool was_running = row->job.status == Status::running;
  leave(*row);
  if (status == Status::running && !was_running) row->job.token = record.sequence;
  if (status && *status != row->job.status) row->job.eta_seconds = -1;  // was of the attempt that ended
  if (status) row->job.status = *status;
  if (status && has_ended(*status)) row->ended = record.sequence;
  if (member_of(*members, "runAt")) row->is_due = false;
  for (const Member& member : *members)
    if (may_change(record.kind, member.key)) put(*row, member);
  enter(*row);
  if (status == Status::running && !was_running) attempts_.started(row->job.type.view(), row->job.updated_at);
  if (was_running && status && *status != Status::running) look_at_opened_lane(row->job.type.view());
  if (row->job.cancel_requested && status == Status::running) ++news_;
  if (status && is_paused_ && with_status(Status::running).empty()) ++news_;  // drained
  if (status) look_again_at_dependents(std::string(row->job.id));
  return ok;
}

/// The end of an attempt may have been what others of its kind were waiting for.
void Fold::look_at_opened_lane(std::string_view type) {
  if (attempts_.counts_running(attempts_.lane_of(type)) && !ready_.is_empty()) ++news_;
}

Result<> Fold::apply_progress(const Record& record) {
  const auto members = members_of(record.fields);
  Row* row = members ? row_of(text_under(*members, "id")) : nullptr;
  if (!row) return senseless(record, "is about a job that is not there");
  keep(*row);
  row->job.eta_seconds = -1;
  for (const Member& member : *members)
    if (may_change(record.kind, member.key)) put(*row, member);
  touch(*row);
  return ok;
}

Result<> Fold::apply_step(const Record& record) {
  const auto members = members_of(record.fields);
  Row* row = members ? row_of(text_under(*members, "id")) : nullptr;
  if (!row) return senseless(record, "is about a job that is not there");
  StepRecord step;
  const std::string phase = text_under(*members, "phase");
  for (const auto candidate : {StepRecord::Phase::started, StepRecord::Phase::state, StepRecord::Phase::done,
                               StepRecord::Phase::failed})
    if (phase == to_string(candidate)) step.phase = candidate;
  step.key = text_under(*members, "key");
  step.hash = text_under(*members, "hash");
  if (const Member* member = member_of(*members, "token")) step.token = large(member->value);
  if (const Member* member = member_of(*members, "attempt")) step.attempt = small(member->value);
  if (const Member* member = member_of(*members, "at")) step.at = time_in(member->value).value_or(Time{});
  if (const Member* member = member_of(*members, "body")) step.body = member->value;

  keep(*row);
  // A job that gets on is not the one that takes its worker down.
  if (step.phase == StepRecord::Phase::done) row->job.interruptions = 0;
  const auto same = std::find_if(row->steps.begin(), row->steps.end(),
                                 [&](const StepRecord& known) { return known.key == step.key; });
  if (same == row->steps.end())
    row->steps.push_back(std::move(step));
  else
    *same = std::move(step);
  return ok;
}

Result<> Fold::apply_gone(const Record& record) {
  const auto members = members_of(record.fields);
  if (!members) return senseless(record, "is no JSON object");
  const std::string id = text_under(*members, "id");
  if (!is_job_id(id)) return senseless(record, "has no id");
  Gone gone;
  gone.number = record.sequence;
  gone.status = status_from(text_under(*members, "status")).value_or(Status::done);
  gone.idempotency_key = text_under(*members, "key");
  if (const Member* member = member_of(*members, "hash")) gone.body_hash = hash_in(member->value);
  if (const Member* member = member_of(*members, "at")) gone.at = time_in(member->value).value_or(Time{});
  if (!gone.idempotency_key.empty()) ids_by_key_[gone.idempotency_key] = id;
  if (const Member* line = member_of(*members, "archive")) unarchived_[record.sequence] = line->value;

  if (Row* row = row_of(id)) {
    keep(*row);
    leave(*row);
    by_place_.erase(row->place);
    by_change_.erase(row->changed);
    removals_[++now_] = {row->place, id};
    for (const std::string& prerequisite : row->depends_on) {
      if (const auto removed = gone_.find(prerequisite); removed != gone_.end())
        keep(prerequisite, removed->second);
      const auto waiting_for_it = dependents_.find(prerequisite);
      if (waiting_for_it == dependents_.end()) continue;
      waiting_for_it->second.erase(id);
      if (waiting_for_it->second.empty()) dependents_.erase(waiting_for_it);
    }
    rows_.erase(id);
  }
  gone_[id] = std::move(gone);
  look_again_at_dependents(id);
  return ok;
}

Result<> Fold::apply_head(const Record& record) {
  const auto members = members_of(record.fields);
  const Member* version = members ? member_of(*members, "version") : nullptr;
  if (version && integer_in(version->value) == store_format_version) return ok;
  return senseless(record, "was written in another version of the format; this program reads version " +
                               std::to_string(store_format_version));
}

Result<> Fold::apply_queue(const Record& record) {
  const auto members = members_of(record.fields);
  if (!members) return senseless(record, "is no JSON object");
  if (const Member* member = member_of(*members, "paused")) {
    is_paused_ = member->value == "true";
    ++news_;
  }
  if (const Member* member = member_of(*members, "starts"))
    for (const Member& type : members_of(member->value).value_or(std::vector<Member>{}))
      for (const std::string& at : texts_in(type.value))
        if (const auto time = parse_time(at)) attempts_.started(type.key, *time);
  if (const Member* member = member_of(*members, "archived"))
    unarchived_.erase(unarchived_.begin(), unarchived_.upper_bound(large(member->value)));
  if (const Member* member = member_of(*members, "unarchived"))
    for (const Member& line : members_of(member->value).value_or(std::vector<Member>{}))
      unarchived_[large(line.key)] = line.value;
  return ok;
}

}  // namespace reelspool
