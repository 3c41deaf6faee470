#pragma once

#include <filesystem>
#include <string_view>

#include "jobstore/file/files.hpp"
#include "jobstore/job_store.hpp"
#include "jobstore/result.hpp"

namespace reelspool {

/// Puts one job into the drop folder of a data directory, as any front end may: the way to submit when nobody can be
/// asked. (disk) Durable on return; the store judges it when a worker, or a command that opens the store, takes it in.
///
/// The job that is returned is what it will be when nothing speaks against it. `is_new` false: the same bytes lie
/// there already.
/// Errors: invalid_request  what can be seen in the entry itself is wrong; or another job waits there under this id
///         storage          the disk refused
Result<Submitted> drop_job(const std::filesystem::path& data, std::string_view entry, Files& files,
                           const Clock& clock);

/// Something lies in the drop folder.
bool anything_dropped(const std::filesystem::path& data);

}  // namespace reelspool
