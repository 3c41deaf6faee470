#include "tests/jobstore/model/doing.hpp"

#include "jobstore/json.hpp"
#include "tests/jobstore/arrange.hpp"
#include "tests/jobstore/model/answers.hpp"

namespace reelspool::model {
namespace {

using Kind = Op::Kind;

/// The word behind `mark` in an answer, such as the token of a claim.
std::string word_after(const std::string& text, const std::string& mark) {
  const std::size_t at = text.find(mark);
  if (at == std::string::npos) return {};
  return text.substr(at + mark.size(), text.find_first_of(" \n", at + mark.size()) - at - mark.size());
}
/// A wish about a job that the model knows: its entry as published, with something changed in it by a front end.
std::optional<Draft> wish(const Model& model, const Op& op) {
  const ModelJob* known = op.id.empty() ? nullptr : model.job(op.id);
  const auto rev = known ? static_cast<std::int64_t>(known->job.rev) + op.rev_offset : 0;
  if (!known || rev < 0) return std::nullopt;
  Draft draft = known->draft;
  Json entry = must(parse_json(published_entry(Model::whole(*known))));
  entry["rev"] = rev;
  draft.id = op.id;
  draft.rev = static_cast<std::uint64_t>(rev);
  draft.cancel = op.cancel || (entry.contains("cancelRequested") && entry["cancelRequested"] == true);
  draft.remove = op.remove;
  draft.status = op.to_pending ? Status::pending : known->job.status;
  if (op.cancel) entry["cancelRequested"] = true;
  if (op.remove) entry["removeRequested"] = true;
  entry["status"] = to_string(*draft.status);
  draft.text = reelspool::to_text(entry);
  return draft;
}

}  // namespace

std::uint64_t token_in(const std::string& text) {
  const std::string word = word_after(text, " token=");
  return word.empty() ? 0 : std::stoull(word);
}

std::vector<Draft> entries_of(const Model& model, const Op& op) {
  std::vector<Draft> entries = op.drafts;
  if (auto wished = wish(model, op)) entries.push_back(*std::move(wished));
  return entries;
}

std::string act(FileJobStore& store, const Doing& doing) {
  const Op& op = doing.op;
  switch (op.kind) {
    case Kind::submit:
      return answer(store.submit(op.drafts[0].text));
    case Kind::take_in: {
      std::vector<std::string_view> texts;
      for (const Draft& entry : doing.entries) texts.emplace_back(entry.text);
      const auto outcomes = store.take_in(texts);
      return outcomes ? outcomes_text(*outcomes) : why_not(outcomes.error());
    }
    case Kind::claim:
      return answer(store.claim());
    case Kind::claim_job:
      return answer(store.claim_job(op.id));
    case Kind::progress:
      return answer(store.progress(doing.claim, op.shown));
    case Kind::update:
      return answer(store.update(doing.claim, object_text(op.fields)));
    case Kind::step:
      return answer(store.append_step(doing.claim, op.step));
    case Kind::finish:
      return answer(store.finish(
          doing.claim, {.kind = op.ending, .fields = object_text(op.fields), .run_at = doing.until}));
    case Kind::cancel:
      return answer(store.cancel(op.id));
    case Kind::retry:
      return answer(store.retry(op.id));
    case Kind::remove:
      return answer(store.remove(op.id, false));
    case Kind::retry_failed:
      return ids_answer(store.retry_failed());
    case Kind::remove_failed:
      return ids_answer(store.remove_failed(false));
    case Kind::recover_from:
      return ids_answer(store.recover_from(worker_of(op.number)));
    case Kind::sweep: {
      const auto count = store.sweep();
      return count ? "good " + std::to_string(*count) : why_not(count.error());
    }
    case Kind::pause:
      return answer(store.set_paused(op.number != 0));
    case Kind::look: {
      const auto found = store.find(op.id);
      const auto stats = store.stats();
      return (found ? describe(*found) : why_not(found.error())) + answer(store.steps(op.id)) +
             answer(store.list({.status = op.status, .limit = 2, .after = op.number % 2 == 0 ? "" : op.id})) +
             (stats ? describe(*stats) : why_not(stats.error())) + answer(store.last_failures(2));
    }
    case Kind::recover: {
      const auto ids = store.recover();
      return ids ? "good " + std::to_string(ids->size()) : why_not(ids.error());
    }
    default:
      return "good";
  }
}

std::string expected(Model& model, const Doing& doing, const std::string& real, std::size_t most) {
  const Op& op = doing.op;
  const bool is_client = worker_of(op.slot).empty();
  switch (op.kind) {
    case Kind::submit:
      return model.submit(op.drafts[0], word_after(real, "good new "));
    case Kind::take_in:
      return model.take_in(doing.entries, most);
    case Kind::claim:
    case Kind::claim_job: {
      if (is_client) return "invalid_request//";
      const bool is_free = op.kind == Kind::claim || model.is_claimable(op.id);
      const std::string id = !is_free ? "" : op.kind == Kind::claim ? model.next_claimable() : op.id;
      return model.claim(id, worker_of(op.slot), token_in(real));
    }
    case Kind::progress:
      return model.progress(doing.claim, op.shown);
    case Kind::update:
      return model.update(doing.claim, op.fields);
    case Kind::step:
      return model.append_step(doing.claim, op.step);
    case Kind::finish:
      return model.finish(doing.claim, op.ending, op.fields, doing.until);
    case Kind::cancel:
      return model.cancel(op.id);
    case Kind::retry:
      return model.retry(op.id);
    case Kind::remove:
      return model.remove(op.id);
    case Kind::retry_failed:
      return model.retry_failed(most);
    case Kind::remove_failed:
      return model.remove_failed(most);
    case Kind::recover_from:
      return model.recover_from(worker_of(op.number), most);
    case Kind::sweep:
      return model.sweep(stay, doing.is_quiet, most);
    case Kind::pause:
      model.paused = op.number != 0;
      return "good";
    case Kind::look:
      return model.find(op.id) + model.steps(op.id) +
             model.list(op.status, 2, op.number % 2 == 0 ? "" : op.id) + describe(model.stats()) +
             model.last_failures(2);
    case Kind::recover:
      return "good 0";
    default:
      return "good";
  }
}

}  // namespace reelspool::model
