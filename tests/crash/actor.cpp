#include "tests/crash/actor.hpp"

namespace reelspool::crash {

std::string Actor::entry(const std::string& id) {
  return R"({"id":")" + id + R"(","type":"clip","params":{"n":1.10}})";
}

bool Actor::act(const std::string& id, const Promises::Effect& effect, const std::function<bool()>& act) {
  promises_.begin(id, effect);
  tell();
  if (!act()) return false;
  promises_.acknowledge(id);
  tell();
  return true;
}

bool Actor::submit(const std::string& id) {
  return act(id, effects::submitted, [&] { return static_cast<bool>(store_.submit(entry(id))); });
}

std::optional<Claim> Actor::claim(const std::string& id) {
  promises_.begin(id, effects::claimed);
  tell();
  const Result<std::optional<Claimed>> claimed = store_.claim_job(id);
  if (!claimed || !*claimed) return std::nullopt;
  if (crash_ == Crash::of_the_process) promises_.acknowledge(id);
  tell();
  return (*claimed)->claim;
}

bool Actor::step(const Claim& claim, const std::string& key) {
  return act(claim.job, effects::step_done, [&] {
    return static_cast<bool>(
        store_.append_step(claim, {.key = key, .hash = "h", .phase = StepRecord::Phase::done}));
  });
}

bool Actor::finish(const Claim& claim, Ending::Kind kind) {
  const bool is_done = kind == Ending::Kind::done;
  return act(claim.job, is_done ? effects::finished : effects::failed, [&] {
    return static_cast<bool>(store_.finish(
        claim, {.kind = kind, .fields = is_done ? R"({"videoUrl":"u"})" : R"({"error":"e"})", .run_at = {}}));
  });
}

bool Actor::cancel(const std::string& id) {
  return act(id, effects::cancelled, [&] { return static_cast<bool>(store_.cancel(id)); });
}

bool Actor::retry(const std::string& id) {
  return act(id, effects::retried, [&] { return static_cast<bool>(store_.retry(id)); });
}

bool Actor::remove(const std::string& id) {
  return act(id, effects::removed, [&] { return static_cast<bool>(store_.remove(id, false)); });
}

bool Actor::retry_failed() {
  return act_on_some(effects::retried, [&] { return store_.retry_failed(); });
}

bool Actor::remove_failed() {
  return act_on_some(effects::removed, [&] { return store_.remove_failed(false); });
}

bool Actor::act_on_some(const Promises::Effect& effect,
                        const std::function<Result<std::vector<std::string>>()>& act) {
  for (const std::string& job : promises_.jobs()) promises_.begin(job, effect);
  tell();
  const Result<std::vector<std::string>> ids = act();
  if (!ids) return false;
  for (const std::string& id : *ids) promises_.acknowledge(id);
  tell();
  return true;
}

bool Actor::sweep(const std::string& id) {
  return act(id, effects::removed, [&] {
    const Result<std::size_t> count = store_.sweep();
    return count && *count == 1;  // else it had not come to where one leaves
  });
}

bool Actor::take_in(const std::vector<std::string>& ids) {
  std::vector<std::string> entries;
  for (const std::string& id : ids) {
    promises_.begin(id, effects::submitted);
    entries.push_back(entry(id));
  }
  tell();
  const Result<std::vector<Ledger::Outcome>> outcomes =
      store_.take_in(std::vector<std::string_view>(entries.begin(), entries.end()));
  if (!outcomes) return false;
  for (const std::string& id : ids) promises_.acknowledge(id);
  tell();
  return true;
}

}  // namespace reelspool::crash
