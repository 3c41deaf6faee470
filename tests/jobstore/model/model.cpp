#include "tests/jobstore/model/model.hpp"

namespace reelspool::model {
namespace {

const std::string stale = "cancelled/stale_claim/", unknown_job = "unavailable/not_found/",
                  wrong_state = "invalid_request/wrong_state/";

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

}  // namespace

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

bool Model::is_open(const std::string& type) const {
  if (!type_limit || type != type_limit->type) return true;
  const auto running = std::count_if(jobs.begin(), jobs.end(), [&](const ModelJob& one) {
    return one.job.status == Status::running && one.job.type == type;
  });
  const auto begun = std::count_if(starts.begin(), starts.end(), [&](const auto& start) {
    return start.first == type && start.second + type_limit->per > now;
  });
  return static_cast<std::size_t>(running) < type_limit->at_once &&
         static_cast<std::size_t>(begun) < type_limit->starts;
}

bool Model::is_claimable(const std::string& id) const {
  const ModelJob* one = job(id);
  return !paused && one && one->job.status == Status::pending && waiting(*one) == Waiting::for_nothing &&
         is_open(one->job.type);
}

std::string Model::next_claimable() const {
  // The higher priority; the user whose last claim within it is the longest ago; the oldest.
  const auto last_claim = [&](const ModelJob& one) {
    std::uint64_t last = 0;
    for (const ModelJob& other : jobs)
      if (other.draft.user == one.draft.user && other.job.priority == one.job.priority)
        last = std::max(last, other.job.token);
    return last;
  };
  const ModelJob* best = nullptr;
  for (const ModelJob& one : jobs) {
    if (!is_claimable(one.job.id)) continue;
    if (!best || one.job.priority > best->job.priority ||
        (one.job.priority == best->job.priority && last_claim(one) < last_claim(*best)))
      best = &one;
  }
  return best ? best->job.id : "";
}

// ---- an attempt

void Model::move(ModelJob& one, Status to) {
  if (one.job.status != to) one.job.eta_seconds.reset();
  one.job.status = to;
  one.job.rev += 1;
  one.job.updated_at = now;
  if (to != Status::running) one.job.worker.clear();
  if (!has_ended(to)) return;
  one.job.finished_at = now;
  one.ended = ++ends;
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
  starts.emplace_back(one.job.type, now);
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
  if (describe(job) == before) return "good";  // an estimate alone is no news
  job.eta_seconds = progress.eta_seconds;
  job.updated_at = now;
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

std::vector<std::string> Model::give_back(const std::string& worker, std::size_t most) {
  std::vector<std::string> ids;
  for (ModelJob& one : jobs) {
    if (one.job.status != Status::running || one.job.worker != worker) continue;
    if (most-- == 0) break;
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
      ids.push_back(one.job.id);
    }
  }
  return ids;
}

void Model::death_of(const std::string& worker) {
  give_back(worker);
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
  ++removals[id];
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
