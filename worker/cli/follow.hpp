#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>

#include "jobstore/json.hpp"
#include "jobstore/result.hpp"

namespace reelspool {

/// What a follower sees of a job: its status.json, and its scenes.json once there is one (null before).
struct Sighting {
  Json status;
  Json scenes;
};

/// Follows one job by the files that every front end may follow, jobs/<id>/status.json and scenes.json, until
/// it has ended, its folder is gone with it (removed), `seen` returns false, or `end` becomes true (looked at twice a
/// second). status.json may be half a second old: states before revision `since`, which the store told, are passed
/// over, so that the failure that a job was retried after is not taken for its end. Wakes on changes of the folder
/// (inotify). Blocks: for a command's own thread. Errors: storage when the folder cannot be watched.
Result<> follow_job(const std::filesystem::path& job_folder, std::uint64_t since,
                    const std::atomic<bool>& end, const std::function<bool(const Sighting&)>& seen);

}  // namespace reelspool
