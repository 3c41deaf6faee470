#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "jobstore/file/files.hpp"
#include "jobstore/file/ledger.hpp"
#include "jobstore/file/writer.hpp"
#include "jobstore/result.hpp"

namespace reelspool::window {

/// What would become of what front ends wrote: for their authors. Told by the functions that do it, on a rehearsal
/// (jobstore/file/rehearsal.hpp); the files stay as they are.

struct Verdict {
  std::string where;  ///< "jobs.json: line 12", "inbox/ad-7.json"
  std::string id;     ///< empty when it could not be read
  Ledger::Outcome::Kind kind = Ledger::Outcome::Kind::rejected;
  std::string reason;  ///< rejected only
};

/// One verdict for each entry; one in all for a file that is no job file.
Result<std::vector<Verdict>> check_jobs_file(Files& files, const std::filesystem::path& file, Writer& writer);

/// Files that were dropped, in the order in which they are taken in. One that is not for the worker yet (a dot file) has
/// no verdict.
Result<std::vector<Verdict>> check_dropped(Files& files, const std::vector<std::filesystem::path>& dropped,
                                           Writer& writer);

/// Whether the text of a file is meant as a jobs.json, and not as one job for the drop folder.
bool is_jobs_file(const std::filesystem::path& file, std::string_view text);

}  // namespace reelspool::window
