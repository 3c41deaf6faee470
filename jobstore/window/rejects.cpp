#include "jobstore/window/rejects.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>

#include "jobstore/job.hpp"

namespace reelspool::window {
namespace {

/// FNV-1a, 64 bits: tells contents apart, proves nothing.
std::uint64_t fingerprint(std::string_view bytes) {
  std::uint64_t hash = 0xcbf29ce484222325U;
  for (const char c : bytes) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3U;
  return hash;
}

}  // namespace

std::string safe_stem(std::string_view stem) {
  return is_job_id(stem) ? std::string(stem) : "entry";
}

Result<> make_drop_folder(Files& files, const std::filesystem::path& data) {
  const std::filesystem::path inbox = data / "inbox";
  for (const std::filesystem::path& folder : {inbox, inbox / "rejected"}) {
    Result<> made = files.mkdir(folder);
    if (made) continue;
    Error& error = made.error();
    if (error.code == "EACCES" || error.code == "EPERM")
      error.message +=
          ": the worker's user (" + std::to_string(::geteuid()) + ") may not write to " +
          folder.parent_path().string() +
          "; give both sides a group in common there (chgrp, chmod 2775), or make the folder for the worker";
    return std::move(error);
  }
  return ok;
}

Result<bool> Rejects::keep(std::string_view stem, std::string_view content, std::string_view reason) {
  char hash[17];
  std::snprintf(hash, sizeof hash, "%016llx", static_cast<unsigned long long>(fingerprint(content)));
  const std::filesystem::path file = folder_ / (safe_stem(stem) + "-" + hash + ".json");
  if (files_.stat(file)) return false;

  // The reason first: a file that is there was explained, however the process ends.
  Result<> done =
      make_drop_folder(files_, folder_.parent_path().parent_path());  // somebody may have cleaned up
  if (done) done = files_.write_synced(file.string() + ".reason.txt", std::string(reason) + "\n");
  if (done) done = files_.write_synced(file, content);
  if (done) done = files_.sync_dir(folder_);
  if (!done) return std::move(done.error()).while_doing("setting a bad entry aside");
  return true;
}

Result<> Rejects::move_in(const std::filesystem::path& file, std::string_view reason) {
  const std::string name = file.filename().string();
  std::filesystem::path target = folder_ / name;
  for (int number = 2; files_.stat(target); ++number)
    target = folder_ / (file.stem().string() + "." + std::to_string(number) + file.extension().string());

  Result<> done = make_drop_folder(files_, folder_.parent_path().parent_path());
  if (done) done = files_.write_synced(target.string() + ".reason.txt", std::string(reason) + "\n");
  if (done) done = files_.rename(file, target);
  if (done) done = files_.sync_dir(folder_);
  if (!done) return std::move(done.error()).while_doing("setting " + name + " aside");
  return ok;
}

}  // namespace reelspool::window
