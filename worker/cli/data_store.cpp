#include "worker/cli/data_store.hpp"

#include "jobstore/open.hpp"
#include "jobstore/socket/nearest_store.hpp"
#include "worker/cli/claim_rules.hpp"
#include "worker/config/log.hpp"

namespace reelspool {
namespace {

void log_notice(const window::Notice& notice) {
  Log::Fields fields;
  if (!notice.job.empty()) fields.emplace_back("jobId", notice.job);
  switch (notice.level) {
    case window::Notice::Level::info:
      return Log::info(notice.message, fields);
    case window::Notice::Level::warning:
      return Log::warn(notice.message, fields);
    case window::Notice::Level::error:
      return Log::error(notice.message, fields);
  }
}

RetentionRules retention_of(const Settings& settings) {
  const auto count = [&](std::string_view name) { return static_cast<std::size_t>(settings.integer(name)); };
  return {.done = settings.duration("KEEP_DONE"),
          .failed = settings.duration("KEEP_FAILED"),
          .most_done = count("KEEP_DONE_COUNT"),
          .most_failed = count("KEEP_FAILED_COUNT"),
          .outputs = settings.duration("KEEP_OUTPUTS")};
}

/// For a worker under its name, for a command with none.
JobStoreOptions options_for(const Settings& settings, const std::string& worker) {
  JobStoreOptions options;
  options.store.data = settings.path("DATA_DIR");
  options.store.role = worker.empty() ? FileStoreOptions::Role::client : FileStoreOptions::Role::worker;
  options.store.worker = worker;
  options.store.max_attempts = static_cast<int>(settings.integer("MAX_ATTEMPTS"));
  options.store.max_interruptions = static_cast<int>(settings.integer("MAX_INTERRUPTIONS"));
  options.store.least_free_bytes = static_cast<std::uint64_t>(settings.integer("MIN_FREE_DISK_MB")) << 20;
  options.store.retention = retention_of(settings);
  options.store.report = [](const Error& problem) { Log::warn(problem.message); };
  options.window.poll_every = settings.duration("POLL_INTERVAL_MS");
  options.window.report = log_notice;
  return options;
}

Result<std::shared_ptr<FileJobStore>> open_with(const JobStoreOptions& options) {
  auto store = open_file_job_store(options);
  if (!store)
    return std::move(store.error()).while_doing("opening the job store in " + options.store.data.string());
  return store;
}

}  // namespace

Result<std::shared_ptr<FileJobStore>> open_data_store(const Settings& settings, const std::string& worker) {
  JobStoreOptions options = options_for(settings, worker);
  auto rules = claim_rules(settings);
  if (!rules) return std::move(rules.error());
  options.store.rules = *std::move(rules);
  return open_with(options);
}

std::unique_ptr<JobStore> command_store(const Settings& settings) {
  const JobStoreOptions options = options_for(settings, {});
  const auto open = [options]() -> Result<std::shared_ptr<JobStore>> {
    auto store = open_with(options);
    if (!store) return std::move(store.error());
    return std::shared_ptr<JobStore>(*std::move(store));
  };
  return std::make_unique<NearestStore>(options.store.data, open);
}

}  // namespace reelspool
