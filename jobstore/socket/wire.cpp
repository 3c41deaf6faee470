#include "jobstore/socket/wire.hpp"

#include <algorithm>
#include <array>
#include <cstdio>

#include "jobstore/entry.hpp"
#include "jobstore/json.hpp"
#include "jobstore/members.hpp"
#include "jobstore/object_text.hpp"

namespace reelspool::socket {
namespace {

constexpr std::array phases = {StepRecord::Phase::started, StepRecord::Phase::state, StepRecord::Phase::done,
                               StepRecord::Phase::failed};

std::string exact(double number) {
  char text[32];
  std::snprintf(text, sizeof text, "%.17g", number);
  return text;
}

void read(std::string_view json, std::string& into) {
  into = string_in(json).value_or("");
}
void read(std::string_view json, int& into) {
  into = static_cast<int>(integer_in(json).value_or(0));
}
void read(std::string_view json, std::optional<int>& into) {
  const auto number = integer_in(json);
  into = number ? std::optional(static_cast<int>(*number)) : std::nullopt;
}
void read(std::string_view json, std::uint64_t& into) {
  into = static_cast<std::uint64_t>(std::max<std::int64_t>(0, integer_in(json).value_or(0)));
}
void read(std::string_view json, double& into) {
  into = number_in(json).value_or(0);
}
void read(std::string_view json, bool& into) {
  into = json == "true";
}
void read(std::string_view json, std::optional<Time>& into) {
  const auto text = string_in(json);
  into = text ? parse_time(*text) : std::nullopt;
}
void read(std::string_view json, Time& into) {
  std::optional<Time> time;
  read(json, time);
  into = time.value_or(Time{});
}

/// Reads the members of an object into the variables of their names.
class Reading {
 public:
  explicit Reading(std::string_view object) : members_(members_of(object)) {}
  bool is_object() const { return members_.has_value(); }
  template <class T>
  Reading& into(std::string_view key, T& variable) {
    for (const Member& member : *members_)
      if (member.key == key) read(member.value, variable);
    return *this;
  }

 private:
  std::optional<std::vector<Member>> members_;
};

}  // namespace

std::string text_of(const Job& job) {
  // By structured binding, so that a new member of Job does not compile until it travels too. params are in the body.
  const auto& [id, type, body, params, status, priority, created_at, updated_at, started_at, finished_at,
               run_at, rev, token, attempt, max_attempts, interruptions, worker, cancel_requested, progress,
               stage, scene, scenes, message, eta_seconds, fields] = job;
  return ObjectText()
      .add("id", id)
      .add("type", type)
      .add("body", body)
      .add("status", to_string(status))
      .add("priority", priority)
      .add("createdAt", created_at)
      .add("updatedAt", updated_at)
      .add("startedAt", started_at)
      .add("finishedAt", finished_at)
      .add("runAt", run_at)
      .add("rev", rev)
      .add("token", token)
      .add("attempt", attempt)
      .add("maxAttempts", max_attempts)
      .add("interruptions", interruptions)
      .add("worker", worker)
      .add("cancelRequested", cancel_requested)
      .add_json("progress", exact(progress))
      .add("stage", stage)
      .add("scene", scene)
      .add("scenes", scenes)
      .add("message", message)
      .add_json("etaSeconds", eta_seconds ? std::to_string(*eta_seconds) : "null")
      .add("fields", fields)
      .text();
}

std::optional<Job> job_from(std::string_view text) {
  Reading reading(text);
  if (!reading.is_object()) return std::nullopt;
  Job job;
  std::string status;
  reading.into("id", job.id).into("type", job.type).into("body", job.body).into("status", status);
  reading.into("priority", job.priority).into("createdAt", job.created_at).into("updatedAt", job.updated_at);
  reading.into("startedAt", job.started_at).into("finishedAt", job.finished_at).into("runAt", job.run_at);
  reading.into("rev", job.rev).into("token", job.token).into("attempt", job.attempt);
  reading.into("maxAttempts", job.max_attempts).into("interruptions", job.interruptions);
  reading.into("worker", job.worker).into("cancelRequested", job.cancel_requested);
  reading.into("progress", job.progress).into("stage", job.stage).into("scene", job.scene);
  reading.into("scenes", job.scenes).into("message", job.message).into("fields", job.fields);
  reading.into("etaSeconds", job.eta_seconds);
  const auto known = status_from(status);
  if (!known || !is_job_id(job.id)) return std::nullopt;
  job.status = *known;
  job.params = params_of(job.body);
  return job;
}

std::string text_of(const StepRecord& record) {
  const auto& [key, hash, phase, attempt, token, body, at] = record;
  return ObjectText()
      .add("key", key)
      .add("hash", hash)
      .add("phase", to_string(phase))
      .add("attempt", attempt)
      .add("token", token)
      .add("body", body)
      .add("at", at)
      .text();
}

std::optional<StepRecord> step_from(std::string_view text) {
  Reading reading(text);
  if (!reading.is_object()) return std::nullopt;
  StepRecord record;
  std::string phase;
  reading.into("key", record.key).into("hash", record.hash).into("phase", phase).into("at", record.at);
  reading.into("attempt", record.attempt).into("token", record.token).into("body", record.body);
  const auto known = std::find_if(phases.begin(), phases.end(),
                                  [&](StepRecord::Phase candidate) { return to_string(candidate) == phase; });
  if (known == phases.end()) return std::nullopt;
  record.phase = *known;
  return record;
}

std::string text_of(const Stats& stats) {
  const auto& [waiting, active, delayed, done, failed, cancelled, paused] = stats;
  return ObjectText()
      .add("waiting", waiting)
      .add("active", active)
      .add("delayed", delayed)
      .add("done", done)
      .add("failed", failed)
      .add("cancelled", cancelled)
      .add("paused", paused)
      .text();
}

std::optional<Stats> stats_from(std::string_view text) {
  Reading reading(text);
  if (!reading.is_object()) return std::nullopt;
  Stats stats;
  reading.into("waiting", stats.waiting).into("active", stats.active).into("delayed", stats.delayed);
  reading.into("done", stats.done).into("failed", stats.failed).into("cancelled", stats.cancelled);
  reading.into("paused", stats.paused);
  return stats;
}

std::string text_of(const Error& error) {
  return ObjectText()
      .add("class", to_string(error.cls))
      .add("message", error.message)
      .add("code", error.code)
      .add("field", error.field)
      .add("details", error.details)
      .text();
}

Error error_from(std::string_view text) {
  Error error = make_error(ErrorClass::transient, "the worker gave no reason");
  Reading reading(text);
  if (!reading.is_object()) return error;
  std::string cls;
  reading.into("class", cls).into("message", error.message).into("code", error.code);
  reading.into("field", error.field).into("details", error.details);
  error.cls = error_class_from(cls).value_or(ErrorClass::transient);
  return error;
}

std::optional<Head> Head::from(std::string text) {
  const Result<Json> json = parse_json(text);
  if (!json || !json->is_object()) return std::nullopt;
  return Head(std::move(text));
}

std::string Head::word(std::string_view key) const {
  return string_in(json(key)).value_or("");
}

std::uint64_t Head::number(std::string_view key) const {
  std::uint64_t number = 0;
  read(json(key), number);
  return number;
}

bool Head::flag(std::string_view key) const {
  return json(key) == "true";
}

std::string_view Head::json(std::string_view key) const {
  const auto members = members_of(text_);
  if (members)
    for (const Member& member : *members)
      if (member.key == key) return member.value;
  return {};
}

}  // namespace reelspool::socket
