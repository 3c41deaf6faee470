// How a job comes to be, and what an entry wishes of one that is there.
#include "tests/jobstore/model/model.hpp"

namespace reelspool::model {
namespace {

constexpr std::chrono::days remembered_for{90};
const std::string id_taken = "invalid_request/id_taken/";

}  // namespace

bool Model::is_remembered(const std::string& id) const {
  const auto found = removed.find(id);
  return found != removed.end() && found->second.at >= now - remembered_for;
}

Model::Known Model::compare(const std::string& id, const Draft& draft) const {
  const ModelJob* one = job(id);
  if (!one && !is_remembered(id)) return Known::no;
  return draft.meaning == (one ? one->draft.meaning : removed.at(id).meaning) ? Known::same : Known::other;
}

std::string Model::id_of_key(const std::string& key) const {
  if (key.empty()) return {};
  for (const ModelJob& one : jobs)
    if (one.draft.key == key) return one.job.id;
  for (const auto& [id, gone] : removed)
    if (gone.key == key && is_remembered(id)) return id;
  return {};
}

std::optional<std::size_t> Model::unknown_prerequisite(const Draft& draft) const {
  for (std::size_t i = 0; i < draft.depends_on.size(); ++i)
    if (!job(draft.depends_on[i]) && !is_remembered(draft.depends_on[i])) return i;
  return std::nullopt;
}

/// Empty if it is a job now; else why not.
std::string Model::admit(const Draft& draft, const std::string& id) {
  if (!draft.bad_field.empty()) return "invalid_request//" + draft.bad_field;
  if (const auto unknown = unknown_prerequisite(draft))
    return "invalid_request//dependsOn[" + std::to_string(*unknown) + "]";
  ModelJob one;
  one.draft = draft;
  Job& made = one.job;
  made.id = id;
  made.type = draft.type;
  made.body = draft.text;
  made.params = draft.params;
  made.status = draft.cancel                               ? Status::cancelled
                : draft.status && has_ended(*draft.status) ? *draft.status
                                                           : Status::pending;
  made.priority = draft.priority;
  made.max_attempts = draft.max_attempts.value_or(max_attempts);
  made.created_at = draft.created_at.value_or(now);
  made.updated_at = now;
  made.run_at = draft.run_at;
  made.rev = 1;
  if (made.status == Status::pending) made.stage = "waiting";
  if (made.status == Status::done) made.progress = 100;
  if (has_ended(made.status)) one.ended = ++ends;
  removed.erase(id);
  jobs.push_back(std::move(one));
  return {};
}

std::string Model::submit(const Draft& draft, const std::string& invented) {
  if (!draft.unreadable.empty())
    return "invalid_request//" + (draft.unreadable == "json" ? "" : draft.unreadable);
  const std::string id = draft.id.empty() ? invented : draft.id;
  const auto first = [&](const std::string& known) { return "good old " + describe(whole(*job(known))); };
  if (compare(id, draft) != Known::no) return job(id) ? first(id) : id_taken + "id";
  if (const std::string owner = id_of_key(draft.key); !owner.empty())
    return job(owner) && compare(owner, draft) == Known::same ? first(owner) : id_taken + "idempotencyKey";
  if (std::string refused = admit(draft, id); !refused.empty()) return refused;
  const std::string answer = "good new " + find(id);  // a prerequisite that failed fails it a moment later
  settle();
  return answer;
}

std::string Model::take_in(const std::vector<Draft>& drafts, std::size_t most) {
  std::vector<std::string> outcomes(drafts.size());
  // As long as there is one that waits for nobody unknown, that one; then those that wait in vain.
  for (const bool in_vain : {false, true})
    for (bool is_moving = true; is_moving;) {
      is_moving = false;
      for (std::size_t i = 0; i < drafts.size(); ++i) {
        const Draft& draft = drafts[i];
        if (!outcomes[i].empty()) continue;
        const bool waits =
            draft.unreadable.empty() && compare(draft.id, draft) == Known::no && unknown_prerequisite(draft);
        if ((waits && !in_vain) || most == 0) continue;
        outcomes[i] = take_in_one(draft);
        --most;
        is_moving = true;
      }
    }
  settle();
  std::string text;
  for (const std::string& outcome : outcomes) text += outcome + '\n';
  return text;
}

std::string Model::take_in_one(const Draft& draft) {
  const auto rejected = [&](const std::string& why) { return "rejected " + draft.id + " " + why; };
  if (!draft.unreadable.empty())
    return "rejected  invalid_request//" + (draft.unreadable == "json" ? "" : draft.unreadable);
  if (draft.id.empty()) return "rejected  invalid_request//id";
  if (draft.rev) {
    if (ModelJob* known = job(draft.id)) return grant(*known, draft) + " " + draft.id;
    if (is_remembered(draft.id)) return "unchanged " + draft.id;
  }
  std::string owner = compare(draft.id, draft) != Known::no ? draft.id : id_of_key(draft.key);
  if (!owner.empty()) {
    if (compare(owner, draft) == Known::same) return "known " + owner;
    return rejected(id_taken + (owner == draft.id ? "id" : "idempotencyKey"));
  }
  if (const std::string refused = admit(draft, draft.id); !refused.empty()) return rejected(refused);
  return "submitted " + draft.id;
}

/// What an entry with a `rev` wishes of the job that has its id.
std::string Model::grant(ModelJob& known, const Draft& draft) {
  const Status status = known.job.status;
  const bool is_current = *draft.rev == known.job.rev;
  if (draft.remove && has_ended(status) && is_current) {
    remove_job(known.job.id);
    return "removed";
  }
  if (draft.cancel && !has_ended(status) && !known.job.cancel_requested && *draft.rev >= known.retry_rev) {
    cancel_job(known);
    return "cancelled";
  }
  if (draft.status == Status::pending && !draft.cancel && is_current &&
      (status == Status::failed || status == Status::cancelled)) {
    retry_job(known);
    return "retried";
  }
  return "unchanged";
}

}  // namespace reelspool::model
