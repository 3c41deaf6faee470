#include "jobstore/window/intake.hpp"

#include <algorithm>
#include <deque>

#include "jobstore/json.hpp"

namespace reelspool::window {
namespace {

constexpr std::size_t longest_shown_reason = 500;
constexpr std::size_t most_kept_each = 100;

}  // namespace

std::string refused_entry(std::string_view id, std::string_view reason) {
  Json entry = Json::object();
  entry["id"] = id;
  entry["status"] = to_string(Status::failed);
  entry["error"] = reason.substr(0, longest_shown_reason);
  entry["errorInfo"] = {
      {"class", to_string(ErrorClass::invalid_request)}, {"code", "bad_entry"}, {"retryable", false}};
  return to_text(entry);
}

/// An entry with the `rev` of a job that is shown wishes something only by its two flags, or by `pending` on
/// an ended job. Most entries of most files are ours, as we wrote them.
bool Intake::wishes_nothing(const ForeignEntry& entry) const {
  const Shelf::Shown* shown = shelf_.find(entry.id);
  if (shown == nullptr) return false;
  if (entry.text == shown->entry) return true;
  const bool asks_retry = entry.status == Status::pending && has_ended(shown->status);
  return entry.rev && !entry.cancel_requested && !entry.remove_requested && !asks_retry;
}

Result<TakenIn> Intake::take_in(const ForeignText& text, std::string_view source) {
  Result<ForeignFile> file = split(text);
  if (!file) return std::move(file.error()).while_doing(source);

  std::vector<std::string_view> wishes;
  std::vector<const ForeignEntry*> wished_by;
  std::deque<std::string> completed;  // a deque: views into it stay valid
  for (const ForeignEntry& entry : file->entries) {
    if (wishes_nothing(entry)) continue;
    wishes.push_back(entry.id_is_in_text ? entry.text : completed.emplace_back(with_id(entry)));
    wished_by.push_back(&entry);
  }

  TakenIn taken;
  std::vector<Refusal> refusals;
  for (const BadEntry& bad : file->bad)
    refusals.push_back(
        {bad.id, std::string(bad.text), std::string(source) + ": " + bad.where + ": " + bad.reason});
  if (!wishes.empty()) {
    Result<std::vector<Ledger::Outcome>> outcomes = ledger_.take_in(wishes);
    if (!outcomes)
      return std::move(outcomes.error()).while_doing(std::string("taking in ") + std::string(source));
    for (std::size_t i = 0; i < outcomes->size(); ++i) {
      const Ledger::Outcome& outcome = (*outcomes)[i];
      switch (outcome.kind) {
        case Ledger::Outcome::Kind::submitted:
          ++taken.submitted;
          break;
        case Ledger::Outcome::Kind::cancelled:
        case Ledger::Outcome::Kind::retried:
        case Ledger::Outcome::Kind::removed:
          ++taken.granted;
          break;
        case Ledger::Outcome::Kind::known:
        case Ledger::Outcome::Kind::unchanged:
          break;
        case Ledger::Outcome::Kind::rejected:
          refusals.push_back({wished_by[i]->id, std::string(wishes[i]),
                              std::string(source) + ": line " + std::to_string(wished_by[i]->line) + ": " +
                                  with_lines_of_file(outcome.problem.message, wished_by[i]->line)});
      }
    }
  }
  Result<std::size_t> set_aside = refuse(refusals);
  if (!set_aside) return std::move(set_aside.error());
  taken.set_aside = *set_aside;
  shelf_.remember(*file);
  return taken;
}

/// A file with thousands of bad entries (a front end with a fault) would cost as many syncs and lines of the log.
Result<std::size_t> Intake::keep_together(const std::vector<Refusal>& refusals) {
  std::string entries, reasons;
  for (const Refusal& refusal : refusals) {
    entries += (entries.empty() ? "[" : ",\n") + refusal.content;
    reasons += (reasons.empty() ? "" : "\n") + refusal.message;
  }
  Result<bool> is_new = rejects_.keep("entries", entries + "]\n", reasons);
  if (!is_new) return std::move(is_new.error());
  if (!*is_new) return std::size_t{0};
  if (report_)
    report_({Notice::Level::warning,
             refusals.front().message + " - and " + std::to_string(refusals.size() - 1) +
                 " more like it; set aside together in inbox/rejected",
             ""});
  return refusals.size();
}

Result<std::size_t> Intake::keep_each(const std::vector<Refusal>& refusals) {
  std::size_t set_aside = 0;
  for (const Refusal& refusal : refusals) {
    Result<bool> is_new = rejects_.keep(refusal.id, refusal.content, refusal.message);
    if (!is_new) return std::move(is_new.error());
    if (!*is_new) continue;
    ++set_aside;
    if (report_)
      report_({Notice::Level::warning, refusal.message + " - set aside in inbox/rejected",
               is_job_id(refusal.id) ? refusal.id : ""});
  }
  return set_aside;
}

Result<std::size_t> Intake::refuse(const std::vector<Refusal>& refusals) {
  // Kept before anything else: the file they came from is replaced soon.
  Result<std::size_t> set_aside =
      refusals.size() > most_kept_each ? keep_together(refusals) : keep_each(refusals);
  if (!set_aside) return set_aside;
  std::vector<std::string> stand_ins;
  for (const Refusal& refusal : refusals)
    if (is_job_id(refusal.id) && shelf_.find(refusal.id) == nullptr)
      stand_ins.push_back(refused_entry(refusal.id, refusal.message));
  if (stand_ins.empty()) return set_aside;
  // Of an id that is in use already nothing comes of this: the ledger refuses the second body.
  const std::vector<std::string_view> entries(stand_ins.begin(), stand_ins.end());
  if (Result<std::vector<Ledger::Outcome>> outcomes = ledger_.take_in(entries); !outcomes)
    return std::move(outcomes.error()).while_doing("showing refused entries as failed jobs");
  return set_aside;
}

}  // namespace reelspool::window
