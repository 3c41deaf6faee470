#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "jobstore/time.hpp"

namespace reelspool {

/// The five states of a job; there is no sixth. See jobstore/LIFECYCLE.md for the transitions.
enum class Status { pending, running, done, failed, cancelled };
std::string_view to_string(Status status);
/// Our words, and those read as ours (REQUIREMENTS J17: queued, processing, completed, canceled ...).
std::optional<Status> status_from(std::string_view word);
inline bool has_ended(Status status) {
  return status != Status::pending && status != Status::running;
}

/// 1 to 64 of A-Z a-z 0-9 . _ - and not starting with a dot: it names a folder.
bool is_job_id(std::string_view id);

/// One entry of jobs.json as the store knows it: a value, a copy, as of the moment it was read.
struct Job {
  std::string id;
  std::string type;    ///< as submitted, not yet checked against the known types
  std::string body;    ///< the submitted entry, JSON object text, byte for byte
  std::string params;  ///< JSON object text of its params (or `data`, `payload`); "{}" when absent
  Status status = Status::pending;

  int priority = 0;
  Time created_at{};
  Time updated_at{};
  std::optional<Time> started_at, finished_at, run_at;

  std::uint64_t rev = 0;    ///< counts changes of state, not progress
  std::uint64_t token = 0;  ///< the fencing token of its last claim; grows over the whole store
  int attempt = 0;          ///< attempts begun since submit or the last manual retry; 0 before the first
  int max_attempts = 3;
  int interruptions = 0;  ///< times it was taken back from a dead worker since the last progress in its steps
  std::string worker;     ///< who runs it; empty unless running
  bool cancel_requested = false;

  double progress = 0;  ///< 0-100; 100 only with done
  std::string stage;    ///< one of REQUIREMENTS J12; "waiting" while pending
  int scene = 0;        ///< from 1; 0 when none
  int scenes = 0;
  std::string message;
  std::optional<int> eta_seconds;  ///< running only: how much longer, estimated

  std::string fields = "{}";  ///< JSON object text: every other field that the worker owns (videoUrl, error,
                              ///< errorInfo, thumbnailUrl, cost ...)
};

/// The entry as published in jobs.json: the submitted text with the worker's fields spliced in, all else byte
/// for byte.
std::string published_entry(const Job& job);

}  // namespace reelspool
