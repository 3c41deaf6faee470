// How an entry goes back into jobs.json: the submitted text is walked once; members that the worker owns get
// its values in their place, what is missing comes at the end, and every other byte (order, white space,
// numbers such as 1.10) is copied as it came.
#include <cstdio>
#include <map>
#include <vector>

#include "jobstore/job.hpp"
#include "jobstore/members.hpp"
#include "jobstore/owned_fields.hpp"

namespace reelspool {
namespace {

/// A field as we would write it. One that is `ours_alone` replaces what the front end wrote; one that is not
/// (its priority, say) is only added where it is missing.
struct Field {
  std::string_view key;
  std::string value;
  bool ours_alone = true;
  bool placed = false;
};

std::string tenths_text(double percent) {
  char text[32];
  std::snprintf(text, sizeof text, "%.1f", percent);
  std::string_view shown = text;
  if (shown.ends_with(".0")) shown.remove_suffix(2);
  return std::string(shown);
}

std::string time_text(const std::optional<Time>& time) {
  return time ? json_quoted(format_time(*time)) : std::string("null");
}

/// An entry that came in already ended (REQUIREMENTS J16) tells its own story: only the word of its status and
/// our counters are put in.
bool is_history(const Job& job, const std::vector<Member>& members) {
  if (!has_ended(job.status) || job.token != 0) return false;
  for (const Member& member : members)
    if (member.key == "status") {
      const auto status = status_from(string_in(member.value).value_or(""));
      return status && has_ended(*status);
    }
  return false;
}

std::vector<Field> fields_of(const Job& job, const std::vector<Member>& own, bool history) {
  std::vector<Field> fields;
  const auto add = [&](std::string_view key, std::string value, bool ours_alone = true) {
    fields.push_back({key, std::move(value), ours_alone});
  };
  add("id", json_quoted(job.id), false);
  add("status", json_quoted(to_string(job.status)));
  add("progress", tenths_text(job.progress), !history);
  if (!history) {
    add("stage", json_quoted(job.stage));
    add("scene", std::to_string(job.scene));
    add("scenes", std::to_string(job.scenes));
    add("message", json_quoted(job.message));
    if (job.eta_seconds) add("etaSeconds", std::to_string(*job.eta_seconds));
    add("attempt", std::to_string(job.attempt));
    add("maxAttempts", std::to_string(job.max_attempts), false);
  }
  add("priority", std::to_string(job.priority), false);
  add("createdAt", time_text(job.created_at), false);
  add("updatedAt", time_text(job.updated_at));
  if (job.started_at) add("startedAt", time_text(job.started_at));
  if (job.finished_at) add("finishedAt", time_text(job.finished_at), !history);
  if (job.cancel_requested) add("cancelRequested", "true");
  add("rev", std::to_string(job.rev));
  for (const Member& member : own) add(member.key, std::string(member.value));
  const auto has = [&](std::string_view key) {
    for (const Field& field : fields)
      if (field.key == key) return true;
    return false;
  };
  if (!has("videoUrl")) add("videoUrl", "null", !history);
  if (!has("error")) add("error", "null", !history);
  return fields;
}

/// The wait of a retry is the worker's; the front end's own runAt stays in its own spelling.
bool run_at_is_ours(const Job& job, std::string_view written) {
  if (!job.run_at || job.status != Status::pending) return false;
  if (const auto number = integer_in(written)) return Time(std::chrono::milliseconds(*number)) != *job.run_at;
  const auto text = string_in(written);
  return !text || parse_time(*text) != job.run_at;
}

}  // namespace

std::string published_entry(const Job& job) {
  const std::vector<Member> members = members_of(job.body).value_or(std::vector<Member>{});
  const std::vector<Member> own = members_of(job.fields).value_or(std::vector<Member>{});
  const bool history = is_history(job, members);
  std::vector<Field> fields = fields_of(job, own, history);
  bool has_run_at = false;

  std::string out;
  out.reserve(job.body.size() + 512);
  std::size_t copied = 0;
  const auto put_instead = [&](const Member& member, std::string_view value) {
    const auto begin = static_cast<std::size_t>(member.value.data() - job.body.data());
    out.append(job.body, copied, begin - copied);
    out += value;
    copied = begin + member.value.size();
  };
  for (const Member& member : members) {
    Field* field = nullptr;
    for (Field& candidate : fields)
      if (candidate.key == member.key) field = &candidate;
    if (field) {
      field->placed = true;
      const bool absent =
          member.value == "null";  // as everywhere: an `id` of null is none, and the job has one
      if (field->ours_alone || absent) put_instead(member, field->value);
    } else if (member.key == "runAt" || member.key == "run_at") {
      has_run_at = true;
      if (run_at_is_ours(job, member.value)) put_instead(member, time_text(job.run_at));
    } else if (!history && is_worker_field(member.key)) {
      put_instead(member, "null");  // ours, and we have nothing to say: a stale value must not be believed
    }
  }

  const std::size_t brace = job.body.find_last_of('}');
  if (brace == std::string::npos || brace < copied) return job.body;
  const std::size_t last = job.body.find_last_not_of(" \t\r\n", brace - 1);
  const std::size_t end = last == std::string::npos ? brace : last + 1;
  out.append(job.body, copied, end - copied);
  bool first = members.empty();
  const auto append = [&](std::string_view key, std::string_view value) {
    if (!first) out += ',';
    first = false;
    out += json_quoted(key);
    out += ':';
    out += value;
  };
  for (const Field& field : fields)
    if (!field.placed) append(field.key, field.value);
  if (!has_run_at && job.run_at && job.status == Status::pending) append("runAt", time_text(job.run_at));
  out.append(job.body, end, std::string::npos);
  return out;
}

}  // namespace reelspool
