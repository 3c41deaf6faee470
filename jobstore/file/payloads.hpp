#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "jobstore/file/fold.hpp"
#include "jobstore/job_store.hpp"
#include "jobstore/lifecycle.hpp"

namespace reelspool {

/// What stands behind the kind and the mark in a line of the journal (jobstore/FORMAT.md). Pure functions: they
/// say what shall be; Fold::apply() makes it so, here and in every process that reads it.

/// Kind `job`: all columns of the row that are not as of a new job, and its body. The steps are apart.
std::string job_payload(const Row& row);
/// Kind `progress`.
std::string progress_payload(std::string_view id, const Progress& shown, Time now);
/// Kind `step`.
std::string step_payload(std::string_view id, const StepRecord& record);
/// Kind `gone`; with the line for the archive where the job is removed only now.
std::string gone_payload(std::string_view id, const Gone& gone, std::string_view archive_line = {});
/// Kind `queue`.
std::string queue_payload(bool is_paused);
/// Kind `queue`, in a snapshot: when jobs of these types were claimed lately.
std::string starts_payload(const std::map<std::string, std::vector<Time>>& by_type);
/// Kind `queue`: the lines up to this number of removal are in the archive.
std::string archived_payload(std::uint64_t removal);
/// Kind `queue`, in a snapshot: a line that is not in the archive yet.
std::string unarchived_payload(std::uint64_t removal, std::string_view line);
/// Kind `set`, without an event: fields alone.
std::string fields_payload(std::string_view id, std::string_view fields, Time now);

/// Kind `set`: something happened to a job. after(row.job.status, event) must allow it.
struct Move {
  Event event;
  Time now{};
  std::string_view worker = {};     ///< claimed
  std::optional<Time> run_at = {};  ///< retry_later
  std::string_view fields = {};     ///< JSON object text; completed, failed, cancelled, retry_later ...
};
std::string move_payload(const Row& row, const Move& move);

/// The members `error` and `errorInfo` of a failed job (REQUIREMENTS E5), as JSON object text.
std::string error_fields(ErrorClass cls, std::string_view code, std::string_view message);

}  // namespace reelspool
