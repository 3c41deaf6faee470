#include "worker/steps/folders.hpp"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <map>
#include <optional>
#include <system_error>

namespace fs = std::filesystem;

namespace reelspool {
namespace {

constexpr std::string_view work_prefix = "work-";

Error failed(std::string_view activity, const fs::path& path, const std::error_code& reason) {
  return system_error(std::string(activity) + " " + path.string(), reason.value());
}

std::optional<std::uint64_t> token_of(const fs::path& folder) {
  const std::string name = folder.filename().string();
  std::uint64_t token = 0;
  if (!name.starts_with(work_prefix)) return std::nullopt;
  const auto [end, error] =
      std::from_chars(name.data() + work_prefix.size(), name.data() + name.size(), token);
  if (error != std::errc() || end != name.data() + name.size()) return std::nullopt;
  return token;
}

/// Work folders of earlier attempts, the newest first.
Result<std::vector<fs::path>> left_behind(const fs::path& job_folder, const fs::path& ours) {
  std::error_code reason;
  std::map<std::uint64_t, fs::path, std::greater<>> found;
  for (fs::directory_iterator each(job_folder, reason), end; !reason && each != end; each.increment(reason))
    if (const auto token = token_of(each->path()); token && each->path().filename() != ours.filename())
      found.emplace(*token, each->path());
  if (reason) return failed("reading", job_folder, reason);
  std::vector<fs::path> folders;
  for (auto& [token, folder] : found) folders.push_back(std::move(folder));
  return folders;
}

}  // namespace

std::string folder_name(std::string_view key) {
  std::string name(key);
  std::replace(name.begin(), name.end(), '/', '-');
  return name;
}

bool is_step_key(std::string_view key) {
  bool starts_part = true;
  for (const char c : key) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (starts_part ? !letter && c != '_' : !letter && c != '.' && c != '-' && c != '_' && c != '/')
      return false;
    starts_part = c == '/';
  }
  return !starts_part && key.size() <= 128;
}

Result<> open_work_folder(const fs::path& job_folder, const fs::path& work_folder,
                          const std::vector<std::string>& handed_over) {
  std::error_code reason;
  fs::create_directories(work_folder, reason);
  if (reason) return failed("making", work_folder, reason);
  auto old = left_behind(job_folder, work_folder);
  if (!old) return std::move(old.error());

  for (const fs::path& folder : *old) {
    for (const std::string& name : handed_over) {
      const fs::path from = folder / name;
      const fs::path to = work_folder / name;
      if (!fs::is_directory(fs::symlink_status(from, reason)) || fs::exists(fs::symlink_status(to, reason)))
        continue;
      fs::rename(from, to, reason);
      if (reason) return failed("moving", from, reason);
    }
  }
  for (const fs::path& folder : *old) {
    fs::remove_all(folder, reason);
    if (reason) return failed("removing", folder, reason);
  }
  return ok;
}

Result<fs::path> step_folder(const fs::path& work_folder, std::string_view key, bool fresh) {
  std::error_code reason;
  fs::path folder = work_folder / folder_name(key);
  if (fresh) fs::remove_all(folder, reason);
  if (reason) return failed("emptying", folder, reason);
  fs::create_directories(folder, reason);
  if (reason) return failed("making", folder, reason);
  return folder;
}

Result<> tidy_work_folder(const fs::path& work_folder, const std::vector<std::string>& kept) {
  std::error_code reason;
  if (!fs::exists(work_folder, reason)) return ok;
  std::vector<fs::path> rest;
  bool keeps_some = false;
  for (fs::directory_iterator each(work_folder, reason), end; !reason && each != end;
       each.increment(reason)) {
    if (std::find(kept.begin(), kept.end(), each->path().filename().string()) != kept.end())
      keeps_some = true;
    else
      rest.push_back(each->path());
  }
  if (!keeps_some) rest = {work_folder};
  for (const fs::path& path : rest) {
    if (!reason) fs::remove_all(path, reason);
    if (reason) return failed("removing", path, reason);
  }
  return ok;
}

Result<Renames> products_of(const fs::path& step_folder, const fs::path& job_folder,
                            const std::vector<Product>& files) {
  Renames renames;
  for (const Product& file : files) {
    const auto broken = [&](std::string_view reason) {
      return make_error(ErrorClass::plugin_crashed,
                        "the step's file " + file.made.string() + " " + std::string(reason));
    };
    std::error_code reason;
    if (file.made.empty() || file.name.empty() || file.name.starts_with('.') ||
        file.name.find('/') != std::string::npos)
      return broken("has no plain name in public: \"" + file.name + "\"");
    const fs::path inside = file.made.lexically_normal();
    const fs::path made = fs::canonical(step_folder, reason) / inside;
    // A link on the way makes the canonical path another one.
    if (reason || inside.is_absolute() || *inside.begin() == ".." || fs::canonical(made, reason) != made ||
        reason)
      return broken("is not in the step's folder");
    if (!fs::is_regular_file(made, reason) || fs::file_size(made, reason) == 0 || reason)
      return broken("is empty or no file");
    renames.emplace_back(made, job_folder / file.name);
  }
  return renames;
}

}  // namespace reelspool
