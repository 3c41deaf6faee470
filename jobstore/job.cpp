#include "jobstore/job.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "jobstore/job_store.hpp"

namespace reelspool {
namespace {

constexpr std::array<std::pair<std::string_view, Status>, 13> status_words = {{
    // Ours come first: to_string() gives the first word of a status.
    {"pending", Status::pending},
    {"running", Status::running},
    {"done", Status::done},
    {"failed", Status::failed},
    {"cancelled", Status::cancelled},
    {"queued", Status::pending},
    {"waiting", Status::pending},
    {"delayed", Status::pending},
    {"processing", Status::running},
    {"active", Status::running},
    {"completed", Status::done},
    {"succeeded", Status::done},
    {"canceled", Status::cancelled},
}};

constexpr std::array<std::string_view, 4> phase_words = {"started", "state", "done", "failed"};

}  // namespace

std::string_view to_string(Status status) {
  for (const auto& [word, value] : status_words)
    if (value == status) return word;
  return "pending";
}

std::optional<Status> status_from(std::string_view word) {
  for (const auto& [name, value] : status_words)
    if (name == word) return value;
  return std::nullopt;
}

bool is_job_id(std::string_view id) {
  const auto allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '_' || c == '-';
  };
  return !id.empty() && id.size() <= 64 && id.front() != '.' && std::all_of(id.begin(), id.end(), allowed);
}

std::string_view to_string(StepRecord::Phase phase) {
  return phase_words[static_cast<std::size_t>(phase)];
}

}  // namespace reelspool
