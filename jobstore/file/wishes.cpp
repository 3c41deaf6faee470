#include "jobstore/file/wishes.hpp"

#include "jobstore/file/archive.hpp"
#include "jobstore/file/payloads.hpp"

namespace reelspool {
namespace {

using Kind = Ledger::Outcome::Kind;
using Outcome = Ledger::Outcome;

Error wrong_state(std::string message) {
  Error error = make_error(ErrorClass::invalid_request, std::move(message));
  error.code = "wrong_state";
  return error;
}

Outcome outcome(Kind kind, const std::string& id) {
  return {kind, id, {}};
}

Outcome rejected(const std::string& id, Error problem) {
  if (problem.cls != ErrorClass::invalid_request) problem.cls = ErrorClass::invalid_request;
  return {Kind::rejected, id, std::move(problem)};
}

/// A removed job, unless that is so long ago that its id may be used again.
const Gone* remembered(const Writer& writer, std::string_view id) {
  const Gone* gone = writer.fold().find_gone(id);
  return gone && gone->at >= writer.now() - removed_jobs_are_remembered ? gone : nullptr;
}

/// Which of the two things that an entry is known by was known, and whether its body is the same.
std::optional<Admission> recognise(const Writer& writer, const Entry& entry) {
  const auto compare = [&](std::string_view id) -> std::optional<Admission> {
    const Row* row = writer.fold().find(id);
    const Gone* gone = row ? nullptr : remembered(writer, id);
    if (!row && !gone) return std::nullopt;
    const bool is_same = entry.body_hash == (row ? row->body_hash : gone->body_hash);
    return Admission{is_same ? Admission::Kind::known : Admission::Kind::other_body, std::string(id),
                     row == nullptr};
  };
  if (auto known = compare(entry.id)) return known;
  if (entry.idempotency_key.empty()) return std::nullopt;
  return compare(writer.fold().id_with_key(entry.idempotency_key));
}

/// The first name in dependsOn that no job has, or had as long as removed jobs are remembered: how much longer a
/// process has one in memory depends on when it last read a snapshot.
std::optional<std::size_t> unknown_prerequisite(const Writer& writer, const Entry& entry) {
  for (std::size_t i = 0; i < entry.depends_on.size(); ++i)
    if (!writer.fold().find(entry.depends_on[i]) && !remembered(writer, entry.depends_on[i])) return i;
  return std::nullopt;
}

Error no_such_prerequisite(const Entry& entry, std::size_t index) {
  return bad_field("dependsOn[" + std::to_string(index) + "]",
                   "there is no job with the id '" + entry.depends_on[index] + "'");
}

/// J16: what is pending, running (left by another program) or says nothing runs; what has ended is history.
Status first_status(const Entry& entry) {
  if (entry.cancel_requested) return Status::cancelled;
  if (entry.status && has_ended(*entry.status)) return *entry.status;
  return Status::pending;
}

/// An entry that names the `rev` of a job that we know.
Result<Outcome> grant(Writer& writer, const Row& row, const Entry& entry) {
  const std::string id = entry.id;
  const Status status = row.job.status;
  const bool is_current = *entry.rev == row.job.rev;
  Kind kind = Kind::unchanged;
  Result<> done = ok;
  if (entry.remove_requested && has_ended(status) && is_current) {
    kind = Kind::removed;
    done = remove_job(writer, row, false);
  } else if (entry.cancel_requested && !has_ended(status) && !row.job.cancel_requested &&
             *entry.rev >= row.retry_rev) {
    kind = Kind::cancelled;
    done = cancel_job(writer, row);
  } else if (entry.status == Status::pending && !entry.cancel_requested && is_current &&
             (status == Status::failed || status == Status::cancelled)) {
    kind = Kind::retried;
    done = retry_job(writer, row);
  }
  if (!done) return std::move(done.error());
  return outcome(kind, id);
}

Result<Outcome> decide(Writer& writer, const Entry& entry, int max_attempts) {
  if (entry.rev) {
    if (const Row* row = writer.fold().find(entry.id)) return grant(writer, *row, entry);
    if (remembered(writer, entry.id)) return outcome(Kind::unchanged, entry.id);
  }
  Result<Admission> admission = admit(writer, entry, max_attempts);
  if (!admission) {
    if (admission.error().cls != ErrorClass::invalid_request) return std::move(admission.error());
    return rejected(entry.id, std::move(admission.error()));
  }
  switch (admission->kind) {
    case Admission::Kind::fresh:
      return outcome(Kind::submitted, admission->id);
    case Admission::Kind::known:
      return outcome(Kind::known, admission->id);
    case Admission::Kind::other_body:
      break;
  }
  return rejected(entry.id, taken(entry, *admission));
}

}  // namespace

Error taken(const Entry& entry, const Admission& admission) {
  std::string how = admission.is_removed ? "which has been removed" : "whose body is different";
  if (admission.is_removed && admission.kind == Admission::Kind::other_body)
    how += " and had a different body";
  Error error = admission.id == entry.id
                    ? bad_field("id", "'" + entry.id + "' is that of a job " + how +
                                          "; choose a new id (a wish about a known job needs its rev)")
                    : bad_field("idempotencyKey", "'" + entry.idempotency_key + "' of job '" + entry.id +
                                                      "' came before with job '" + admission.id + "', " +
                                                      how + "; send the same body, or choose a new key");
  error.code = "id_taken";
  return error;
}

Result<Admission> admit(Writer& writer, const Entry& entry, int max_attempts) {
  if (auto known = recognise(writer, entry)) return *known;
  if (entry.problem) return *entry.problem;
  if (const auto unknown = unknown_prerequisite(writer, entry)) return no_such_prerequisite(entry, *unknown);

  Row row;
  row.body_hash = entry.body_hash;
  row.idempotency_key = entry.idempotency_key;
  row.user = entry.user;
  row.depends_on = entry.depends_on;
  KeptJob& job = row.job;
  job.id = entry.id;
  job.type = entry.type;
  job.body = entry.text;
  job.status = first_status(entry);
  job.priority = entry.priority;
  job.max_attempts = entry.max_attempts.value_or(max_attempts);
  job.created_at = entry.created_at.value_or(writer.now());
  job.updated_at = writer.now();
  job.run_at = entry.run_at;
  job.rev = 1;
  if (job.status == Status::pending) job.stage = "waiting";
  if (job.status == Status::done) job.progress = 100;
  if (Result<> added = writer.add(RecordKind::job, job_payload(row)); !added) return std::move(added.error());
  return Admission{Admission::Kind::fresh, entry.id, false};
}

Result<> cancel_job(Writer& writer, const Row& row) {
  if (!after(row.job.status, Event::cancel_wished))
    return wrong_state("job '" + std::string(row.job.id) + "' is already " +
                       std::string(to_string(row.job.status)));
  if (row.job.cancel_requested) return ok;
  return writer.add(RecordKind::set, move_payload(row, {.event = Event::cancel_wished, .now = writer.now()}));
}

Result<> retry_job(Writer& writer, const Row& row) {
  if (!after(row.job.status, Event::retry_wished)) {
    Error error = wrong_state("Job not found or cannot be retried");  // the fixed text of REQUIREMENTS E4
    error.details = "job '" + std::string(row.job.id) + "' is " + std::string(to_string(row.job.status)) +
                    "; only a failed or cancelled one can be tried again";
    return error;
  }
  return writer.add(RecordKind::set, move_payload(row, {.event = Event::retry_wished, .now = writer.now()}));
}

Result<> remove_job(Writer& writer, const Row& row, bool with_outputs) {
  if (!has_ended(row.job.status))
    return wrong_state("job '" + std::string(row.job.id) + "' is " + std::string(to_string(row.job.status)) +
                       "; only one that has ended can be removed: cancel it first");
  const Gone gone{row.job.status, row.body_hash, std::string(row.idempotency_key), writer.now()};
  return writer.add(RecordKind::gone,
                    gone_payload(row.job.id, gone, archive_line(row, writer.now(), with_outputs)));
}

Result<std::vector<Outcome>> grant_wishes(Writer& writer, const std::vector<Result<Entry>>& entries,
                                          int max_attempts) {
  std::vector<Outcome> outcomes(entries.size());
  std::vector<std::size_t> open;  // those whose prerequisites may be among the others
  for (std::size_t i = 0; i < entries.size(); ++i) {
    if (!entries[i])
      outcomes[i] = rejected("", entries[i].error());
    else if (entries[i]->id.empty())
      outcomes[i] = rejected("", bad_field("id", "is missing"));
    else
      open.push_back(i);
  }
  // Pass by pass, those that name only known jobs. A circle, like a name that nobody has, never gets so far.
  for (bool is_last_pass = false; !open.empty();) {
    std::vector<std::size_t> waiting;
    for (const std::size_t i : open) {
      const Entry& entry = *entries[i];
      const bool is_known = writer.fold().find(entry.id) || remembered(writer, entry.id);
      if (!is_known && !is_last_pass && unknown_prerequisite(writer, entry)) {
        waiting.push_back(i);
        continue;
      }
      Result<Outcome> decided = decide(writer, entry, max_attempts);
      if (!decided) return std::move(decided.error());
      outcomes[i] = std::move(*decided);
    }
    is_last_pass = waiting.size() == open.size();
    open = std::move(waiting);
  }
  return outcomes;
}

}  // namespace reelspool
