#include "worker/cli/checks.hpp"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <future>
#include <optional>
#include <system_error>

#include "jobstore/file/check_store.hpp"
#include "jobstore/file/lock_holders.hpp"
#include "jobstore/file/queued_lock.hpp"
#include "worker/cli/machine_checks.hpp"
#include "worker/programs/programs.hpp"

namespace reelspool {
namespace fs = std::filesystem;

namespace {

using Level = Finding::Level;

/// A vertical minute takes about 60 MB at CRF 18, and its working files as much again.
constexpr std::uintmax_t low_space_bytes = std::uintmax_t{2} << 30;
constexpr std::uintmax_t least_space_bytes = std::uintmax_t{200} << 20;

constexpr std::chrono::seconds lock_patience{2};

std::string in_gigabytes(std::uintmax_t bytes) {
  const auto tenths = bytes * 10 / (std::uintmax_t{1} << 30);
  return std::to_string(tenths / 10) + "." + std::to_string(tenths % 10) + " GB";
}

Finding check_data(const fs::path& data) {
  std::error_code error;
  fs::create_directories(data, error);
  if (error)
    return {Level::unusable, "DATA_DIR", data.string() + " cannot be made: " + error.message(),
            "make it, or set DATA_DIR to a folder that this user may write to"};
  if (access(data.c_str(), R_OK | W_OK | X_OK) != 0) {
    if (errno == EROFS)
      return {Level::unusable, "DATA_DIR", data.string() + " is on a read-only file system",
              "mount it writable, or set DATA_DIR to another folder"};
    return {Level::unusable, "DATA_DIR", data.string() + " is not writable by this user",
            "change its owner, or set DATA_DIR to another folder"};
  }
  const auto space = fs::space(data, error);
  if (!error && space.available < least_space_bytes)
    return {Level::unusable, "DATA_DIR",
            data.string() + " has only " + in_gigabytes(space.available) + " free",
            "make room, or set DATA_DIR to a larger disk"};
  if (!error && space.available < low_space_bytes)
    return {Level::poor, "DATA_DIR", data.string() + " has only " + in_gigabytes(space.available) + " free",
            "make room: a video of a minute takes about 0.2 GB while it is made"};
  return {Level::good, "DATA_DIR", data.string() + ", " + in_gigabytes(space.available) + " free", ""};
}

/// Files and folders that settings name. Found at the first job instead, an operator's slip would be a user's error.
std::vector<Finding> check_named_paths(const Settings& settings) {
  std::vector<Finding> findings;
  std::error_code ignored;
  const std::string mark = settings.text("WATERMARK_IMAGE");
  if (!mark.empty() && mark != "none" && !fs::is_regular_file(settings.path("WATERMARK_IMAGE"), ignored))
    findings.push_back({Level::unusable, "WATERMARK_IMAGE",
                        "there is no file " + settings.path("WATERMARK_IMAGE").string(),
                        "correct it, or set WATERMARK_IMAGE=none"});
  const auto look_at_folder = [&](const char* setting, const std::string& folder, Level missing) {
    if (!folder.empty() && !fs::is_directory(folder, ignored))
      findings.push_back(
          {missing, setting, "there is no folder " + folder, "make it, or correct " + std::string(setting)});
  };
  if (!settings.text("SCRIPTS_DIR").empty())
    look_at_folder("SCRIPTS_DIR", settings.path("SCRIPTS_DIR").string(), Level::unusable);
  if (!settings.text("PLUGINS_DIR").empty())
    look_at_folder("PLUGINS_DIR", settings.path("PLUGINS_DIR").string(), Level::poor);
  // A disk that is mounted later may hold these.
  std::string folders = settings.text("MEDIA_FOLDERS");
  for (std::size_t end = 0; !folders.empty(); folders.erase(0, end == std::string::npos ? end : end + 1)) {
    end = folders.find(':');
    look_at_folder("MEDIA_FOLDERS", folders.substr(0, end), Level::poor);
  }
  return findings;
}

/// Somebody who keeps the lock of the store, so that everybody else stands still. Stands in line for it: however busy the
/// store is, whoever does gets it soon.
std::optional<Finding> check_lock_of(const fs::path& store) {
  std::error_code ignored;
  if (!fs::exists(store / "lock", ignored)) return std::nullopt;
  std::promise<void> acquired;
  const auto in_line = QueuedLock::queue(store / "lock", [&acquired] { acquired.set_value(); });
  if (!in_line) return std::nullopt;  // what follows says why it cannot be used
  if (acquired.get_future().wait_for(lock_patience) == std::future_status::ready) return std::nullopt;
  return Finding{Level::unusable, "store",
                 "the lock " + (store / "lock").string() + " is kept, and everybody waits for it",
                 described(holders_of_store_lock(store))};
}

/// The whole of the store, read as a worker would read it.
Finding check_store_of(const fs::path& data) {
  std::error_code ignored;
  if (!fs::exists(data / "store", ignored))
    return {Level::good, "store", "none yet; the first job makes it", ""};
  if (auto kept = check_lock_of(data / "store")) return *std::move(kept);
  const auto checked = check_store(system_files(), data / "store");
  if (!checked)
    return {Level::unusable, "store", checked.error().message, "make DATA_DIR/store readable for this user"};
  if (checked->whole())
    return {Level::good, "store", std::to_string(checked->fold.all().size()) + " jobs, undamaged", ""};
  return {Level::unusable, "store", "is damaged, so no worker starts and nothing in it is touched",
          "see `reelspool store verify` and `reelspool store repair`"};
}

Finding check_part(const std::string& subject, const fs::path& file) {
  if (access(file.c_str(), X_OK) == 0) return {Level::good, subject, file.string(), ""};
  return {Level::unusable, subject, file.string() + " is missing",
          "install reelspool again, or build all of it"};
}

Finding check_program(const std::string& program, const std::string& package) {
  const auto found = find_program(program);
  if (found) return {Level::good, program, found->string(), ""};
  return {Level::unusable, program, "is not on the PATH", "install it: apt-get install " + package};
}

Finding check_landlock(const std::string& sandbox) {
  if (const int version = landlock_version(); version > 0)
    return {Level::good, "sandbox", "Landlock version " + std::to_string(version) + " and seccomp", ""};
  if (sandbox == "if_possible")
    return {Level::poor, "sandbox",
            "this kernel has no Landlock, and SANDBOX=if_possible: programs see all files",
            "boot a kernel with Landlock (5.13 or newer, lsm=landlock)"};
  return {Level::unusable, "sandbox", "this kernel has no Landlock",
          "boot a kernel with Landlock (5.13 or newer, lsm=landlock), or set SANDBOX=if_possible"};
}

}  // namespace

std::optional<fs::path> find_program(const std::string& name) {
  const char* path = std::getenv("PATH");
  std::string_view rest = path != nullptr ? path : "/usr/local/bin:/usr/bin:/bin";
  while (!rest.empty()) {
    const auto colon = rest.find(':');
    const fs::path candidate = fs::path(rest.substr(0, colon)) / name;
    if (candidate.is_absolute() && access(candidate.c_str(), X_OK) == 0) return candidate;
    rest = colon == std::string_view::npos ? std::string_view() : rest.substr(colon + 1);
  }
  return std::nullopt;
}

bool runs_boxed(const Settings& settings) {
  return settings.text("SANDBOX") == "required" || landlock_version() > 0;
}

std::vector<Finding> check_quickly(const Settings& settings) {
  const Installation here = Installation::of_this_program();
  std::vector<Finding> findings = {
      check_data(settings.path("DATA_DIR")),
      check_part("reelspool-exec", here.libexec() / "reelspool-exec"),
      check_part("reelspool-plugin-host", here.libexec() / "reelspool-plugin-host"),
      check_part("ffmpeg-scripts", here.scripts() / "piece"),
      check_program("ffmpeg", "ffmpeg"),
      check_program("ffprobe", "ffmpeg"),
      check_landlock(settings.text("SANDBOX")),
  };
  for (Finding& finding : check_named_paths(settings)) findings.push_back(std::move(finding));
  return findings;
}

std::vector<Finding> check_fully(const Settings& settings) {
  std::vector<Finding> findings = check_quickly(settings);
  findings.push_back(check_store_of(settings.path("DATA_DIR")));
  if (any_unusable(findings)) return findings;  // nothing can be run before these are mended
  for (Finding& finding : check_machine(settings)) findings.push_back(std::move(finding));
  return findings;
}

bool any_unusable(const std::vector<Finding>& findings) {
  return std::any_of(findings.begin(), findings.end(),
                     [](const Finding& finding) { return finding.level == Level::unusable; });
}

}  // namespace reelspool
