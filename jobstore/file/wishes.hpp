#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "jobstore/entry.hpp"
#include "jobstore/file/ledger.hpp"
#include "jobstore/file/writer.hpp"
#include "jobstore/result.hpp"

namespace reelspool {

/// What came of a submit.
struct Admission {
  enum class Kind {
    fresh,       ///< it is a job now
    known,       ///< the id or the idempotencyKey is known, with this body
    other_body,  ///< known, with another body
  };
  Kind kind = Kind::fresh;
  std::string id;           ///< of the job that it is, or was
  bool is_removed = false;  ///< that job has been removed
};

/// Makes a job of an entry, or finds the one that it is (REQUIREMENTS J8, J16). The entry has an id.
/// Errors: invalid_request  a field is wrong, or dependsOn names nobody
Result<Admission> admit(Writer& writer, const Entry& entry, int max_attempts);

/// Why an entry is no job: its id, or its idempotencyKey, is another's. Names both jobs.
Error taken(const Entry& entry, const Admission& admission);

/// Each of these writes one record, if the job's state allows it.
/// Errors: invalid_request  it does not; the text is for the one who asked
Result<> cancel_job(Writer& writer, const Row& row);
Result<> retry_job(Writer& writer, const Row& row);
/// `with_outputs` stands in the record for whoever deletes the folder.
Result<> remove_job(Writer& writer, const Row& row, bool with_outputs);

/// Ledger::take_in() without the removed jobs' folders: decides what each entry wishes, and grants it.
Result<std::vector<Ledger::Outcome>> grant_wishes(Writer& writer, const std::vector<Result<Entry>>& entries,
                                                  int max_attempts);

}  // namespace reelspool
