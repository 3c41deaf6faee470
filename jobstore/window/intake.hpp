#pragma once

#include <string>
#include <string_view>

#include "jobstore/file/ledger.hpp"
#include "jobstore/window/notice.hpp"
#include "jobstore/window/rejects.hpp"
#include "jobstore/window/shelf.hpp"
#include "jobstore/window/split.hpp"

namespace reelspool::window {

/// What became of a foreign file.
struct TakenIn {
  std::size_t submitted = 0;
  std::size_t granted = 0;    ///< cancels, retries and removals
  std::size_t set_aside = 0;  ///< new ones in inbox/rejected/
};

/// Takes in a jobs.json that somebody else wrote. The ledger judges wishes (Ledger::take_in); here the
/// entries are found, those that wish nothing are passed over cheaply, and those that are refused are kept
/// where a person finds them.
///
/// A refused entry with an id of its own also becomes a failed job with the reason as its `error`: whoever
/// polls for it learns what was wrong, instead of seeing it vanish. Such a job was never run, and a retry
/// cannot help it.
///
/// Threads  One, the window's.
class Intake {
 public:
  Intake(Ledger& ledger, Shelf& shelf, Rejects& rejects, Report report)
      : ledger_(ledger), shelf_(shelf), rejects_(rejects), report_(std::move(report)) {}

  /// (disk) All that `text` wishes is durable on return. `source` names the file in messages.
  /// Errors: invalid_request, code "not_json"  the file as a whole cannot be read; nothing was done
  ///         storage                           nothing was granted; take it in again
  Result<TakenIn> take_in(const ForeignText& text, std::string_view source);

 private:
  struct Refusal {
    std::string id, content, message;
  };
  bool wishes_nothing(const ForeignEntry& entry) const;
  Result<std::size_t> keep_each(const std::vector<Refusal>& refusals);
  Result<std::size_t> keep_together(const std::vector<Refusal>& refusals);
  Result<std::size_t> refuse(const std::vector<Refusal>& refusals);

  Ledger& ledger_;
  Shelf& shelf_;
  Rejects& rejects_;
  Report report_;
};

/// A failed job that stands for an entry that was refused, as JSON object text.
std::string refused_entry(std::string_view id, std::string_view reason);

}  // namespace reelspool::window
