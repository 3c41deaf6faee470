#include "jobstore/file/payloads.hpp"

#include <cassert>
#include <cstdio>

#include "jobstore/members.hpp"
#include "jobstore/object_text.hpp"

namespace reelspool {
namespace {

std::string percent_text(double percent) {
  char text[32];
  std::snprintf(text, sizeof text, "%g", percent);
  return text;
}

/// Beyond 2^53 many a reader of JSON rounds numbers; so a hash is text.
std::string hash_text(std::uint64_t hash) {
  char text[17];
  std::snprintf(text, sizeof text, "%016llx", static_cast<unsigned long long>(hash));
  return text;
}

std::string list_text(const std::vector<std::string>& texts) {
  std::string out = "[";
  for (const std::string& text : texts) {
    if (out.size() > 1) out += ',';
    out += json_quoted(text);
  }
  return out += ']';
}

constexpr std::string_view no_error = R"({"error":null,"errorInfo":null})";

}  // namespace

std::string job_payload(const Row& row) {
  const KeptJob& job = row.job;
  ObjectText text;
  text.add("id", job.id).add("type", job.type).add("status", to_string(job.status));
  if (row.place != 0) text.add("place", row.place);
  if (job.priority != 0) text.add("priority", job.priority);
  text.add("maxAttempts", job.max_attempts).add("hash", hash_text(row.body_hash));
  if (!row.idempotency_key.empty()) text.add("key", row.idempotency_key);
  if (!row.user.empty()) text.add("user", row.user);
  if (!row.depends_on.empty()) text.add_json("dependsOn", list_text(row.depends_on));
  if (job.run_at) text.add("runAt", *job.run_at);
  text.add("createdAt", job.created_at).add("at", job.updated_at).add("rev", job.rev);
  if (job.started_at) text.add("startedAt", *job.started_at);
  if (job.finished_at) text.add("finishedAt", *job.finished_at);
  if (row.ended != 0 && has_ended(job.status)) text.add("ended", row.ended);
  if (job.token != 0) text.add("token", job.token);
  if (job.attempt != 0) text.add("attempt", job.attempt);
  if (job.interruptions != 0) text.add("interruptions", job.interruptions);
  if (!job.worker.empty()) text.add("worker", job.worker);
  if (job.cancel_requested) text.add("cancelRequested", true);
  if (row.retry_rev != 0) text.add("retryRev", row.retry_rev);
  if (job.progress != 0) text.add_json("progress", percent_text(job.progress));
  if (!job.stage.empty()) text.add("stage", job.stage);
  if (job.scene != 0) text.add("scene", job.scene);
  if (job.scenes != 0) text.add("scenes", job.scenes);
  if (!job.message.empty()) text.add("message", job.message);
  if (job.eta_seconds >= 0) text.add("etaSeconds", job.eta_seconds);
  if (!job.fields.empty() && job.fields.view() != "{}") text.add_json("fields", job.fields);
  return (text.text() += ' ') += job.body;
}

std::string progress_payload(std::string_view id, const Progress& shown, Time now) {
  ObjectText text;
  text.add("id", id).add_json("progress", percent_text(shown.percent)).add("stage", shown.stage);
  text.add("scene", shown.scene).add("scenes", shown.scenes).add("message", shown.message);
  if (shown.eta_seconds) text.add("etaSeconds", *shown.eta_seconds);
  return text.add("at", now).text();
}

std::string step_payload(std::string_view id, const StepRecord& record) {
  return ObjectText()
      .add("id", id)
      .add("token", record.token)
      .add("key", record.key)
      .add("hash", record.hash)
      .add("phase", to_string(record.phase))
      .add("attempt", record.attempt)
      .add("at", record.at)
      .add_json("body", record.body)
      .text();
}

std::string gone_payload(std::string_view id, const Gone& gone, std::string_view archive_line) {
  ObjectText text;
  text.add("id", id).add("status", to_string(gone.status)).add("hash", hash_text(gone.body_hash));
  if (!gone.idempotency_key.empty()) text.add("key", gone.idempotency_key);
  text.add("at", gone.at);
  if (!archive_line.empty()) text.add_json("archive", archive_line);
  return text.text();
}

std::string queue_payload(bool is_paused) {
  return ObjectText().add("paused", is_paused).text();
}

std::string starts_payload(const std::map<std::string, std::vector<Time>>& by_type) {
  ObjectText text;
  for (const auto& [type, times] : by_type) {
    std::vector<std::string> texts;
    for (const Time time : times) texts.push_back(format_time(time));
    text.add_json(type, list_text(texts));
  }
  return ObjectText().add_json("starts", text.text()).text();
}

std::string archived_payload(std::uint64_t removal) {
  return ObjectText().add("archived", removal).text();
}

std::string unarchived_payload(std::uint64_t removal, std::string_view line) {
  return ObjectText()
      .add_json("unarchived", ObjectText().add_json(std::to_string(removal), line).text())
      .text();
}

std::string fields_payload(std::string_view id, std::string_view fields, Time now) {
  return ObjectText().add("id", id).add_json("fields", fields).add("at", now).text();
}

std::string move_payload(const Row& row, const Move& move) {
  const KeptJob& job = row.job;
  const auto status = after(job.status, move.event);
  assert(status);
  ObjectText text;
  text.add("id", job.id).add("event", to_string(move.event)).add("status", to_string(*status));
  text.add("rev", job.rev + 1);
  std::string fields(move.fields);
  switch (move.event) {
    case Event::claimed:
      text.add("attempt", job.attempt + 1).add("worker", move.worker).add("startedAt", move.now);
      text.add_json("runAt", "null").add("message", "");
      break;
    case Event::completed:
      text.add("progress", 100).add("message", "");
      fields = merged(no_error, fields.empty() ? "{}" : fields);
      break;
    case Event::retry_later:
      text.add("runAt", move.run_at).add("progress", 0).add("stage", "waiting").add("scene", 0);
      break;
    case Event::given_back:
      text.add("attempt", job.attempt - 1).add("stage", "waiting");
      break;
    case Event::worker_died:
      text.add("attempt", job.attempt - 1).add("interruptions", job.interruptions + 1);
      text.add("stage", "waiting");
      break;
    case Event::worker_died_often:
      text.add("interruptions", job.interruptions + 1);
      break;
    case Event::cancel_wished:
      if (*status == Status::running) text.add("cancelRequested", true);
      break;
    case Event::retry_wished:
      text.add("attempt", 0).add("interruptions", 0).add("cancelRequested", false);
      text.add("retryRev", job.rev + 1).add("progress", 0).add("stage", "waiting").add("scene", 0);
      text.add_json("startedAt", "null").add_json("finishedAt", "null").add_json("runAt", "null");
      text.add("message", "");
      fields = no_error;
      break;
    case Event::failed:
    case Event::cancelled:
    case Event::prerequisite_failed:
      break;
  }
  if (*status != Status::running && !job.worker.empty()) text.add("worker", "");
  if (has_ended(*status)) text.add("finishedAt", move.now);
  if (!fields.empty() && fields != "{}") text.add_json("fields", fields);
  return text.add("at", move.now).text();
}

std::string error_fields(ErrorClass cls, std::string_view code, std::string_view message) {
  const std::string info = ObjectText()
                               .add("class", to_string(cls))
                               .add("code", code)
                               .add("retryable", cls != ErrorClass::invalid_request)
                               .text();
  return ObjectText().add("error", message).add_json("errorInfo", info).text();
}

}  // namespace reelspool
