#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "jobstore/job.hpp"
#include "jobstore/result.hpp"

namespace reelspool {

/// Pictures may be inside, as data URLs.
inline constexpr std::size_t max_entry_bytes = std::size_t{64} << 20;

/// One entry as somebody wrote it, into jobs.json, the drop folder or a command, read but not judged: what it
/// asks for depends on what is known of its id.
///
/// Read as ours (REQUIREMENTS J17): jobId, job_id (id); data, payload (params); the other words for a status;
/// snake_case for the camelCase names. Times are RFC 3339 text or whole milliseconds since 1970.
struct Entry {
  std::string text;  ///< the object, byte for byte, without white space around it
  std::string id;    ///< empty: it has none
  std::string type;
  std::optional<Status> status;  ///< absent or null: nothing
  int priority = 0;
  std::optional<int> max_attempts;
  std::optional<Time> created_at, run_at;
  std::vector<std::string> depends_on;
  std::string idempotency_key;  ///< empty: none
  std::string user;             ///< userId, of the entry or its params; empty: none

  std::optional<std::uint64_t> rev;  ///< there: it is a copy of an entry that we published
  bool cancel_requested = false;
  bool remove_requested = false;

  /// Equal for two entries that mean the same (meaning.hpp): order, white space, escapes, 1.10 for 1.1 and 1.0 for 1
  /// do not matter.
  std::uint64_t body_hash = 0;

  /// The first thing that is wrong with a field other than the id: the job cannot run.
  std::optional<Error> problem;
};

/// Errors: invalid_request  no JSON, no object, a name that appears twice, an id that is none, over 64 MiB;
///                          `field` names the field. Anything else that is wrong stands in Entry::problem.
Result<Entry> read_entry(std::string_view text);

/// JSON object text of the params in an entry's text: of `params`, `data` or `payload`, whichever comes first
/// in that order; "{}" when there are none.
std::string params_of(std::string_view entry_text);

}  // namespace reelspool
