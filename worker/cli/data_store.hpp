#pragma once

#include <memory>
#include <string>

#include "jobstore/file/file_job_store.hpp"
#include "worker/config/settings.hpp"

namespace reelspool {

/// Opens the store of DATA_DIR: for a worker under its name; with none for a command that is about the files themselves.
/// What the store has to say goes to the log. Errors: as open_file_job_store().
Result<std::shared_ptr<FileJobStore>> open_data_store(const Settings& settings, const std::string& worker);

/// The store of DATA_DIR for a command: asked of a living worker, or opened when it has to be (NearestStore).
std::unique_ptr<JobStore> command_store(const Settings& settings);

}  // namespace reelspool
