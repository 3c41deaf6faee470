#include "tests/jobstore/model.hpp"

#include <sstream>

namespace reelspool::model {
namespace {

constexpr std::chrono::days remembered_for{90};
const std::string stale = "cancelled/stale_claim/", unknown_job = "unavailable/not_found/",
                  wrong_state = "invalid_request/wrong_state/", id_taken = "invalid_request/id_taken/";

void put_over(Fields& fields, const Fields& patch) {
  for (const auto& [key, value] : patch) {
    const auto same = std::find_if(fields.begin(), fields.end(),
                                   [&, &name = key](const auto& field) { return field.first == name; });
    if (same == fields.end())
      fields.emplace_back(key, value);
    else
      same->second = value;
  }
}

Fields error(const std::string& cls, const std::string& code, const std::string& message, bool retryable) {
  return {{"error", '"' + message + '"'},
          {"errorInfo", R"({"class":")" + cls + R"(","code":")" + code + R"(","retryable":)" +
                            (retryable ? "true" : "false") + "}"}};
}
const Fields no_error = {{"error", "null"}, {"errorInfo", "null"}};

std::string text_of(const std::optional<Time>& time) {
  return time ? format_time(*time) : "-";
}

}  // namespace

std::string object_text(const Fields& fields) {
  std::string text = "{";
  for (const auto& [key, value] : fields) text += (text.size() > 1 ? ",\"" : "\"") + key + "\":" + value;
  return text + "}";
}

std::string describe(const Job& job) {
  std::ostringstream text;
  text << job.id << " type=" << job.type << " status=" << to_string(job.status) << " rev=" << job.rev
       << " token=" << job.token << " attempt=" << job.attempt << "/" << job.max_attempts
       << " interruptions=" << job.interruptions << " worker=" << job.worker
       << " cancel=" << job.cancel_requested << " priority=" << job.priority
       << " created=" << format_time(job.created_at) << " updated=" << format_time(job.updated_at)
       << " started=" << text_of(job.started_at) << " finished=" << text_of(job.finished_at)
       << " runAt=" << text_of(job.run_at) << " progress=" << job.progress << " stage=" << job.stage
       << " scene=" << job.scene << "/" << job.scenes << " message=" << job.message
       << " fields=" << job.fields << " params=" << job.params << " body=" << job.body << '\n';
  return text.str();
}

std::string describe(const StepRecord& step) {
  std::ostringstream text;
  text << step.key << " hash=" << step.hash << " phase=" << to_string(step.phase)
       << " attempt=" << step.attempt << " token=" << step.token << " at=" << format_time(step.at)
       << " body=" << step.body << '\n';
  return text.str();
}

std::string describe(const Stats& stats) {
  std::ostringstream text;
  text << "waiting=" << stats.waiting << " active=" << stats.active << " delayed=" << stats.delayed
       << " done=" << stats.done << " failed=" << stats.failed << " cancelled=" << stats.cancelled
       << " paused=" << stats.paused << '\n';
  return text.str();
}

Job Model::whole(const ModelJob& one) {
  Job job = one.job;
  job.fields = object_text(one.fields);
  return job;
}

ModelJob* Model::job(const std::string& id) {
  for (ModelJob& one : jobs)
    if (one.job.id == id) return &one;
  return nullptr;
}

// ---- how a job comes to be

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

// ---- what a job waits for

Model::Waiting Model::waiting(const ModelJob& one, std::string* culprit) const {
  bool for_others = false;
  for (const std::string& id : one.draft.depends_on) {
    const ModelJob* other = job(id);
    const Status status = other ? other->job.status : removed.at(id).status;
    if (status == Status::failed || status == Status::cancelled) {
      if (culprit) *culprit = id;
      return Waiting::in_vain;
    }
    for_others = for_others || status != Status::done;
  }
  if (for_others) return Waiting::for_others;
  return one.job.run_at && *one.job.run_at > now ? Waiting::for_time : Waiting::for_nothing;
}

void Model::settle() {
  for (bool is_moving = true; is_moving;) {
    is_moving = false;
    for (ModelJob& one : jobs) {
      std::string culprit;
      if (one.job.status != Status::pending || waiting(one, &culprit) != Waiting::in_vain) continue;
      const ModelJob* other = job(culprit);
      const std::string how = !other                                   ? "was removed before it was done"
                              : other->job.status == Status::cancelled ? "was cancelled"
                                                                       : "failed";
      put_over(one.fields, error("invalid_request", "prerequisite_failed",
                                 "not started: job '" + culprit + "', which it depends on, " + how, false));
      move(one, Status::failed);
      is_moving = true;
      break;
    }
  }
}

bool Model::is_claimable(const std::string& id) const {
  const ModelJob* one = job(id);
  return !paused && one && one->job.status == Status::pending && waiting(*one) == Waiting::for_nothing;
}

std::string Model::next_claimable() const {
  const ModelJob* best = nullptr;
  for (const ModelJob& one : jobs)
    if (is_claimable(one.job.id) && (!best || one.job.priority > best->job.priority)) best = &one;
  return best ? best->job.id : "";
}

// ---- an attempt

void Model::move(ModelJob& one, Status to) {
  one.job.status = to;
  one.job.rev += 1;
  one.job.updated_at = now;
  if (to != Status::running) one.job.worker.clear();
  if (has_ended(to)) one.job.finished_at = now;
}

std::string Model::claim(const std::string& id, const std::string& worker, std::uint64_t token) {
  if (id.empty()) return "good nothing";
  if (token <= last_token) return "a token greater than " + std::to_string(last_token);
  ModelJob& one = *job(id);
  move(one, Status::running);
  one.job.token = last_token = token;
  one.job.attempt += 1;
  one.job.worker = worker;
  one.job.started_at = now;
  one.job.run_at.reset();
  one.job.message.clear();
  return "good " + find(id);
}

ModelJob* Model::held(const Claim& claim) {
  ModelJob* one = job(claim.job);
  return one && one->job.status == Status::running && one->job.token == claim.token ? one : nullptr;
}

std::string Model::progress(const Claim& claim, const Progress& progress) {
  ModelJob* one = held(claim);
  if (!one) return stale;
  Job& job = one->job;
  const std::string before = describe(job);
  job.progress = std::max(job.progress, std::clamp(progress.percent, 0.0, 99.0));
  job.stage = progress.stage;
  job.scene = progress.scene;
  job.scenes = progress.scenes;
  job.message = progress.message;
  if (describe(job) != before) job.updated_at = now;
  return "good";
}

std::string Model::update(const Claim& claim, const Fields& fields) {
  ModelJob* one = held(claim);
  if (!one) return stale;
  put_over(one->fields, fields);
  one->job.updated_at = now;
  return "good";
}

std::string Model::append_step(const Claim& claim, const StepRecord& record) {
  ModelJob* one = held(claim);
  if (!one) return stale;
  StepRecord kept = record;
  kept.token = claim.token;
  kept.attempt = one->job.attempt;
  kept.at = now;
  if (kept.phase == StepRecord::Phase::done) one->job.interruptions = 0;
  for (StepRecord& known : one->steps)
    if (known.key == kept.key) {
      known = kept;
      return "good";
    }
  one->steps.push_back(kept);
  return "good";
}

std::string Model::finish(const Claim& claim, Ending::Kind kind, const Fields& fields,
                          std::optional<Time> run_at) {
  ModelJob* one = held(claim);
  if (!one) return stale;
  Job& job = one->job;
  const bool is_tried_again = kind == Ending::Kind::retry || kind == Ending::Kind::given_back;
  if (is_tried_again && job.cancel_requested) kind = Ending::Kind::cancelled;
  if (kind == Ending::Kind::done) {
    job.progress = 100;
    job.message.clear();
    put_over(one->fields, no_error);
  }
  put_over(one->fields, fields);
  if (kind == Ending::Kind::retry) {
    job.run_at = run_at;
    job.progress = 0;
    job.scene = 0;
  }
  if (kind == Ending::Kind::given_back) job.attempt -= 1;
  const bool is_pending = kind == Ending::Kind::retry || kind == Ending::Kind::given_back;
  if (is_pending) job.stage = "waiting";
  move(*one, kind == Ending::Kind::done        ? Status::done
             : kind == Ending::Kind::failed    ? Status::failed
             : kind == Ending::Kind::cancelled ? Status::cancelled
                                               : Status::pending);
  settle();
  return "good " + find(claim.job);
}

void Model::death_of(const std::string& worker) {
  for (ModelJob& one : jobs) {
    if (one.job.status != Status::running || one.job.worker != worker) continue;
    if (one.job.cancel_requested) {
      move(one, Status::cancelled);
      continue;
    }
    one.job.interruptions += 1;
    if (one.job.interruptions >= max_interruptions) {
      put_over(one.fields, error("interrupted", "worker_died_often",
                                 "given up: the worker died " + std::to_string(one.job.interruptions) +
                                     " times while running this job, with no step finished in between",
                                 true));
      move(one, Status::failed);
    } else {
      one.job.attempt -= 1;
      one.job.stage = "waiting";
      move(one, Status::pending);
    }
  }
  settle();
}

// ---- wishes

void Model::cancel_job(ModelJob& one) {
  if (one.job.cancel_requested) return;
  one.job.cancel_requested = one.job.status == Status::running;
  move(one, one.job.status == Status::running ? Status::running : Status::cancelled);
}

void Model::retry_job(ModelJob& one) {
  Job& job = one.job;
  move(one, Status::pending);
  one.retry_rev = job.rev;
  job.attempt = job.interruptions = job.scene = 0;
  job.progress = 0;
  job.cancel_requested = false;
  job.stage = "waiting";
  job.message.clear();
  job.started_at.reset();
  job.finished_at.reset();
  job.run_at.reset();
  put_over(one.fields, no_error);
}

void Model::remove_job(const std::string& id) {
  const ModelJob& one = *job(id);
  removed[id] = {one.job.status, one.draft.meaning, one.draft.key, now};
  std::erase_if(jobs, [&](const ModelJob& other) { return other.job.id == id; });
}

std::string Model::cancel(const std::string& id) {
  ModelJob* one = job(id);
  if (!one) return unknown_job;
  if (has_ended(one->job.status)) return wrong_state;
  cancel_job(*one);
  const std::string answer = "good " + find(id);
  settle();
  return answer;
}

std::string Model::retry(const std::string& id) {
  ModelJob* one = job(id);
  if (!one) return unknown_job;
  if (one->job.status != Status::failed && one->job.status != Status::cancelled) return wrong_state;
  retry_job(*one);
  const std::string answer = "good " + find(id);
  settle();
  return answer;
}

std::string Model::remove(const std::string& id) {
  ModelJob* one = job(id);
  if (!one) return unknown_job;
  if (!has_ended(one->job.status)) return wrong_state;
  remove_job(id);
  settle();
  return "good";
}

// ---- looking

std::string Model::find(const std::string& id) const {
  const ModelJob* one = job(id);
  return one ? describe(whole(*one)) : unknown_job;
}

std::string Model::list(std::optional<Status> status, std::size_t limit, const std::string& after) const {
  auto next = jobs.rbegin();
  if (!after.empty()) {
    while (next != jobs.rend() && next->job.id != after) ++next;
    if (next == jobs.rend()) return "invalid_request//after";
    ++next;
  }
  std::string text = "good\n";
  for (; next != jobs.rend() && limit > 0; ++next) {
    if (status && next->job.status != *status) continue;
    text += describe(whole(*next));
    --limit;
  }
  return text;
}

std::string Model::steps(const std::string& id) const {
  std::string text = "good\n";
  if (const ModelJob* one = job(id))
    for (const StepRecord& step : one->steps) text += describe(step);
  return text;
}

Stats Model::stats() const {
  Stats stats;
  stats.paused = paused;
  for (const ModelJob& one : jobs) switch (one.job.status) {
      case Status::pending:
        ++(waiting(one) == Waiting::for_time ? stats.delayed : stats.waiting);
        break;
      case Status::running:
        ++stats.active;
        break;
      case Status::done:
        ++stats.done;
        break;
      case Status::failed:
        ++stats.failed;
        break;
      case Status::cancelled:
        ++stats.cancelled;
        break;
    }
  return stats;
}

}  // namespace reelspool::model
