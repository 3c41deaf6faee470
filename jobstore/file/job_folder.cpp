#include "jobstore/file/job_folder.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <string>
#include <system_error>
#include <vector>

#include "jobstore/job.hpp"

namespace reelspool {
namespace {

bool is_output(const std::string& name) {
  return name == "plan.json" || name.starts_with("final.") || name.starts_with("thumbnail.");
}

}  // namespace

void delete_job_folder(const std::filesystem::path& data, std::string_view id, bool with_outputs) {
  if (!is_job_id(id)) return;  // it would name another folder
  const std::filesystem::path folder = data / "jobs" / std::string(id);
  std::error_code problem;
  std::vector<std::filesystem::path> doomed;
  for (std::filesystem::directory_iterator entry(folder, problem), end; !problem && entry != end;
       entry.increment(problem))
    if (with_outputs || !is_output(entry->path().filename().string())) doomed.push_back(entry->path());
  for (const std::filesystem::path& path : doomed) std::filesystem::remove_all(path, problem);
  std::filesystem::remove(folder, problem);  // only if nothing is left in it
}

std::optional<Time> newest_output(const std::filesystem::path& folder) {
  std::optional<Time> newest;
  std::error_code problem;
  for (std::filesystem::directory_iterator entry(folder, problem), end; !problem && entry != end;
       entry.increment(problem)) {
    struct ::stat found;
    if (!is_output(entry->path().filename().string()) || ::stat(entry->path().c_str(), &found) != 0) continue;
    const Time made(std::chrono::seconds(found.st_mtim.tv_sec));
    newest = std::max(newest.value_or(made), made);
  }
  return newest;
}

}  // namespace reelspool
