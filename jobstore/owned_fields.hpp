#pragma once

#include <algorithm>
#include <array>
#include <string_view>

namespace reelspool {

/// The names under which an entry gives its id; of several the first of these counts.
inline constexpr std::array<std::string_view, 3> id_names = {"id", "jobId", "job_id"};

inline bool is_id_name(std::string_view key) {
  return std::find(id_names.begin(), id_names.end(), key) != id_names.end();
}

/// The fields of an entry that the worker owns, besides those in Job::fields: what a front end writes there is
/// replaced in place, and does not count when two bodies are compared. The last two are wishes.
inline constexpr std::array<std::string_view, 28> worker_fields = {
    "status",     "progress",        "stage",          "scene",         "scenes",
    "message",    "attempt",         "updatedAt",      "startedAt",     "finishedAt",
    "rev",        "worker",          "interruptions",  "videoUrl",      "error",
    "errorInfo",  "thumbnailUrl",    "cost",           "tokens",        "operations",
    "etaSeconds", "videoSeconds",    "elapsedSeconds", "sceneMetadata", "characterReferenceUrl",
    "output",     "cancelRequested", "removeRequested"};

inline bool is_worker_field(std::string_view key) {
  return std::find(worker_fields.begin(), worker_fields.end(), key) != worker_fields.end();
}

}  // namespace reelspool
