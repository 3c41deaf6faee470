#include "worker/providers/operation_folders.hpp"

#include <string>
#include <system_error>
#include <vector>

namespace reelspool {
namespace {

namespace fs = std::filesystem;

void collect_files(const Json& request, std::vector<std::string>& names) {
  if (request.is_object() && request.contains("file") && request["file"].is_string())
    names.push_back(request["file"].get<std::string>());
  if (request.is_structured())
    for (const auto& [name, member] : request.items()) collect_files(member, names);
}

}  // namespace

fs::path folder_of(const fs::path& step_folder, int number) {
  return number == 0 ? step_folder : step_folder / (".again-" + std::to_string(number));
}

Result<> furnish(const fs::path& folder, const fs::path& step_folder, const Json& request) {
  std::vector<std::string> names;
  collect_files(request, names);
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) return system_error("making " + folder.string(), error.value());
  for (const std::string& name : names) {
    if (name.find('/') != std::string::npos) continue;  // refused by whoever reads it
    fs::create_hard_link(step_folder / name, folder / name, error);
    if (error && error != std::errc::file_exists && error != std::errc::no_such_file_or_directory)
      return system_error("linking " + (folder / name).string(), error.value());
  }
  return ok;
}

Result<> bring_out(const fs::path& folder, const fs::path& step_folder) {
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder, error))
    if (entry.is_regular_file() && !entry.is_symlink()) {
      fs::rename(entry.path(), step_folder / entry.path().filename(), error);
      if (error) break;
    }
  return error ? Result<>(system_error("moving files out of " + folder.string(), error.value())) : ok;
}

}  // namespace reelspool
