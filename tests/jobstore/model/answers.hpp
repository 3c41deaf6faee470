#pragma once

#include <array>
#include <optional>
#include <string>
#include <vector>

#include "jobstore/file/ledger.hpp"
#include "tests/jobstore/model/model.hpp"

/// What the real store answers, in the model's words: "good ..." or "class/code/field".
namespace reelspool::model {

inline std::string why_not(const Error& error) {
  return std::string(to_string(error.cls)) + "/" + error.code + "/" + error.field;
}
inline std::string answer(const Result<>& result) {
  return result ? "good" : why_not(result.error());
}
inline std::string answer(const Result<Job>& result) {
  return result ? "good " + describe(*result) : why_not(result.error());
}
inline std::string answer(const Result<Submitted>& result) {
  return result ? (result->is_new ? "good new " : "good old ") + describe(result->job)
                : why_not(result.error());
}
inline std::string answer(const Result<std::optional<Claimed>>& result) {
  if (!result) return why_not(result.error());
  return *result ? "good " + describe((*result)->job) : "good nothing";
}
template <class T>
inline std::string answer(const Result<std::vector<T>>& result) {
  if (!result) return why_not(result.error());
  std::string text = "good\n";
  for (const T& one : *result) text += describe(one);
  return text;
}

inline std::string ids_answer(const Result<std::vector<std::string>>& ids) {
  if (!ids) return why_not(ids.error());
  std::string text = "good";
  for (const std::string& id : *ids) text += ' ' + id;
  return text;
}

inline std::string outcomes_text(const std::vector<Ledger::Outcome>& outcomes) {
  constexpr std::array<std::string_view, 7> words = {"submitted", "known",     "cancelled", "retried",
                                                     "removed",   "unchanged", "rejected"};
  std::string text;
  for (const Ledger::Outcome& outcome : outcomes)
    text += std::string(words[static_cast<std::size_t>(outcome.kind)]) + ' ' + outcome.id +
            (outcome.kind == Ledger::Outcome::Kind::rejected ? ' ' + why_not(outcome.problem) : "") + '\n';
  return text;
}

/// All that there is to see.
inline std::string state_of(JobStore& store) {
  const auto jobs = store.list({.limit = 1000});
  const auto stats = store.stats();
  std::string text = answer(jobs);
  if (jobs)
    for (const Job& job : *jobs) text += job.id + " steps " + answer(store.steps(job.id));
  return text + (stats ? describe(*stats) : why_not(stats.error()));
}

}  // namespace reelspool::model
