#include "jobstore/file/transfer.hpp"

#include <algorithm>

#include "jobstore/entry.hpp"
#include "jobstore/file/payloads.hpp"
#include "jobstore/json.hpp"
#include "jobstore/members.hpp"
#include "jobstore/object_text.hpp"

namespace reelspool {
namespace {

Imported refused(const std::string& id, Error problem) {
  return {Imported::Kind::refused, id, std::move(problem)};
}
Imported refused(const std::string& id, const std::string& reason) {
  return refused(id, make_error(ErrorClass::invalid_request, reason));
}

std::string_view under(std::string_view key, std::string_view object) {
  for (const Member& member : members_of(object).value_or(std::vector<Member>{}))
    if (member.key == key) return member.value;
  return {};
}

/// The JSON texts in a list.
std::vector<std::string_view> elements_of(std::string_view list) {
  std::vector<std::string_view> elements;
  std::string_view rest = list.substr(std::min<std::size_t>(1, list.size()));
  for (std::size_t end = 0; (end = end_of_value(rest)) != std::string_view::npos;) {
    std::string_view element = rest.substr(0, end);
    element.remove_prefix(std::min(element.find_first_not_of(" \t\r\n"), element.size()));
    elements.push_back(element);
    rest.remove_prefix(end);
    const std::size_t comma = rest.find(',');
    if (comma == std::string_view::npos) break;
    rest.remove_prefix(comma + 1);
  }
  return elements;
}

/// Reads a line as the journal would be read: the columns of a `job` record, and its `step` records, into a fold of that
/// one job.
std::optional<Fold> fold_of(std::string_view line, const std::string& body) {
  Fold fold;
  Record record;
  record.kind = RecordKind::job;
  record.sequence = 1;
  record.fields = line;
  record.entry = body;
  if (!fold.apply(record)) return std::nullopt;
  record = {};
  record.kind = RecordKind::step;
  for (const std::string_view step : elements_of(under("steps", line))) {
    record.fields = step;
    if (!fold.apply(record)) return std::nullopt;
  }
  return fold;
}

/// No worker of this store is at it, and it goes to the end of the queue.
void settle_in(Row& row, Time now) {
  KeptJob& job = row.job;
  row.place = row.ended = job.token = 0;
  job.rev = std::max<std::uint64_t>(1, job.rev);
  job.max_attempts = std::max(1, job.max_attempts);
  job.worker = "";
  if (job.status != Status::running) return;
  job.attempt = std::max(0, job.attempt - 1);  // as when its worker had died
  job.status = job.cancel_requested ? Status::cancelled : Status::pending;
  if (job.status == Status::cancelled) job.finished_at = std::optional(now);
  if (job.status == Status::pending) job.stage = "waiting";
}

std::optional<std::string> why_not(const Fold& fold, const Row& row) {
  const std::string_view owner = fold.id_with_key(row.idempotency_key);
  if (!row.idempotency_key.empty() && !owner.empty())
    return "idempotencyKey: came with job '" + std::string(owner) + "' here";
  if (row.job.status == Status::pending)
    for (const std::string& id : row.depends_on)
      if (!fold.find(id) && !fold.find_gone(id)) return "dependsOn: there is no job with the id '" + id + "'";
  return std::nullopt;
}

Result<Imported> import_job(Writer& writer, std::string_view line, const std::string& id) {
  const auto body = string_in(under("body", line));
  if (!body) return refused(id, "body: must be the submitted entry, as a string");
  Result<Entry> entry = read_entry(*body);
  if (!entry) return refused(id, std::move(entry.error()).while_doing("body"));
  if (!entry->id.empty() && entry->id != id)
    return refused(id, "body: names another id, '" + entry->id + "'");
  const std::string_view fields = under("fields", line);
  if (!fields.empty() && fields.front() != '{') return refused(id, "fields: must be an object");
  const std::optional<Fold> fold = fold_of(line, entry->text);
  if (!fold) return refused(id, "cannot be read as a job with its steps");
  Row& row = *fold->all().begin()->second;  // nobody asks that fold for anything any more
  row.body_hash = entry->body_hash;
  row.idempotency_key = entry->idempotency_key;
  row.user = entry->user;
  row.depends_on = entry->depends_on;
  settle_in(row, writer.now());
  if (const auto reason = why_not(writer.fold(), row)) return refused(id, *reason);

  if (Result<> added = writer.add(RecordKind::job, job_payload(row)); !added) return std::move(added.error());
  for (const StepRecord& step : row.steps)
    if (Result<> added = writer.add(RecordKind::step, step_payload(id, step)); !added)
      return std::move(added.error());
  return Imported{Imported::Kind::added, id, {}};
}

Result<Imported> import_gone(Writer& writer, std::string_view payload) {
  const std::string id = string_in(under("id", payload)).value_or("");
  if (!is_job_id(id)) return refused(id, "gone: has no id");
  const auto at = parse_time(string_in(under("at", payload)).value_or(""));
  if (!at) return refused(id, "gone: `at` must be a time");
  if (writer.fold().find(id) || writer.fold().find_gone(id)) return Imported{Imported::Kind::known, id, {}};
  // The archive is of the store that it was removed from.
  ObjectText text;
  for (const Member& member : members_of(payload).value_or(std::vector<Member>{}))
    if (member.key != "archive") text.add_json(member.key, member.value);
  if (Result<> added = writer.add(RecordKind::gone, text.text()); !added) return std::move(added.error());
  return Imported{Imported::Kind::added, id, {}};
}

}  // namespace

std::string export_head(Time now) {
  return ObjectText().add("reelspool", "export").add("version", export_version).add("at", now).text();
}

std::string export_line(const Row& row) {
  const std::string payload = job_payload(row);
  std::string line = payload.substr(0, end_of_value(payload) - 1);  // the columns, without the closing brace
  line += ",\"steps\":[";
  for (const StepRecord& step : row.steps) {
    if (line.back() != '[') line += ',';
    line += step_payload(row.job.id, step);
  }
  line += "],\"body\":" + json_quoted(row.job.body) + '}';
  // White space between JSON's tokens may hold line breaks (a step's body, fields); inside strings there are none.
  std::replace(line.begin(), line.end(), '\n', ' ');
  return line;
}

std::string export_line(std::string_view id, const Gone& gone) {
  return ObjectText().add_json("gone", gone_payload(id, gone)).text();
}

std::string export_end(std::size_t jobs, std::size_t removed) {
  return ObjectText().add("end", true).add("jobs", jobs).add("removed", removed).text();
}

ExportLine kind_of_line(std::string_view line) {
  const Result<Json> json = parse_json(line);
  if (!json || !json->is_object()) return ExportLine::none;
  if (string_in(under("reelspool", line)) == "export")
    return integer_in(under("version", line)) == export_version ? ExportLine::head : ExportLine::none;
  if (under("end", line) == "true") return ExportLine::end;
  if (!under("gone", line).empty()) return ExportLine::gone;
  return under("id", line).empty() ? ExportLine::none : ExportLine::job;
}

Result<Imported> import_line(Writer& writer, std::string_view line) {
  switch (kind_of_line(line)) {
    case ExportLine::head:
    case ExportLine::end:
      return Imported{Imported::Kind::known, {}, {}};
    case ExportLine::gone:
      return import_gone(writer, under("gone", line));
    case ExportLine::none:
      return refused("", "is no line of an export of version " + std::to_string(export_version));
    case ExportLine::job:
      break;
  }
  const std::string id = string_in(under("id", line)).value_or("");
  if (!is_job_id(id)) return refused(id, "id: '" + id + "' is none");
  if (writer.fold().find(id) || writer.fold().find_gone(id)) return Imported{Imported::Kind::known, id, {}};
  return import_job(writer, line, id);
}

}  // namespace reelspool
