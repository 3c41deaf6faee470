#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "jobstore/file/file_job_store.hpp"
#include "jobstore/file/fold.hpp"
#include "jobstore/file/writer.hpp"
#include "jobstore/result.hpp"

namespace reelspool {

/// The lines of an export (jobstore/FORMAT.md, Export), without their line breaks.
inline constexpr int export_version = 1;

std::string export_head(Time now);
std::string export_line(const Row& row);
std::string export_line(std::string_view id, const Gone& gone);
/// The last line tells a whole export from a cut one.
std::string export_end(std::size_t jobs, std::size_t removed);

/// What a line is, before it is taken in.
enum class ExportLine { head, job, gone, end, none };
/// `version` of a head that this program cannot read, or of a line that is none of an export: `none`.
ExportLine kind_of_line(std::string_view line);

/// Takes in one line with a job, or the memory of a removed one; see FileJobStore::import(). Head and end are `known`.
/// Errors: storage  the journal refused; a line that is wrong is Imported::Kind::refused
Result<Imported> import_line(Writer& writer, std::string_view line);

}  // namespace reelspool
